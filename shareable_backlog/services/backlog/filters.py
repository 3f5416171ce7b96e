"""Read and write the words that narrow the backlog, as they stand in an address: `team=ENG&-label=bug&no=assignee`.

A field that stands there several times means any of its values; a minus before it, none of them; `no` and `has` ask
whether there is any. A form may write a span of days in two fields, as `due.from` and `due.to`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from shareable_backlog import clock
from shareable_backlog.database.backlog.filters import Condition, Filters, parse_days
from shareable_backlog.errors import InvalidInput
from shareable_backlog.vocabulary import FILTERS, NEWS, PRIORITIES, STATE_TYPES, FilterName

__all__ = ["Condition", "Filters", "build_pairs", "narrow_to", "parse_filters"]

Pair: TypeAlias = tuple[str, str]

_LONGEST_TEXT = 200
_MOST_VALUES = 50


def parse_filters(given: Iterable[Pair]) -> Filters:
    """Read the filters among the pairs of an address; other names are for others to read.

    Empty values, as a form sends them, are left out. Raises InvalidInput for a word that has no meaning, and for
    more than 50 values.
    """
    values: dict[tuple[FilterName, bool], list[str]] = {}
    nothing: dict[tuple[FilterName, bool], None] = {}
    text, with_archived, with_done = None, False, True
    for name, raw in _join_spans(given):
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
        raise InvalidInput(f"Too many filters at once. Use at most {_MOST_VALUES}.")
    return Filters(
        tuple(
            Condition(field, tuple(values.get((field, is_not), ())), is_not, (field, is_not) in nothing)
            for field in FILTERS
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


def _find_field(name: str) -> FilterName | None:
    return next((field for field in FILTERS if field == name), None)


def _join_spans(given: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the pairs, those of both ends of a span of days as one."""
    spans: dict[FilterName, dict[str, str]] = {}
    for name, raw in given:
        field = _find_span(name)
        if field is None:
            yield name, raw
        elif value := _clean(raw):
            spans.setdefault(field, {})[name.rpartition(".")[2]] = value
    yield from ((field, f"{ends.get('from', '')}..{ends.get('to', '')}") for field, ends in spans.items())


def _find_span(name: str) -> FilterName | None:
    """Return the field of which this is one end of a span of days, as `due.from`."""
    field, _, end = name.rpartition(".")
    found = _find_field(field) if end in {"from", "to"} else None
    return found if found is not None and FILTERS[found].is_time else None


def _require_emptiable(value: str) -> FilterName:
    field = _find_field(value)
    if field is None or not FILTERS[field].can_be_empty:
        raise InvalidInput(f"There is no filter for items without “{value[:40]}”. Choose from what the page offers.")
    return field


def _parse_word(field: FilterName, value: str) -> str:
    """Return the word as it is written best. Raises InvalidInput for one that has no meaning."""
    word = value.lower()
    match FILTERS[field].kind:
        case "name":
            return value
        case "team_key":
            return value.upper()
        case "state_type":
            is_known = word in STATE_TYPES
        case "priority":
            is_known = word in PRIORITIES
        case "news":
            is_known = word in NEWS
        case "day" | "moment" as kind:
            is_known = parse_days(word, clock.read_time().date(), is_ahead=kind == "day") is not None
    if not is_known:
        raise InvalidInput(f"The filter “{field}” doesn't accept “{value[:40]}”. Choose from what the page offers.")
    return word


def _clean(value: str) -> str:
    """Return what PostgreSQL can compare: no NUL, no half of a character, and not endless."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()[:_LONGEST_TEXT].strip()
