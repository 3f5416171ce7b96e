"""Make the nodes of Linear's lists, by the descriptions in `streams`: what is asked for and how answers are checked.

Names are Linear's in snake_case (`createdAt` is `created_at`); the queries are made from them. Times are aware.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, ClassVar, cast

import msgspec
from msgspec import NODEFAULT, Struct

from shareable_backlog.streams.columns import Id, Named, StreamColumn, Time
from shareable_backlog.streams.stream import Stream

# PostgreSQL stores the year 10000 and beyond, but Python can't read it back; before 1900 it is a mistake.
FIRST_YEAR, LAST_YEAR = 1900, 9998

# Linear's documentation, "Complexity": a connection multiplies all inside it, `pageInfo` too, by the rows asked for.
_POINTS_PROPERTY, _POINTS_OBJECT = 0.1, 1.0
_POINTS_PAGE_INFO = _POINTS_OBJECT + 2 * _POINTS_PROPERTY


class FieldInvalid(ValueError):
    """Which field of a node can't be stored, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field, self.why = field, why


# Nothing of these can be in a circle, and pages of them are spared the garbage collector.
class Ref(Struct, gc=False):
    """A reference, which is asked for as `{ id }`: whole nodes inside nodes cost too many points."""

    id: Id


class Seen(Struct, rename="camel", kw_only=True, gc=False):
    """What is asked for of a node to see that it is still there, and as it was."""

    dated: ClassVar[tuple[str, ...]]
    """The fields that hold a time or a day."""

    id: Id
    updated_at: Time
    archived_at: Time | None = None

    def __post_init__(self) -> None:
        for name in self.dated:
            value: date | None = getattr(self, name)
            if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
                raise FieldInvalid(name, f"is not between the years {FIRST_YEAR} and {LAST_YEAR}")


@cache
def make_node_type(stream: Stream) -> type[Seen]:
    """Return the struct of a stream's nodes, with all that its table has."""
    return _make_struct(stream, stream.columns)


@cache
def make_seen_type(stream: Stream) -> type[Seen]:
    """Return the struct of what a sweep asks of a stream's nodes."""
    names = {*Seen.__struct_fields__, *stream.compared}
    return _make_struct(stream, [column for column in stream.columns if column.name in names])


def _make_struct(stream: Stream, columns: Sequence[StreamColumn]) -> type[Seen]:
    own = [column for column in columns if column.name not in Seen.__struct_fields__]
    struct = msgspec.defstruct(
        stream.node,
        [(column.field, _make_type(column), column.default) for column in own],
        bases=(Seen,),
        namespace={"dated": tuple(column.field for column in columns if column.is_time)},
        module=__name__,
        rename="camel",
        kw_only=True,
    )
    return cast("type[Seen]", struct)


def _make_type(column: StreamColumn) -> Any:  # noqa: ANN401 (an annotation)
    if not column.is_reference:
        return column.type
    return Ref if column.default is NODEFAULT else Ref | None


@cache
def write_fields(node: type[Seen], without: frozenset[str] = frozenset()) -> str:
    """Return what is asked for of a node, made from the fields of its struct, but for those `without`."""
    return " ".join(
        field.encode_name + _read_inside(field)
        for field in msgspec.structs.fields(node)
        if field.encode_name not in without
    )


@cache
def list_fields(node: type[Seen]) -> frozenset[str]:
    """Return what is asked for of a node, by its names in Linear."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(node))


@cache
def list_optional_fields(stream: Stream) -> frozenset[str]:
    """Return the fields of a stream's nodes, by their names in Linear, without which a node can still be stored."""
    return frozenset(
        column.key
        for column in stream.columns
        if column.default is not NODEFAULT and column.name not in ("archived_at", *stream.deciding)
    )


@cache
def count_points(node: type[Seen]) -> float:
    """Return what one node of a page costs."""
    asked = msgspec.structs.fields(node)
    objects = sum(map(bool, map(_read_inside, asked)))  # each with one property
    return _POINTS_OBJECT * (1 + objects) + _POINTS_PROPERTY * len(asked) + _POINTS_PAGE_INFO


def _read_inside(field: msgspec.structs.FieldInfo) -> str:
    """Return what is asked for of an object that a field has; nothing for a value."""
    if field.type in (Ref, Ref | None):  # a column's marks need no hash
        return " { id }"
    return " { name }" if field.type == Named | str | None else ""
