"""Say what Linear refused: a list, a field of it, one node, or a node of which nothing can be learnt; and why."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from shareable_backlog.linear.errors import Forbidden, InvalidQuery, PagesEndless, Place, Refused

RefusedKind = Literal["list", "field", "node", "hole"]
Cause = Literal["rights", "plan", "error", "query", "endless", "value"]

COUNTS = "counts"
"""What a refusal calls the counts of issues and the workspace's id, which are asked for beside lists."""

_LONGEST_PATH = 200
_UNKNOWN_FIELD = re.compile(r'Cannot query field "(?P<field>\w+)" on type "(?P<node>\w+)"')
_NODE_AT = 2
_FIELD_AT = 3


class RefusedPart(Struct, frozen=True, kw_only=True):
    """What could not be had of a stream.

    `name` is the field's or the node's, and empty for a list and for a hole, a node that has not even told its id.
    `path` is where Linear's error was. To find a hole once more, the list has to be read from `retry_from` on, None
    for all of it; nodes of lists that take no filter are looked for in the same way.
    """

    stream: str
    kind: RefusedKind
    name: str = ""
    cause: Cause
    path: str = ""
    retry_from: datetime | None = None

    @property
    def key(self) -> tuple[str, RefusedKind, str]:
        """Return what tells it from others."""
        return self.stream, self.kind, self.name


def list_names(error: Refused) -> set[str]:
    """Return the lists that an error names."""
    return {str(place.path[0]) for place in error.places if place.path}


def list_positions(error: Refused, stream: str) -> list[int]:
    """Return at which positions of its page a list has nodes that can't be had, in their order."""
    return sorted({place.path[_NODE_AT] for place in _select_places(error, stream)})  # pyright: ignore[reportArgumentType, reportReturnType] (so they were selected)


def find_field(error: Refused, stream: str) -> str | None:
    """Return the one field of a list's nodes that can't be had; None when it is more than one, or none is named."""
    fields = {
        place.path[_FIELD_AT] if len(place.path) > _FIELD_AT else None for place in _select_places(error, stream)
    }
    [field, *others] = fields or {None}
    return field if isinstance(field, str) and not others else None


def find_unknown_field(error: Refused, node: str) -> str | None:
    """Return the field that Linear says its type `node` does not have; None when it says no such thing."""
    for place in error.places:
        found = _UNKNOWN_FIELD.search(place.message)
        if found and found["node"] == node:
            return found["field"]
    return None


def find_cause(error: Refused, stream: str | None = None) -> Cause:
    """Return why a list was refused, or all that was asked for."""
    if isinstance(error, PagesEndless):
        return "endless"
    named = [place for place in error.places if place.path[:1] == (stream,)] or error.places
    codes = {code for place in named for code in place.codes}
    if "FEATURE_NOT_ACCESSIBLE" in codes:
        return "plan"
    if "FORBIDDEN" in codes or (isinstance(error, Forbidden) and not codes):
        return "rights"
    is_query = any(code.startswith("GRAPHQL_") for code in codes)
    return "query" if is_query or (isinstance(error, InvalidQuery) and not codes) else "error"


def describe_path(error: Refused, stream: str) -> str:
    """Return where a list's first error was, as `relations.nodes.7.relatedIssue`."""
    paths = [place.path for place in error.places if place.path[:1] == (stream,)]
    return _join_path(paths[0])[:_LONGEST_PATH] if paths else stream


def _join_path(path: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in path)


def _select_places(error: Refused, stream: str) -> list[Place]:
    """Return the places within nodes of a list."""
    return [
        place
        for place in error.places
        if place.path[:_NODE_AT] == (stream, "nodes")
        and len(place.path) > _NODE_AT
        and isinstance(place.path[_NODE_AT], int)
    ]
