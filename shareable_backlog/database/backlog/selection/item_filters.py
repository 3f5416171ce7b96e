"""Turn filters into predicates on items: names become ids first, of which the planner knows how common they are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.filters import NO_NEWS, Condition, Filters, News, find_since, parse_days
from shareable_backlog.database.backlog.selection.item_moves import write_move
from shareable_backlog.database.backlog.selection.item_predicates import (
    COLUMNS,
    IdPredicate,
    Predicate,
    SqlPredicate,
    place_priority,
)
from shareable_backlog.vocabulary import DONE_TYPES, FILTERS, PRIORITIES, FilterName

_USES_ESTIMATES: LiteralString = """
    i.team_id <> ALL (ARRAY(SELECT t.id FROM teams t WHERE t.issue_estimation_type = 'notUsed'))
"""


class NameLookup(Struct, frozen=True):
    """How the ids of what filters name are found: a statement for each parameter that will hold ids."""

    statements: Mapping[LiteralString, LiteralString]
    params: Mapping[str, object]

    def render(self) -> LiteralString:
        """Return an expression for all of the ids: one JSON object, by the names of the parameters."""
        pairs: LiteralString = ", ".join([f"'{name}', ARRAY({text})" for name, text in self.statements.items()])
        return f"json_build_object({pairs})"


def look_up_names(filters: Filters) -> NameLookup:
    """Return how to find the ids of all that `filters` name, in tables that are small."""
    statements = _look_up_states(filters)
    params: dict[str, object] = {"done_types": list(DONE_TYPES)}
    has_teams = _has_teams(filters)
    for one in filters.conditions:
        find = LOOKUPS.get(one.field)
        for parameter, words in _name_parameters(one):
            params[parameter] = [value.lower() for value in words]
            if find:
                found = find(f"%({parameter})s")
                is_of_teams = has_teams and one.field == "cycle" and not one.is_not
                statements[parameter] = _leave_those_of_teams(found) if is_of_teams else found
    return NameLookup(statements, params)


def _has_teams(filters: Filters) -> bool:
    return any(one.field == "team" and not one.is_not for one in filters.conditions)


def _leave_those_of_teams(cycles: LiteralString) -> LiteralString:
    """Leave the cycles of the wanted teams: each team has one of the same number, and all would be read."""
    return f"SELECT c.id FROM cycles c WHERE c.id IN ({cycles}) AND c.team_id IN ({_find_teams('%(team_is)s')})"


def write_predicates(
    filters: Filters, ids: Mapping[str, Sequence[str]], now: datetime, news: News = NO_NEWS
) -> list[Predicate]:
    """Return the predicates that stand for `filters`, of which an item has to meet each.

    `ids` is what `look_up_names` finds; `now` tells what today is, in the reader's time zone.
    """
    states = _write_states(filters, ids)
    # The states of the wanted teams are looked up, and are in no item of another.
    is_team_implied = states is not None and states.is_one_of
    others = [_write(one, ids, now, is_team_implied=is_team_implied) for one in filters.conditions]
    new = [_write_news(one, news) for one in filters.conditions if one.field == "new"]
    moved = [write_move(filters.moved, find_since(filters, now, news))] if filters.moved else []
    return [one for one in (states, *others, *new, *moved) if one]


def _name_parameter(one: Condition) -> LiteralString:
    return f"{one.field}_not" if one.is_not else f"{one.field}_is"


def _name_parameters(one: Condition) -> list[tuple[LiteralString, Sequence[str]]]:
    """Return the names of parameters and the words that are looked up for each: one, or one for each of all."""
    if not one.is_all:
        return [(_name_parameter(one), one.values)]
    return [(f"{one.field}_all_{at}", (value,)) for at, value in zip(_POSITIONS, one.values, strict=False)]


def _find_teams(words: LiteralString) -> LiteralString:
    return f"SELECT e.id FROM teams e WHERE lower(e.key) = ANY ({words}) AND e.removed_at IS NULL"


def _find_people(words: LiteralString) -> LiteralString:
    return f"SELECT e.id FROM people e WHERE lower(e.name) = ANY ({words}) OR lower(e.display_name) = ANY ({words})"


def _find_labels(words: LiteralString) -> LiteralString:
    return f"""
        SELECT e.id FROM labels e LEFT JOIN labels g ON g.id = e.parent_id
        WHERE e.is_offered AND (lower(e.name) = ANY ({words}) OR lower(g.name) = ANY ({words}))
    """


def _find_projects(words: LiteralString) -> LiteralString:
    return f"SELECT e.id FROM projects e WHERE lower(e.name) = ANY ({words})"


def _find_milestones(words: LiteralString) -> LiteralString:
    return f"SELECT e.id FROM project_milestones e WHERE lower(e.name) = ANY ({words})"


def _find_cycles(words: LiteralString) -> LiteralString:
    """Find cycles by number or name; one that is named by the number of another is found by its own number."""
    return f"""
        SELECT e.id FROM cycles e
        WHERE e.number::text = ANY ({words})
          OR (lower(e.name) = ANY ({words})
            AND NOT EXISTS (SELECT FROM cycles o WHERE o.number::text = lower(e.name) AND o.removed_at IS NULL
              AND o.team_id IN ({visibility.TEAMS})))
          OR ('current' = ANY ({words}) AND now() BETWEEN e.starts_at AND e.ends_at)
    """


def _find_releases(words: LiteralString) -> LiteralString:
    """Find releases by name or version; a word that names one that is shown is no version of another."""
    return f"""
        SELECT e.id FROM releases e
        WHERE (lower(e.name) = ANY ({words}) OR (lower(e.version) = ANY ({words}) AND lower(e.version) <> ALL (ARRAY(
          SELECT lower(e.name) FROM releases e
          WHERE lower(e.name) = ANY ({words}) AND {visibility.RELEASE} AND EXISTS (
            SELECT FROM item_releases r JOIN backlog_items i ON i.id = r.issue_id
            WHERE r.release_id = e.id AND {visibility.IN_RELEASE} AND {visibility.ITEM}
          )
        )))) AND {visibility.RELEASE}
    """


LOOKUPS: Mapping[FilterName, Callable[[LiteralString], LiteralString]] = {
    "team": _find_teams,
    "assignee": _find_people,
    "creator": _find_people,
    "label": _find_labels,
    "project": _find_projects,
    "milestone": _find_milestones,
    "cycle": _find_cycles,
    "release": _find_releases,
}
"""The statements of the ids of what is called by one of some words."""


def _look_up_states(filters: Filters) -> dict[LiteralString, LiteralString]:
    """Take types and names of states together, and the teams they belong to: what is left is a list of states."""
    wanted: list[LiteralString] = []
    unwanted: list[LiteralString] = [] if filters.with_done else ["s.type = ANY (%(done_types)s)"]
    for one in filters.conditions:
        words: LiteralString = f"%({_name_parameter(one)})s"
        if one.field in {"type", "state"} and one.values:
            text: LiteralString = "s.type" if one.field == "type" else "lower(s.name)"
            (unwanted if one.is_not else wanted).append(f"{text} = ANY ({words})")
    excluded: LiteralString = " OR ".join(unwanted)
    if not wanted:
        return {"states_not": f"SELECT s.id FROM workflow_states s WHERE {excluded}"} if unwanted else {}
    if _has_teams(filters):
        wanted.append(f"s.team_id IN ({_find_teams('%(team_is)s')})")
    if unwanted:
        wanted.append(f"NOT ({excluded})")
    met: LiteralString = " AND ".join(wanted)
    return {"states_is": f"SELECT s.id FROM workflow_states s WHERE s.team_id IN ({visibility.TEAMS}) AND {met}"}


def _write_states(filters: Filters, ids: Mapping[str, Sequence[str]]) -> IdPredicate | None:
    asked = [one for one in filters.conditions if one.field in {"type", "state"} and one.with_none]
    or_none = any(not one.is_not for one in asked)
    not_none = any(one.is_not for one in asked)
    if "states_is" in ids or or_none:
        return IdPredicate(
            column=COLUMNS["state"],
            parameter="states_is",
            ids=ids.get("states_is", ()),
            with_none=or_none and not not_none,
        )
    if "states_not" in ids or not_none:
        return IdPredicate(
            column=COLUMNS["state"],
            parameter="states_not",
            ids=ids.get("states_not", ()),
            with_none=not_none,
            is_not=True,
            leaves_out_done=not filters.with_done,
        )
    return None


def _write(
    one: Condition, ids: Mapping[str, Sequence[str]], now: datetime, *, is_team_implied: bool
) -> Predicate | None:
    parameter = _name_parameter(one)
    if FILTERS[one.field].is_time:
        return _write_days(one, parameter, now)
    match one.field:
        case "label" | "release":
            return _write_all_labels(one, ids) if one.is_all else _write_several(one, parameter, ids[parameter])
        case "estimate":
            return _write_estimate(one, parameter)
        case "priority":
            levels = [list(PRIORITIES).index(value) for value in one.values] + [0] * one.with_none
            places = list(map(place_priority, levels))
            return IdPredicate(column=COLUMNS["priority"], parameter=parameter, ids=places, is_not=one.is_not)
        case "type" | "state" | "new":
            return None  # which are taken together, or apart
        case _:
            return IdPredicate(
                column=COLUMNS[one.field],
                parameter=parameter,
                ids=ids[parameter],
                with_none=one.with_none,
                is_not=one.is_not,
                is_implied=is_team_implied and one.field == "team" and not one.is_not,
            )


def _write_several(one: Condition, parameter: LiteralString, ids: Sequence[str]) -> SqlPredicate:
    """Take what an item may have several of: labels stand in its row, releases are looked up."""
    text: LiteralString = f"(i.label_ids <> '{{}}' AND i.label_ids && %({parameter})s::text[])"
    is_none = visibility.UNLABELLED
    if one.field == "release":
        text = f"""i.id = ANY (ARRAY(
    SELECT r.issue_id FROM item_releases r WHERE r.release_id = ANY (%({parameter})s::text[])
      AND {visibility.IN_RELEASE}))"""
        is_none = f"""NOT EXISTS (
    SELECT FROM item_releases r JOIN releases e ON e.id = r.release_id
    WHERE r.issue_id = i.id AND {visibility.IN_RELEASE} AND {visibility.RELEASE})"""
    return SqlPredicate(sql=_render_with_none(one, [text] if one.values else [], is_none), params={parameter: ids})


def _write_news(one: Condition, news: News) -> SqlPredicate:
    parameter = _name_parameter(one)
    texts: list[LiteralString] = []
    if "meeting" in one.values:
        texts.append(f"i.created_at >= %({parameter}_since)s::timestamptz" if news.meeting else "false")
    if "unseen" in one.values:
        texts.append(f"i.id = ANY (%({parameter}_ids)s::text[])")
    return SqlPredicate(
        sql=_render_with_none(one, texts, "false"),
        params={f"{parameter}_since": news.meeting, f"{parameter}_ids": list(news.unseen_ids)},
    )


def _write_all_labels(one: Condition, ids: Mapping[str, Sequence[str]]) -> SqlPredicate:
    """Take each name by itself: any label of that name, or in the group of that name, will do."""
    names: list[LiteralString] = [name for name, _ in _name_parameters(one)]
    each: list[LiteralString] = [f"i.label_ids && %({name})s::text[]" for name in names]
    found: LiteralString = " AND ".join(each)
    return SqlPredicate(sql=f"(i.label_ids <> '{{}}' AND {found})", params={name: ids[name] for name in names})


def _write_estimate(one: Condition, parameter: LiteralString) -> SqlPredicate:
    """Take what a team that uses no estimates any more has for none, and tell nothing where none are shown."""
    found: LiteralString = f"(i.estimate = ANY (%({parameter})s::float8[]) AND {_USES_ESTIMATES})"
    either = _render_with_none(one, [found] if one.values else [], f"(i.estimate IS NULL OR NOT {_USES_ESTIMATES})")
    return SqlPredicate(
        sql=f"({either}) AND {visibility.ESTIMATES}", params={parameter: [float(value) for value in one.values]}
    )


def _write_days(one: Condition, parameter: LiteralString, now: datetime) -> SqlPredicate:
    """Take each period as a pair of edges, which an index of the days finds."""
    field = FILTERS[one.field]
    is_day = field.kind == "day"
    spans = [parse_days(value, now.date(), is_ahead=is_day) or (date.max, date.min) for value in one.values]
    edges = [_list_days(span) if is_day else _list_moments(span, now) for span in spans]
    column: LiteralString = f"coalesce(i.{field.column}, '9999-12-31')" if is_day else f"i.{field.column}"
    type_: LiteralString = "date" if is_day else "timestamptz"
    is_none: LiteralString = f"i.{field.column} IS NULL"
    within: list[LiteralString] = []
    for at, value in zip(_POSITIONS, one.values, strict=False):
        first: LiteralString = f"(%({parameter}_from)s::{type_}[])[{at}]"
        last: LiteralString = f"(%({parameter}_to)s::{type_}[])[{at}]"
        # What is done is never overdue.
        is_open: LiteralString = " AND i.completed_at IS NULL AND i.canceled_at IS NULL" if value == "overdue" else ""
        within.append(f"({column} BETWEEN {first} AND {last}{is_open})")
    return SqlPredicate(
        sql=_render_with_none(one, within, is_none),
        params={
            f"{parameter}_from": [first for first, _ in edges],
            f"{parameter}_to": [last for _, last in edges],
        },
    )


_POSITIONS: tuple[LiteralString, ...] = ("1", "2", "3", "4", "5", "6", "7", "8")


def _list_days(span: tuple[date | None, date | None]) -> tuple[date, date]:
    """Return the first and the last day; the very last one stands for none."""
    first, last = span
    return first or date.min, min(last or date.max, date.max - timedelta(days=1))


def _list_moments(span: tuple[date | None, date | None], now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last moment of some days where the reader is."""
    first, last = span
    far = timedelta(days=2)  # beyond which a time zone leads out of the calendar
    return (
        datetime.combine(max(first or date.min, date.min + far), time.min, now.tzinfo),
        datetime.combine(min(last or date.max, date.max - far), time.max, now.tzinfo),
    )


def _render_with_none(one: Condition, texts: Sequence[LiteralString], is_none: LiteralString) -> LiteralString:
    """Return the condition that any of the `texts` holds, or that there is nothing; or the opposite."""
    either: LiteralString = " OR ".join([*texts, *([is_none] if one.with_none else [])])
    return f"({either}) IS NOT TRUE" if one.is_not else f"({either})"
