"""Read Linear's filter of issues, a clause at a time, and say in words which clauses have no meaning here.

A clause counts only if it means here just what it means in Linear: "any label" is not "every label", and a span that
is counted from today is another one for each time zone.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeAlias, cast

from msgspec import Struct, field

from shareable_backlog.database.linear_views.view_names import ViewNameKind, ViewNames
from shareable_backlog.services.linear_views.choices import Choice, Value, join_all
from shareable_backlog.vocabulary import PRIORITIES, STATE_TYPES, FilterName

NO_MEANING = "has no meaning here."
_LONGEST_PATH = 80
_MOST_REFUSALS = 20
_ABOVE_ALL = 1_000_000_000
_NEGATIVE = frozenset({"neq", "nin", "neqIgnoreCase"})
_POSITIVE = frozenset({"eq", "in", "eqIgnoreCase"})
_ORDERED = frozenset({"lt", "lte", "gt", "gte"})
_DAY = timedelta(days=1)


class FilterReading(Struct):
    """One reading of a filter: `counts_none` when "not this one" is read as meaning what has none, too.

    Of the project and the like Linear doesn't say which of both it is.
    """

    names: ViewNames
    counts_none: bool
    refusals: list[str] = field(default_factory=list[str])

    def refuse(self, path: str, why: str = NO_MEANING) -> None:
        """Note that the clause at `path` can't be had, and why."""
        words = f"“{path[:_LONGEST_PATH]}” {why}"
        if words not in self.refusals and len(self.refusals) < _MOST_REFUSALS:
            self.refusals.append(words)


_Reader: TypeAlias = Callable[[FilterReading, object, str], list[Choice]]


def read_issue_filter(reading: FilterReading, value: object) -> list[Choice]:
    """Return the choices of a filter, of which an item has to meet each."""
    return _read_fields(reading, value, "", _OF_ISSUES)


def _read_fields(reading: FilterReading, value: object, path: str, readers: Mapping[str, _Reader]) -> list[Choice]:
    if not isinstance(value, dict):
        reading.refuse(path or "filter", "isn't a filter that can be read.")
        return []
    found: list[Choice] = []
    for key, inner in cast("dict[str, object]", value).items():
        where = f"{path}.{key}" if path else key
        if key in {"and", "or"}:
            found += _read_branches(reading, inner, (path, where), readers, is_and=key == "and")
        elif key in readers:
            found += readers[key](reading, inner, where)
        else:
            reading.refuse(where)
    return found


def _read_branches(
    reading: FilterReading, value: object, paths: tuple[str, str], readers: Mapping[str, _Reader], *, is_and: bool
) -> list[Choice]:
    path, where = paths
    if not isinstance(value, list) or not value:
        reading.refuse(where)
        return []
    refused = len(reading.refusals)
    branches = [_read_fields(reading, one, path, readers) for one in cast("list[object]", value)]
    if is_and:
        return [one for branch in branches for one in branch]
    joined = join_all(branch[0] for branch in branches) if all(len(branch) == 1 for branch in branches) else None
    if joined is not None:
        return [joined]
    if len(reading.refusals) == refused:
        reading.refuse(where, "joins different things, which has no meaning here.")
    return []


def _read_null(reading: FilterReading, value: object, path: str, *, name: FilterName) -> list[Choice]:
    if not isinstance(value, bool):
        reading.refuse(path)
        return []
    return [Choice(name, frozenset({None}), is_not=not value)]


def _read_relation(
    reading: FilterReading, value: object, path: str, *, readers: Mapping[str, _Reader]
) -> list[Choice]:
    if value == {}:
        reading.refuse(path)
    return _read_fields(reading, value, path, readers)


def _read_person(reading: FilterReading, value: object, path: str, *, readers: Mapping[str, _Reader]) -> list[Choice]:
    if not reading.names.shows_people:
        reading.refuse(path, "asks for people, who are not shown here.")
        return []
    return _read_relation(reading, value, path, readers=readers)


def _list_comparators(
    reading: FilterReading, value: object, path: str, known: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the comparators that are known, each with what it compares with."""
    if not isinstance(value, dict) or not value:
        reading.refuse(path)
        return
    for key, inner in cast("dict[str, object]", value).items():
        if key in known and inner != []:
            yield key, inner
        else:
            reading.refuse(f"{path}.{key}")


def _list_values(key: str, value: object) -> list[object]:
    """Return what is compared with; a list stands only where it may, and is else a value that no field has."""
    return cast("list[object]", value) if key in {"in", "nin"} and isinstance(value, list) else [value]


def _read_named(
    reading: FilterReading,
    value: object,
    path: str,
    *,
    name: FilterName,
    kind: ViewNameKind,
    role: str,
    known: frozenset[str] = _POSITIVE | _NEGATIVE,
) -> list[Choice]:
    """Return the choice of what is called so, or has that id."""
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, known):
        ids = set[Value]()
        for text in _list_values(key, given):
            matches = reading.names.find_ids(kind, role, text, ignores_case=key.endswith("IgnoreCase"))
            if not matches:
                reading.refuse(f"{path}.{key}", "names what is not in the mirror, or not offered here.")
            ids |= matches
        found.append(_build_choice(reading, name, ids, is_not=key in _NEGATIVE))
    return found


_NULLABLE: frozenset[FilterName] = frozenset({"assignee", "creator", "project", "milestone", "cycle", "estimate"})


def _build_choice(reading: FilterReading, name: FilterName, values: set[Value], *, is_not: bool) -> Choice:
    leaves_none_out = is_not and name in _NULLABLE and not reading.counts_none
    return Choice(name, frozenset(values | {None}) if leaves_none_out else frozenset(values), is_not)


def _read_type(reading: FilterReading, value: object, path: str) -> list[Choice]:
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, frozenset({"eq", "in", "neq", "nin"})):
        types = _list_values(key, given)
        if any(not isinstance(one, str) or one not in STATE_TYPES for one in types):
            reading.refuse(f"{path}.{key}", "names a type of states that is unknown here.")
            continue
        found.append(_build_choice(reading, "type", {cast("str", one) for one in types}, is_not=key in _NEGATIVE))
    return found


def _read_labels(reading: FilterReading, value: object, path: str) -> list[Choice]:
    refused = len(reading.refusals)
    found = _read_fields(reading, value, path, _OF_LABELS)
    if len(found) == 1:
        return found
    if len(reading.refusals) == refused:
        # Whether one label has to meet both, or each may be met by another, is not said.
        reading.refuse(path, "doesn't say one thing of labels, which has no exact meaning here.")
    return []


def _read_no_label(reading: FilterReading, value: object, path: str) -> list[Choice]:
    if not reading.names.offers_all_labels:
        reading.refuse(path, "also counts labels that are not offered here.")
        return []
    return _read_null(reading, value, path, name="label")


def _is_number(value: object) -> bool:
    """Return whether it is a number, and none that is beyond all priorities and estimates."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _ABOVE_ALL


def _read_priority(reading: FilterReading, value: object, path: str) -> list[Choice]:
    """Return the choice of the priorities for which the comparison of numbers holds; to Linear none is 0."""
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, frozenset({"eq", "in", "neq", "nin"}) | _ORDERED):
        numbers = _list_values(key, given)
        if not all(map(_is_number, numbers)):
            reading.refuse(f"{path}.{key}")
            continue
        levels = {word for at, word in enumerate(PRIORITIES) if _compare(key, at, cast("list[float]", numbers))}
        found.append(_build_choice(reading, "priority", set(levels), is_not=False))
    return found


def _compare(key: str, level: int, numbers: list[float]) -> bool:
    match key:
        case "lt":
            return level < numbers[0]
        case "lte":
            return level <= numbers[0]
        case "gt":
            return level > numbers[0]
        case "gte":
            return level >= numbers[0]
        case _:
            return (level in numbers) != (key in _NEGATIVE)


def _read_estimate(reading: FilterReading, value: object, path: str) -> list[Choice]:
    if not reading.names.shows_estimates:
        reading.refuse(path, "asks for estimates, which are not shown here for every team.")
        return []
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, frozenset({"eq", "in", "neq", "nin", "null"})):
        numbers = _list_values(key, given)
        if key == "null":
            found += _read_null(reading, given, f"{path}.{key}", name="estimate")
        elif all(map(_is_number, numbers)):
            words: set[Value] = {f"{cast('float', one):g}" for one in numbers}
            found.append(_build_choice(reading, "estimate", words, is_not=key in _NEGATIVE))
        else:
            reading.refuse(f"{path}.{key}")
    return found


def _read_due(reading: FilterReading, value: object, path: str) -> list[Choice]:
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, frozenset({"eq", "in", "null"}) | _ORDERED):
        if key == "null":
            found += _read_null(reading, given, f"{path}.{key}", name="due")
            continue
        days = [_parse_day(one) for one in _list_values(key, given)]
        if None in days:
            reading.refuse(f"{path}.{key}", "is no day that is the same for every reader, so it can't be had here.")
            continue
        spans = {_build_span(key, day) for day in days if day is not None}
        found.append(Choice("due", frozenset(spans)))
    return found


def _parse_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return day if day is not None and day.isoformat() == value and date.min < day < date.max else None


def _build_span(key: str, day: date) -> tuple[date, date]:
    match key:
        case "lt":
            return date.min, day - _DAY
        case "lte":
            return date.min, day
        case "gt":
            return day + _DAY, date.max
        case "gte":
            return day, date.max
        case _:
            return day, day


def _read_completed(reading: FilterReading, value: object, path: str) -> list[Choice]:
    found: list[Choice] = []
    for key, given in _list_comparators(reading, value, path, frozenset({"null"}) | _ORDERED):
        if key == "null":
            found += _read_null(reading, given, f"{path}.{key}", name="completed")
        else:
            _read_moment(reading, given, f"{path}.{key}")
    return found


def _read_moment(reading: FilterReading, _value: object, path: str) -> list[Choice]:
    reading.refuse(path, "is about a moment, and days begin here where the reader is.")
    return []


def _list_readers(name: FilterName, kind: ViewNameKind, *roles: str, nullable: bool = True) -> dict[str, _Reader]:
    readers: dict[str, _Reader] = {role: partial(_read_named, name=name, kind=kind, role=role) for role in roles}
    return readers | ({"null": partial(_read_null, name=name)} if nullable else {})


def _list_label_readers(known: frozenset[str]) -> dict[str, _Reader]:
    return {role: partial(_read_named, name="label", kind="label", role=role, known=known) for role in ("id", "name")}


_OF_TEAMS = _list_readers("team", "team", "id", "key", "name", nullable=False)
_OF_STATES = _list_readers("state", "state", "id", "name", nullable=False) | {"type": _read_type}
_OF_SOME_LABEL, _OF_NO_LABEL = _list_label_readers(_POSITIVE), _list_label_readers(_NEGATIVE)
_OF_LABELS: Mapping[str, _Reader] = {
    **_OF_SOME_LABEL,
    "some": partial(_read_relation, readers=_OF_SOME_LABEL),
    "every": partial(_read_relation, readers=_OF_NO_LABEL),
    "null": _read_no_label,
}
_OF_ISSUES: Mapping[str, _Reader] = {
    "team": partial(_read_relation, readers=_OF_TEAMS),
    "state": partial(_read_relation, readers=_OF_STATES),
    "priority": _read_priority,
    "assignee": partial(_read_person, readers=_list_readers("assignee", "person", "id", "name", "displayName")),
    "creator": partial(_read_person, readers=_list_readers("creator", "person", "id", "name", "displayName")),
    "labels": _read_labels,
    "project": partial(_read_relation, readers=_list_readers("project", "project", "id", "name")),
    "projectMilestone": partial(_read_relation, readers=_list_readers("milestone", "milestone", "id", "name")),
    "cycle": partial(_read_relation, readers=_list_readers("cycle", "cycle", "id", "name")),
    "estimate": _read_estimate,
    "dueDate": _read_due,
    "completedAt": _read_completed,
    "createdAt": _read_moment,
    "updatedAt": _read_moment,
}
