"""Read and write the words that narrow the backlog, as they stand in an address: `team=ENG&-label=bug&no=assignee`.

A field that stands there several times means any of its values; a minus before it, none of them; `no` and `has` ask
whether there is any.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, get_args

from shareable_backlog.database.backlog.filters import DONE_TYPES, PRIORITIES, Condition, Field, Filters, parse_days
from shareable_backlog.errors import InvalidInput

__all__ = [
    "DONE_TYPES",
    "EMPTIABLE",
    "FIELDS",
    "PRIORITIES",
    "STATE_TYPES",
    "Condition",
    "Field",
    "Filters",
    "build_pairs",
    "narrow_to",
    "parse_filters",
]  # fmt: skip

Pair = tuple[str, str]

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
STATE_TYPES = ("triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate")
"""Linear's types of states, in the order of work."""
EMPTIABLE: Final[frozenset[Field]] = frozenset(
    ("state", "assignee", "label", "project", "milestone", "cycle", "creator", "due", "priority")
)
"""The fields of which an item may have nothing."""
_LONGEST_TEXT = 200
_MOST_VALUES = 50
_PERIODS: Final[frozenset[Field]] = frozenset(("due", "updated"))


def parse_filters(given: Iterable[Pair]) -> Filters:
    """Read the filters among the pairs of an address; other names are for others to read.

    Empty values, as a form sends them, are left out. Raises InvalidInput for a word that has no meaning, and for
    more than 50 values.
    """
    values: dict[tuple[Field, bool], list[str]] = {}
    nothing: dict[tuple[Field, bool], None] = {}
    text, with_archived, with_done = None, False, True
    for name, raw in given:
        value = _clean(raw)
        field = _find_field(name.removeprefix("-"))
        if not value:
            continue
        if field is not None:
            known = values.setdefault((field, name.startswith("-")), [])
            if (word := _parse_word(field, value)) not in known:
                known.append(word)
        elif name in {"no", "has"}:
            nothing[_require_emptiable(value), name == "has"] = None
        elif name == "q":
            text = value
        elif name == "archived":
            with_archived = value == "shown"
        elif name == "done":
            with_done = value != "hidden"
    if sum(map(len, values.values())) > _MOST_VALUES:
        raise InvalidInput(f"That are too many filters at once. Take at most {_MOST_VALUES}.")
    return Filters(
        tuple(
            Condition(field, tuple(values.get((field, is_not), ())), is_not, (field, is_not) in nothing)
            for field in FIELDS
            for is_not in (False, True)
            if (field, is_not) in values or (field, is_not) in nothing
        ),
        text,
        with_archived,
        with_done,
    )


def build_pairs(filters: Filters) -> list[Pair]:
    """Write filters as pairs of an address, always in the same order."""
    written = [("q", filters.text)] if filters.text else []
    for one in filters.conditions:
        written += [(f"-{one.field}" if one.is_not else one.field, value) for value in one.values]
    written += [("has" if one.is_not else "no", one.field) for one in filters.conditions if one.with_none]
    written += [("archived", "shown")] if filters.with_archived else []
    return written + ([] if filters.with_done else [("done", "hidden")])


def narrow_to(filters: Filters, condition: Condition) -> Filters:
    """Return the filters of one group of what `filters` leave."""
    others = [one for one in filters.conditions if one.field != condition.field or one.is_not]
    return replace(filters, conditions=(*others, condition))


def _find_field(name: str) -> Field | None:
    return next((field for field in FIELDS if field == name), None)


def _require_emptiable(value: str) -> Field:
    field = _find_field(value)
    if field is None or field not in EMPTIABLE:
        raise InvalidInput(f"There is no filter for having no “{value[:40]}”. Take the filters from the list.")
    return field


def _parse_word(field: Field, value: str) -> str:
    """Return the word as it is written best. Raises InvalidInput for one that has no meaning."""
    if field == "team":
        return value.upper()
    if field in {"type", "priority"}:
        if (word := value.lower()) in (STATE_TYPES if field == "type" else PRIORITIES):
            return word
    elif field not in _PERIODS:
        return value
    elif parse_days(word := value.lower(), datetime.now(UTC).date(), is_ahead=field == "due"):
        return word
    raise InvalidInput(f"“{value[:40]}” is no {field} to filter by. Take the filters from the list.")


def _clean(value: str) -> str:
    """Return what PostgreSQL can compare: no NUL, no half of a character, and not endless."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()[:_LONGEST_TEXT].strip()
