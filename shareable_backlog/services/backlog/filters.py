"""Read and write the words that narrow the backlog, as they stand in an address: `team=ENG&-label=bug&no=assignee`.

A field that stands there several times means any of its values; a minus before it, none of them; `.all` behind it, as
in `label.all`, each of them; `no` and `has` ask whether there is any. A form may write a span of days in two fields,
as `due.from` and `due.to`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Literal, TypeAlias

from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.database.backlog.filters import MOST_OF_ALL, Condition, Filters, find_since, parse_days
from shareable_backlog.errors import InvalidInput
from shareable_backlog.vocabulary import FILTERS, MOVES, NEWS, PRIORITIES, STATE_TYPES, FilterName, MoveKind

__all__ = [
    "Condition",
    "Filters",
    "build_pairs",
    "find_since",
    "narrow_to",
    "parse_filters",
    "parse_since_day",
    "require_past",
]

Pair: TypeAlias = tuple[str, str]

_Direction: TypeAlias = Literal["any", "not", "all"]
_DIRECTIONS: tuple[_Direction, ...] = ("any", "not", "all")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_LONGEST_TEXT = 200
_MOST_VALUES = 50
_FIRST_YEAR = 1970


def parse_filters(given: Iterable[Pair]) -> Filters:
    """Read the filters among the pairs of an address; other names are for others to read.

    Empty values, as a form sends them, are left out. Raises InvalidInput for a word that has no meaning, and for
    more than 50 values.
    """
    values: dict[tuple[FilterName, _Direction], list[str]] = {}
    nothing: dict[tuple[FilterName, _Direction], None] = {}
    text, with_archived, with_done = None, False, True
    for name, raw in _join_spans(pairs := list(given)):
        value = _clean(raw)
        if not value:
            continue
        if key := _find_key(name):
            known = values.setdefault(key, [])
            if (word := _parse_word(key[0], value)) not in known:
                known.append(word)
        elif name in {"no", "has"}:
            nothing[_require_emptiable(value), "not" if name == "has" else "any"] = None
        elif name == "q":
            text = value
        elif name == "archived":
            with_archived = value == "shown"
        elif name == "done":
            with_done = value != "hidden"
    _refuse_too_many(values)
    return Filters(
        tuple(
            Condition(
                key[0], tuple(values.get(key, ())), key[1] == "not", with_none=key in nothing, is_all=key[1] == "all"
            )
            for key in product(FILTERS, _DIRECTIONS)
            if key in values or key in nothing
        ),
        text,
        with_archived,
        with_done,
        *_parse_comparison(pairs),
    )


def _refuse_too_many(values: Mapping[tuple[FilterName, _Direction], Sequence[str]]) -> None:
    if sum(map(len, values.values())) > _MOST_VALUES:
        raise InvalidInput(f"Too many filters at once. Use at most {_MOST_VALUES}.")
    if any(direction == "all" and len(words) > MOST_OF_ALL for (_, direction), words in values.items()):
        raise InvalidInput(f"An item can be asked to have {MOST_OF_ALL} labels at once at most. Leave some out.")


def build_pairs(filters: Filters) -> list[Pair]:
    """Write filters as pairs of an address, always in the same order."""
    written = [("q", filters.text)] if filters.text else []
    for one in filters.conditions:
        name = f"-{one.field}" if one.is_not else f"{one.field}.all" if one.is_all else one.field
        written += [(name, value) for value in one.values]
    written += [("has" if one.is_not else "no", one.field) for one in filters.conditions if one.with_none]
    written += [("archived", "shown")] if filters.with_archived else []
    written += [] if filters.with_done else [("done", "hidden")]
    written += [("since", filters.since)] if filters.since else []
    return written + ([("moved", filters.moved)] if filters.moved else [])


def narrow_to(filters: Filters, condition: Condition) -> Filters:
    """Return the filters of one group of what `filters` leave.

    What has one of several labels may be in a group of another one: then it has to have both.
    """
    others = [one for one in filters.conditions if one.field != condition.field or one.is_not or one.is_all]
    given = next((one for one in filters.conditions if one not in others), None)
    if not (given and given.values and condition.values and FILTERS[condition.field].has_several):
        return replace(filters, conditions=(*others, condition))
    if given.values == condition.values and not given.with_none:
        return filters
    both = next((one for one in others if one.field == condition.field and one.is_all), None)
    values = tuple(dict.fromkeys((*(both.values if both else ()), *condition.values)))[:MOST_OF_ALL]
    left = [one for one in filters.conditions if one != both]
    return replace(filters, conditions=(*left, Condition(condition.field, values, is_all=True)))


def _find_key(name: str) -> tuple[FilterName, _Direction] | None:
    """Return the field of a name and which of its values are meant, as `-label` means none of them."""
    direction: _Direction = "not" if name.startswith("-") else "all" if name.endswith(".all") else "any"
    field = _find_field(name.removeprefix("-") if direction == "not" else name.removesuffix(".all"))
    if field is None or (direction == "all" and not FILTERS[field].has_several):
        return None
    return field, direction


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
        case "number":
            is_known = _NUMBER.fullmatch(word) is not None
        case "day" | "moment" as kind:
            days = parse_days(word, clock.read_time().date(), is_ahead=kind == "day")
            is_known = days is not None
            if days and days[0] and days[1] and days[0] > days[1]:
                raise InvalidInput(f"The filter “{field}” ends before it begins: {word}. Put the earlier day first.")
    if not is_known:
        raise InvalidInput(f"The filter “{field}” doesn't accept “{value[:40]}”. Choose from what the page offers.")
    return word


def _parse_comparison(pairs: Iterable[Pair]) -> tuple[str | None, MoveKind | None]:
    """Return the day that the list is compared with, and what has to have become of its items since."""
    named = [(name, _clean(value)) for name, value in pairs if name in {"since", "moved"}]
    words = {name: word for name, word in named if word}
    if ("since", "") in named and "since" not in words:
        return None, None  # a form in which "Nothing" was chosen to compare with
    moved = _parse_move(words["moved"]) if "moved" in words else None
    return (parse_since(words["since"]) if "since" in words else "meeting" if moved else None), moved


def parse_since(value: str) -> str:
    """Return the day as it is written best, or the word for that of the last meeting. Raises InvalidInput."""
    return "meeting" if value.lower() == "meeting" else parse_since_day(value).isoformat()


def parse_since_day(value: str) -> date:
    """Return a day to compare with, as it is written in ISO form. Raises InvalidInput."""
    try:
        return require_past(date.fromisoformat(value))
    except ValueError:
        raise InvalidInput("The day to compare with isn't valid. Write it like 2026-11-17.") from None


def require_past(day: date) -> date:
    """Return the day, if it has begun anywhere. Raises InvalidInput for one to come, or before 1970."""
    if day > clock.read_time().date() + timedelta(days=1):
        raise InvalidInput("The day to compare with is still to come. Choose today or an earlier day.")
    if day.year < _FIRST_YEAR:
        raise InvalidInput(f"Nothing here goes back before {_FIRST_YEAR}. Choose a later day to compare with.")
    return day


def _parse_move(value: str) -> MoveKind:
    for kind in MOVES:
        if kind == value.lower():
            return kind
    raise InvalidInput(f"Items can't be “{value[:40]}” since a day. Choose from what the page offers.")


def _clean(value: str) -> str:
    """Return what PostgreSQL can compare: no NUL, no half of a character, and not endless."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()[:_LONGEST_TEXT].strip()
