"""Check nodes against what they should be; one that is not so is set aside and spoils no other."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from shareable_backlog.linear.connection import lenient_json
from shareable_backlog.linear.errors import PartialAnswer, Place
from shareable_backlog.linear.nodes import FieldInvalid, Seen

N = TypeVar("N", bound=Seen)

_WORDS = re.compile(r"(?P<why>.*?)(?: - at `\$\.?(?P<field>.*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")


class BadNode(Struct, frozen=True):
    """Which node was set aside: its id as far as known, the field (None: the whole node), why."""

    id: str
    field: str | None
    why: str


def decode_nodes(kind: type[N], nodes: msgspec.Raw) -> tuple[list[N], list[BadNode]]:
    """Return the nodes of a JSON list as `kind`, and those that can't be one; PartialAnswer for a hole among them."""
    try:
        return _build_decoder(kind).decode(nodes), []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        parsed = lenient_json.parse_json(bytes(nodes))
        if not isinstance(parsed, list):
            raise PartialAnswer from None
        return check_nodes(kind, cast("list[object]", parsed))


def check_nodes(kind: type[N], nodes: Sequence[Any]) -> tuple[list[N], list[BadNode]]:
    """Do the same for nodes that are no longer JSON."""
    good: list[N] = []
    bad: list[BadNode] = []
    if holes := [Place(("nodes", position)) for position, node in enumerate(nodes) if not isinstance(node, dict)]:
        raise PartialAnswer(holes)
    for node in nodes:
        try:
            good.append(msgspec.convert(lenient_json.clean_value(node), kind))
        except msgspec.ValidationError as error:
            field, why = _describe_error(error)
            bad.append(BadNode(str(node.get("id"))[:100], field, why))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (JSON)
    return good, bad


@cache
def _build_decoder(kind: type[N]) -> msgspec.json.Decoder[list[N]]:
    return msgspec.json.Decoder(list[kind])


def _describe_error(error: msgspec.ValidationError) -> tuple[str | None, str]:
    """Return the field and what is wrong with it, from msgspec's words."""
    if isinstance(error.__cause__, FieldInvalid):
        return error.__cause__.field, error.__cause__.why
    found = _WORDS.fullmatch(str(error))
    why, field = (found["why"], found["field"]) if found else (str(error), None)
    if missing := _MISSING.fullmatch(why):
        return ".".join(filter(None, (field, missing["field"]))), "is missing"
    return field or None, "is missing" if why.endswith("got `null`") else f"is wrong: {why.replace('`', '')}"
