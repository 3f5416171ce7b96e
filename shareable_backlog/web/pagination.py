"""Write a position in a list as an opaque word for a URL, and read it back."""

import base64
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

import msgspec

from shareable_backlog.errors import InvalidInput

Position: TypeAlias = tuple[str | int | float, ...]

_LONGEST = 2_000
_FITS_INTEGER, _FITS_FLOAT = 2**31, 1e300
_FURTHEST_ZONE = timedelta(hours=15)


def encode_position(position: Sequence[str | float]) -> str:
    """Return the word for the position after a row: the keys that it is sorted by and its id."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_position(word: str, types: Sequence[str]) -> Position:
    """Return the position that `encode_position` wrote, with keys of these types of PostgreSQL and a text as its id.

    Raises InvalidInput for anything else.
    """
    try:
        text = base64.b64decode(word[:_LONGEST] + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        position = msgspec.json.decode(text, type=Position)
        if len(position) == len(types) + 1 and all(map(_is_of_type, position, (*types, "text"))):
            return position
    except ValueError:  # msgspec's own errors are of that kind too
        pass
    raise InvalidInput("This page's address isn't valid. Start again from the first page.")


def encode_time_position(at: datetime, row_id: object) -> str:
    """Return the word for the position after a row of a list that is sorted by a time (aware)."""
    return encode_position((at.isoformat(), str(row_id)))


def decode_time_position(word: str) -> tuple[datetime, str]:
    """Return the position that `encode_time_position` wrote. Raises InvalidInput."""
    at, row_id = decode_position(word, ("timestamptz",))
    return datetime.fromisoformat(str(at)), str(row_id)


def _is_of_type(key: str | float, type_: str) -> bool:
    """Return whether PostgreSQL can read the key as the type. Raises ValueError for a day or time that is none."""
    if type_ == "integer":
        return isinstance(key, int) and abs(key) < _FITS_INTEGER
    if type_ == "float8":
        return key == "Infinity" or (isinstance(key, int | float) and abs(key) < _FITS_FLOAT)
    if not isinstance(key, str) or "\x00" in key:
        return False
    if type_ == "timestamptz":
        offset = datetime.fromisoformat(key).utcoffset()
        return offset is not None and abs(offset) < _FURTHEST_ZONE
    if type_ == "date":
        date.fromisoformat(key)
    return True
