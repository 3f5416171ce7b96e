"""Say how one field of a request is read from a text, and written back.

The kinds at the end are annotations for the structs of `web/params`. What msgspec checks by itself (literals, bounds,
lengths) needs none of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo

from shareable_backlog.config.values import parse_email
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import forms, pagination

T = TypeVar("T")
Pair: TypeAlias = tuple[str, str]

_FIRST_YEAR, _LAST_YEAR = 1970, 9000  # the days before and after exist too, in any time zone


class Trimmed(Struct, frozen=True):
    """Mark a text that loses the space around it, and what is longer than `longest` (None: any length)."""

    longest: int | None = None


class Codec(Struct, Generic[T], frozen=True):
    """Mark a field whose value `read` makes of a text, and `write` turns into a text again.

    `read` raises ValueError for a text without meaning, or InvalidInput to refuse it in words of its own.
    """

    read: Callable[[str], T]
    write: Callable[[T], str]


class Spread(Struct, Generic[T], frozen=True):
    """Mark a field that is spread over several names: `read` makes it of all pairs, `write` turns it into its own.

    `read` leaves pairs of other names alone, and raises InvalidInput.
    """

    read: Callable[[Sequence[Pair]], T]
    write: Callable[[T], Sequence[Pair]]


class Otherwise(Struct, frozen=True):
    """Mark a field whose wrong values are answered by an error of its own."""

    error: type[BacklogError]
    message: str


class Field(Struct, frozen=True, kw_only=True):
    """A field of a struct: `name` is its name in Python, `key` the one in the request, NODEFAULT no default.

    `meaning` says in a sentence what may stand there, "" when there is nothing to say.
    """

    name: str
    key: str
    default: object
    type: Any
    trimmed: Trimmed | None
    codec: Codec[Any] | None
    spread: Spread[Any] | None
    otherwise: Otherwise | None
    meaning: str

    @property
    def is_many(self) -> bool:
        """Return whether it holds all values of its name."""
        return get_origin(self.type) is tuple

    @property
    def takes_empty(self) -> bool:
        """Return whether an empty text is a value like others, and not the lack of one."""
        return self.is_many or _is_text(self.type)

    def trim(self, text: str) -> str:
        """Return `text` without what the field does not keep of it."""
        return text if self.trimmed is None else text.strip()[: self.trimmed.longest].rstrip()

    def read(self, texts: list[str]) -> Any:  # noqa: ANN401 (whatever the field's type is)
        """Return the value that `texts`, one unless the field holds many, make. Raise ValueError, or InvalidInput."""
        if self.codec is not None:
            values = tuple(map(self.codec.read, texts))
            return values if self.is_many else values[0]
        value = msgspec.convert(texts if self.is_many else texts[0], self.type, strict=False)
        if value is None:
            raise ValueError(texts)  # to msgspec "null" is nothing
        return value

    def write(self, value: Any) -> list[str]:  # noqa: ANN401 (as above)
        """Return the texts that `read` makes `value` of."""
        values = value if self.is_many else (value,)
        return [self.codec.write(one) if self.codec else str(msgspec.to_builtins(one)) for one in values]


@cache
def list_fields(type_: type[Struct]) -> tuple[Field, ...]:
    """Return the fields of a struct, in its order."""
    return tuple(map(_build_field, msgspec.structs.fields(type_)))


def _build_field(info: FieldInfo) -> Field:
    marks = list(_walk_marks(info.type))
    return Field(
        name=info.name,
        key=info.encode_name,
        default=info.default,
        type=info.type,
        trimmed=_find_mark(Trimmed, marks),
        codec=cast("Codec[Any] | None", _find_mark(Codec, marks)),
        spread=cast("Spread[Any] | None", _find_mark(Spread, marks)),
        otherwise=_find_mark(Otherwise, marks),
        meaning=next((one.description for one in marks if isinstance(one, Meta) and one.description), ""),
    )


def _find_mark(kind: type[T], marks: Iterable[object]) -> T | None:
    return next((one for one in marks if isinstance(one, kind)), None)


def _walk_marks(hint: Any) -> Iterator[object]:  # noqa: ANN401 (a type, as annotations write it)
    """Yield what annotates a type and the types within it."""
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
    for inner in get_args(hint):
        yield from _walk_marks(inner)


@cache
def _is_text(hint: Any) -> bool:  # noqa: ANN401 (as above)
    """Return whether a type is a text, or one among others."""
    if get_origin(hint) is Annotated:
        return _is_text(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        return any(map(_is_text, get_args(hint)))
    return hint is str


def clean(text: str) -> str:
    """Return what PostgreSQL can store of a text: no half of a character, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def read_id(text: str, *, end: int = 2**31) -> int:
    """Return the number of a row, below `end`: that of an integer of PostgreSQL. Raise ValueError."""
    if not (text.isascii() and text.isdecimal() and int(text) < end):
        raise ValueError(text)
    return int(text)


def _read_day(text: str) -> date:
    day = msgspec.convert(text, date, strict=False)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(text)
    return day


def _read_time_and_id(word: str) -> tuple[datetime, int]:
    at, row_id = pagination.decode_time_position(word)
    return at, read_id(row_id)


def _write_position(position: tuple[datetime, int | str]) -> str:
    return pagination.encode_time_position(*position)


Id: TypeAlias = Annotated[int, Codec(read_id, str)]
"""The number of a row."""

LongId: TypeAlias = Annotated[int, Codec(partial(read_id, end=2**63), str)]
"""The number of a row where there may be more than 2.1 billion: a bigint of PostgreSQL."""

Identifier: TypeAlias = Annotated[str, Codec(clean, str)]
"""What an item is called in the path of its page, in any spelling."""

Text: TypeAlias = Annotated[str, Trimmed()]
"""A text that somebody typed."""

SearchText: TypeAlias = Annotated[str, Trimmed(200)]
"""A text to look for."""

TeamKey: TypeAlias = Annotated[str, Trimmed(200), Codec(str.upper, str)]
"""The key of a team, in any case."""

Ticked: TypeAlias = Annotated[bool, Trimmed(), Codec(bool, lambda _: "1")]
"""Whether a box is ticked: a browser sends it with any value, or not at all."""

Day: TypeAlias = Annotated[
    date,
    Trimmed(),
    Codec(_read_day, date.isoformat),
    Meta(description="A date looks like 2026-01-31, with a year from 1970 to 9000."),
]
"""A day from 1970 to 9000."""

Email: TypeAlias = Annotated[
    str, Trimmed(), Codec(parse_email, str), Meta(description="An email address looks like person@example.com.")
]
"""A mail address, in small letters."""

OwnPath: TypeAlias = Annotated[str, Codec(forms.choose_own_path, str)]
"""The path of a page of ours to go on to; anything else leads to `/`."""

TimeAndId: TypeAlias = Annotated[tuple[datetime, int], Codec(_read_time_and_id, _write_position)]
"""A position in a list that is sorted by a time (aware), among rows with numbers."""

TimeAndKey: TypeAlias = Annotated[tuple[datetime, str], Codec(pagination.decode_time_position, _write_position)]
"""The same among rows with ids of Linear."""
