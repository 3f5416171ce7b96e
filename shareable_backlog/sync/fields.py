"""Read one field of a node as a value that PostgreSQL can hold, or say why it can't be."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

Node: TypeAlias = Mapping[str, Any]

# PostgreSQL stores the year 10000 and beyond, but Python can't read it back; before 1900 it is a mistake.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_INTEGER_MAX = 2**31 - 1
_REPLACEMENT = "\ufffd"


class FieldInvalid(ValueError):
    """Say which field of a node can't be stored, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field, self.why = field, why


def text(node: Node, field: str) -> str:
    """Give a required text, cleaned as by `text_or_none`."""
    value = text_or_none(node, field)
    if value is None:
        raise FieldInvalid(field, "is missing")
    return value


def text_or_none(node: Node, field: str) -> str | None:
    """Give a text with U+FFFD for NUL and for halves of surrogate pairs, which PostgreSQL refuses."""
    value = node.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise FieldInvalid(field, "is not a text")
    if "\x00" in value:
        value = value.replace("\x00", _REPLACEMENT)
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def texts(node: Node, field: str) -> list[str]:
    """Give a list of texts; missing or null is the empty list."""
    value = node.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise FieldInvalid(field, "is not a list")
    return [text({field: one}, field) for one in value]  # pyright: ignore[reportUnknownVariableType] (JSON)


def identifier(node: Node, field: str = "id") -> str:
    """Give a required id: a text of 1 to 100 characters, so that it fits an index."""
    value = text(node, field)
    if not 0 < len(value) <= 100:  # noqa: PLR2004 (stated in the docstring)
        raise FieldInvalid(field, "is not between 1 and 100 characters long")
    return value


def reference(node: Node, field: str) -> str | None:
    """Give the id inside `field { id }`; None when nothing is referred to."""
    value = node.get(field)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise FieldInvalid(field, "is not a reference")
    return identifier(value)  # pyright: ignore[reportUnknownArgumentType] (JSON)


def required_reference(node: Node, field: str) -> str:
    """Give the id inside `field { id }`, which must be there."""
    value = reference(node, field)
    if value is None:
        raise FieldInvalid(field, "is missing")
    return value


def flag(node: Node, field: str, *, default: bool = False) -> bool:
    """Give a boolean; missing or null is `default`."""
    value = node.get(field)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise FieldInvalid(field, "is not true or false")
    return value


def number_or_none(node: Node, field: str) -> float | None:
    """Give a finite number."""
    value = node.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldInvalid(field, "is not a number")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise FieldInvalid(field, "is not a finite number")
    return value


def whole_number(node: Node, field: str, *, most: int = _INTEGER_MAX) -> int:
    """Give a required whole number from 0 to `most`; Linear sends some of them as floats."""
    value = number_or_none(node, field)
    if value is None:
        raise FieldInvalid(field, "is missing")
    if not (0 <= value <= most and value == int(value)):
        raise FieldInvalid(field, f"is not a whole number from 0 to {most}")
    return int(value)


def instant(node: Node, field: str) -> datetime:
    """Give a required point in time as aware UTC."""
    value = instant_or_none(node, field)
    if value is None:
        raise FieldInvalid(field, "is missing")
    return value


def instant_or_none(node: Node, field: str) -> datetime | None:
    """Give a point in time of the years 1900 to 9998 as aware UTC, from ISO 8601."""
    value = text_or_none(node, field)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise FieldInvalid(field, "is not a time") from None
    if parsed.tzinfo is None or not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise FieldInvalid(field, "is not a time between the years 1900 and 9998 with its zone")
    return parsed if parsed.tzinfo is UTC else parsed.astimezone(UTC)


def day_or_none(node: Node, field: str) -> date | None:
    """Give a calendar day of the years 1900 to 9998, from `YYYY-MM-DD`."""
    value = text_or_none(node, field)
    if value is None:
        return None
    try:
        parsed = date.fromisoformat(value)
    except ValueError:
        raise FieldInvalid(field, "is not a day") from None
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise FieldInvalid(field, "is not a day between the years 1900 and 9998")
    return parsed
