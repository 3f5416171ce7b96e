"""Say what a column of the mirror is: its type, what it refers to, and where in a node of Linear it comes from.

Columns are named as Linear's fields, in snake_case: `archived_at` is `archivedAt`, `state_id` is `state { id }`,
`label_ids` is `labelIds`. What is otherwise is said by a mark in the column's annotation. Times are aware UTC.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=100)]
"""A text that fits an index."""
Whole = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Time = Annotated[datetime, Meta(tz=True)]


class Refers(Struct, frozen=True):
    """Mark a column that holds the id of a row of `stream`, which the key need not be able to read."""

    stream: str


class PartOf(Refers, frozen=True):
    """Mark a column that refers to what the row is a part of: it is deleted together with that."""


class Fallback(Struct, frozen=True):
    """Mark a column that has `value` when the node lacks the field, and unless `null_is_wrong` when that is null."""

    value: object
    null_is_wrong: bool = False


class MadeOf(Struct, frozen=True):
    """Mark a column that is made by `make` of a field with another name, which has this type."""

    field: str
    type: Any
    make: Callable[[Any], object]


class NameOf(Struct, frozen=True):
    """Mark a column that holds the name of somebody or something that no list has: `bot_name` is `bot { name }`."""


class Named(Struct, gc=False):
    """What is asked for of it."""

    name: str | None = None


ActorName = Annotated[str, NameOf()]
TeamId = Annotated[Id, Refers("teams")]
StateId = Annotated[Id, Refers("workflow_states")]
LabelId = Annotated[Id, Refers("labels")]
PersonId = Annotated[Id, Refers("people")]
StatusId = Annotated[Id, Refers("project_statuses")]
ProjectLabelId = Annotated[Id, Refers("project_labels")]
ProjectId = Annotated[Id, Refers("projects")]
MilestoneId = Annotated[Id, Refers("project_milestones")]
CycleId = Annotated[Id, Refers("cycles")]
InitiativeId = Annotated[Id, Refers("initiatives")]
ItemId = Annotated[Id, Refers("issues")]
CommentId = Annotated[Id, Refers("comments")]
StageId = Annotated[Id, Refers("release_stages")]
ReleaseId = Annotated[Id, Refers("releases")]


# No row can be in a circle, and pages of them are spared the garbage collector.
class MirrorRow(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A row of the mirror; its fields are the table's columns, and every table has these."""

    id: Id
    created_at: Time
    updated_at: Time
    archived_at: Time | None = None


class StreamColumn(Struct, frozen=True, kw_only=True):
    """A column of the mirror, and the field of Linear's nodes that it comes from.

    `field` is in snake_case, and `key` is how Linear writes it; `type` and `default` are the field's, and it is one
    that must be there where `default` is msgspec's NODEFAULT. `make` turns its value into the column's; None: it is
    the same. A column for which `is_reference` holds is asked for as `{ id }`.
    """

    name: str
    field: str
    type: Any
    default: object
    refers: Refers | None
    make: Callable[[Any], object] | None

    @property
    def key(self) -> str:
        """Return the field's name as Linear writes it."""
        first, *rest = self.field.split("_")
        return first + "".join(map(str.capitalize, rest))

    def read_value(self, node: object) -> Any:  # noqa: ANN401 (as the column's type says)
        """Return what the column holds of a node."""
        value = getattr(node, self.field)
        if self.is_reference:
            return value and value.id
        return self.make(value) if self.make else value

    @property
    def is_reference(self) -> bool:
        """Return whether the node has an object with an id where the column has an id."""
        return self.field != self.name and self.refers is not None

    @property
    def is_name(self) -> bool:
        """Return whether the node has an object with a name where the column has a name."""
        return self.make is _read_name

    @property
    def is_time(self) -> bool:
        """Return whether the field holds a time or a day."""
        return any(part is date or part is datetime for part in _split(self.type))


@cache
def list_columns(kind: type[MirrorRow]) -> tuple[StreamColumn, ...]:
    """Return the columns of a kind of row, but for `removed_at`, which only the mirror knows."""
    return tuple(map(_make_column, msgspec.structs.fields(kind)))


def _make_column(field: msgspec.structs.FieldInfo) -> StreamColumn:
    name, type_, default, make = field.name, field.type, field.default, None
    refers = None
    for mark in _split(field.type):
        match mark:
            case Refers():
                refers = mark
                name = name.removesuffix("_id")
            case Fallback(value, null_is_wrong=True):
                default = value
            case Fallback(value):
                type_, default, make = type_ | None, None, _make_fallback(value)
            case MadeOf():
                name, type_, default, make = mark.field, mark.type, None, mark.make
            case NameOf():
                name, type_, make = name.removesuffix("_name"), Named | str | None, _read_name
            case _:
                pass
    return StreamColumn(name=field.name, field=name, type=type_, default=default, refers=refers, make=make)


def _make_fallback(value: object) -> Callable[[object], object]:
    return lambda given: value if given is None else given


def _read_name(actor: Named | str | None) -> str | None:
    """Return the name of an actor; in deliveries some are JSON in a string."""
    if isinstance(actor, str):
        try:
            actor = msgspec.json.decode(actor, type=Named)
        except msgspec.MsgspecError:
            return None
    return actor and actor.name


def _split(annotation: Any) -> Iterator[object]:  # noqa: ANN401 (any annotation)
    """Yield the types that an annotation is made of, and the marks of each."""
    yield annotation
    if get_origin(annotation) is not list:
        for part in get_args(annotation):
            yield from _split(part)
