"""Order, filter and cut a world's rows into pages, by the rules that Linear's lists follow."""

import base64
import json
import operator
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from graphql import GraphQLError

from tests.fakes.linear.world import Row, World, instant

_LARGEST_PAGE = 250
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class Lists:
    """Give pages of a world; remembers each list's order for as long as the world stays the same."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = -1
        self._ordered: dict[str, list[tuple[str, str]]] = {}

    def page(self, root: str, arguments: Mapping[str, Any]) -> Row:
        """Give one connection; raises GraphQLError as Linear does for a page too large or a bad cursor."""
        first = arguments.get("first", 50)
        if not 0 < first <= _LARGEST_PAGE:
            raise GraphQLError(
                f"Argument Validation Error: first must be from 1 to {_LARGEST_PAGE}",
                extensions={"code": "INVALID_INPUT", "type": "invalid input"},
            )
        keys = self._keys(root, {name: value for name, value in arguments.items() if name not in {"first", "after"}})
        end = bisect_left(keys, _position(arguments["after"])) if arguments.get("after") else len(keys)
        start = max(0, end - first)
        # The keys ascend and Linear's lists only descend.
        shown = keys[start:end][::-1]
        return {
            "nodes": [self._world.rows[root][row_id] for _, row_id in shown],
            "pageInfo": {"hasNextPage": start > 0, "endCursor": cursor(shown[-1]) if shown else None},
        }

    def _keys(self, root: str, arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
        if self._version != self._world.version:
            self._version = self._world.version
            self._ordered.clear()
        name = json.dumps([root, arguments], sort_keys=True)
        if name not in self._ordered:
            field = arguments.get("orderBy", "createdAt")
            rows = self._world.rows[root].values()
            self._ordered[name] = sorted((row[field], row["id"]) for row in rows if _listed(row, arguments))
        return self._ordered[name]


def _listed(row: Row, arguments: Mapping[str, Any]) -> bool:
    if row["archivedAt"] and not arguments.get("includeArchived"):
        return False
    if row.get("active") is False and not arguments.get("includeDisabled"):
        return False
    wanted = cast("dict[str, dict[str, str]]", arguments.get("filter") or {})
    return all(
        row[field] is not None and _COMPARISONS[comparison](row[field], instant(datetime.fromisoformat(limit)))
        for field, limits in wanted.items()
        for comparison, limit in limits.items()
    )


def cursor(key: tuple[str, str]) -> str:
    """Give the opaque text that stands for a place in a list: a row's time and id."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _position(text: str) -> tuple[str, str]:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(text))
    except ValueError as error:
        raise GraphQLError("Invalid cursor", extensions={"code": "INPUT_ERROR", "type": "invalid input"}) from error
    return value, row_id
