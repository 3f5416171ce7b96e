"""Translate the filter of a view made in Linear into an address here, or say which clauses have no meaning here."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Final, TypeAlias, cast
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from shareable_backlog.database.linear_views.view_names import ViewNameKind, ViewNames
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import views
from shareable_backlog.services.linear_views.choices import Choice, Value, narrow_all
from shareable_backlog.services.linear_views.issue_filter import FilterReading, read_issue_filter
from shareable_backlog.vocabulary import PRIORITIES, STATE_TYPES, FilterName

Pair: TypeAlias = tuple[str, str]

_MOST_NODES, _DEEPEST = 2_000, 30
_MOST_DAYS = 8  # as many spans of days as a filter of ours takes

_KINDS: Final[Mapping[FilterName, ViewNameKind]] = {
    "team": "team",
    "state": "state",
    "assignee": "person",
    "creator": "person",
    "label": "label",
    "project": "project",
    "milestone": "milestone",
    "cycle": "cycle",
}
_OF_ONE_TEAM: Final[frozenset[FilterName]] = frozenset({"state", "cycle"})
_LINEAR_NAMES: Final[Mapping[FilterName, str]] = {
    "type": "state.type",
    "label": "labels",
    "milestone": "projectMilestone",
    "due": "dueDate",
    "completed": "completedAt",
}
_ALL: Final[Mapping[FilterName, frozenset[Value]]] = {
    "type": frozenset(STATE_TYPES),
    "priority": frozenset(PRIORITIES),
}


class Translation(Struct, frozen=True):
    """What a view shows here, as it stands in an address; None when `refusals` say why it can't be had."""

    query: str | None
    refusals: tuple[str, ...] = ()


class _CannotSayError(Exception):
    """A field's choice that no filter of ours says."""


def list_texts(filter_data: object) -> set[str]:
    """Return all texts of a filter: among them is what it names. None of one that is too large to be read."""
    return {one for one, _ in _walk(filter_data) if isinstance(one, str)} if _is_readable(filter_data) else set()


def translate_view(filter_data: object, team_id: str | None, names: ViewNames) -> Translation:
    """Return what the view of that filter and team shows here; `names` is all that is called as the filter says."""
    if not _is_readable(filter_data):
        return Translation(None, ("The filter is too large to be read here.",))
    of_team = [{"team": {"id": {"eq": team_id}}}] if team_id is not None else []
    whole = {"and": [*of_team, filter_data]}
    with_none, without_none = FilterReading(names, counts_none=True), FilterReading(names, counts_none=False)
    choices = narrow_all(read_issue_filter(with_none, whole))
    others = narrow_all(read_issue_filter(without_none, whole))
    refusals = [*with_none.refusals, *(one for one in without_none.refusals if one not in with_none.refusals)]
    if not refusals:
        refusals = [
            f"“{_name_in_linear(one.field)}” leaves open whether it means what has none, too."
            for one in choices
            if one not in others
        ]
    return _write_query(choices, names) if not refusals else Translation(None, tuple(refusals))


def _write_query(choices: Iterable[Choice], names: ViewNames) -> Translation:
    given = list(choices)
    team_ids = next((one.values for one in given if one.field == "team" and not one.is_not), None)
    several = sum(one.field == "label" and not one.is_not for one in given) > 1
    pairs: list[Pair] = []
    refusals: list[str] = []
    for one in given:
        try:
            pairs += _write_pairs(one, _list_words(one, names, team_ids), several_labels=several)
        except _CannotSayError as error:
            refusals.append(f"“{_name_in_linear(one.field)}” {error}")
    return Translation(None, tuple(refusals)) if refusals else _check_query(pairs)


def _write_pairs(one: Choice, words: list[str], *, several_labels: bool) -> list[Pair]:
    """Return the pairs of a choice; of several labels that an item has to have, each is asked for by itself."""
    name = f"-{one.field}" if one.is_not else one.field
    if several_labels and name == "label":
        if len(words) != 1 or None in one.values:
            raise _CannotSayError("asks for any of some labels and for others at once.")
        name = "label.all"
    pairs = [(name, word) for word in words]
    return [*pairs, ("has" if one.is_not else "no", one.field)] if None in one.values else pairs


def _list_words(one: Choice, names: ViewNames, team_ids: frozenset[Value] | None) -> list[str]:
    """Return the words that mean just the values of a choice. Raises _CannotSayError."""
    values: set[Value] = {value for value in one.values if value is not None}
    if not one.is_not and not one.values:
        raise _CannotSayError("is met by nothing.")
    if one.field == "due":
        return _write_spans(values)
    if one.field in _ALL and not one.is_not and values >= _ALL[one.field]:
        return []
    kind = _KINDS.get(one.field)
    ids = {value for value in values if isinstance(value, str)}
    if kind is None:
        return sorted(ids)
    return sorted(_find_words(one, kind, ids, names, team_ids if one.field in _OF_ONE_TEAM else None))


def _find_words(
    one: Choice, kind: ViewNameKind, ids: set[str], names: ViewNames, team_ids: frozenset[Value] | None
) -> set[str]:
    """Return words by which our filters find all of `ids` and nothing else, as far as items of the teams have it."""
    teams = names.find_team_ids(kind)
    wanted = {id_ for id_ in ids if team_ids is None or teams.get(id_) in team_ids}
    if not wanted and not one.is_not and None not in one.values:
        raise _CannotSayError("is met by nothing in its team.")
    words: set[str] = set()
    left = sorted(wanted, reverse=True)
    while left:
        for word in names.list_words(kind, left[-1]):
            found = names.find_by_word(kind, word)
            others = (other for other in found if team_ids is None or teams[other] in team_ids)
            if left[-1] in found and wanted.issuperset(others):
                words.add(word.upper() if kind == "team" else word)
                left = [id_ for id_ in left if id_ not in found]
                break
        else:
            called = next(iter(names.list_words(kind, left[-1])), left[-1])
            raise _CannotSayError(f"names “{called[:80]}”, and something else is called so, too.")
    return words


def _write_spans(values: set[Value]) -> list[str]:
    spans = sorted(value for value in values if isinstance(value, tuple))
    if len(spans) > _MOST_DAYS:
        raise _CannotSayError(f"names more than {_MOST_DAYS} spans of days.")
    written: list[str] = []
    for first, last in spans:
        if first == last:
            written.append(first.isoformat())
        else:
            ends = ("" if first == date.min else first.isoformat(), "" if last == date.max else last.isoformat())
            written.append("..".join(ends))
    return written


def _check_query(pairs: list[Pair]) -> Translation:
    """Return the query of the pairs if they are read as they are written: not cut, not trimmed, not too many."""
    pairs = list(dict.fromkeys(pairs))
    try:
        query = views.normalise_query(urlencode(pairs), "list")
    except InvalidInput as error:
        return Translation(None, (str(error),))
    if sorted(parse_qsl(query)) != sorted(pairs):
        return Translation(None, ("A name in the filter can't stand in an address here.",))
    return Translation(query)


def _name_in_linear(name: FilterName) -> str:
    return _LINEAR_NAMES.get(name, name)


def _is_readable(value: object) -> bool:
    """Return whether a filter is so small and flat that it can be read, without reading it all if it isn't."""
    depths = (depth for _, depth in islice(_walk(value), _MOST_NODES + 1))
    return all(count < _MOST_NODES and depth <= _DEEPEST for count, depth in enumerate(depths))


def _walk(value: object) -> Iterator[tuple[object, int]]:
    """Yield what is in a filter, but for the keys, with how deep it is."""
    left: list[tuple[object, int]] = [(value, 0)]
    while left:
        one, depth = left.pop()
        yield one, depth
        inner: Iterable[object] = ()
        if isinstance(one, dict):
            inner = cast("dict[str, object]", one).values()
        elif isinstance(one, list):
            inner = cast("list[object]", one)
        left += [(each, depth + 1) for each in inner]
