"""Turn filters into conditions on items: names become ids first, of which the planner knows how common they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import LiteralString

import msgspec

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.filters import DONE_TYPES, PRIORITIES, Condition, Field, Filters, parse_days

_IS_OR_NOT: dict[Field, tuple[LiteralString, LiteralString]] = {
    "team": ("team_is", "team_not"),
    "type": ("type_is", "type_not"),
    "state": ("state_is", "state_not"),
    "priority": ("priority_is", "priority_not"),
    "assignee": ("assignee_is", "assignee_not"),
    "label": ("label_is", "label_not"),
    "project": ("project_is", "project_not"),
    "milestone": ("milestone_is", "milestone_not"),
    "cycle": ("cycle_is", "cycle_not"),
    "creator": ("creator_is", "creator_not"),
    "due": ("due_is", "due_not"),
    "updated": ("updated_is", "updated_not"),
}
"""The name of the parameter of a condition, and that of its opposite."""

_COLUMNS: dict[Field, LiteralString] = {
    "team": "i.team_id",
    "assignee": "i.assignee_id",
    "project": "i.project_id",
    "milestone": "i.project_milestone_id",
    "cycle": "i.cycle_id",
    "creator": "i.creator_id",
}
_PEOPLE: LiteralString = """
    SELECT e.id FROM people e WHERE lower(e.name) = ANY (%(named)s) OR lower(e.display_name) = ANY (%(named)s)
"""
# What each field's names mean; all small tables.
_IDS: dict[Field, LiteralString] = {
    "team": "SELECT e.id FROM teams e WHERE lower(e.key) = ANY (%(named)s) AND e.removed_at IS NULL",
    "assignee": _PEOPLE,
    "creator": _PEOPLE,
    "label": """
        SELECT e.id FROM labels e LEFT JOIN labels g ON g.id = e.parent_id
        WHERE lower(e.name) = ANY (%(named)s) OR lower(g.name) = ANY (%(named)s)
    """,
    "project": "SELECT e.id FROM projects e WHERE lower(e.name) = ANY (%(named)s)",
    "milestone": "SELECT e.id FROM project_milestones e WHERE lower(e.name) = ANY (%(named)s)",
    "cycle": """
        SELECT e.id FROM cycles e WHERE e.number::text = ANY (%(named)s) OR lower(e.name) = ANY (%(named)s)
          OR ('current' = ANY (%(named)s) AND now() BETWEEN e.starts_at AND e.ends_at)
    """,
}
_FEW_IDS = 64


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Conditions on rows `i`, and the parameters of them.

    `ids` are statements that give what the named parameters are to be replaced by before: lists of ids.
    """

    conditions: tuple[LiteralString, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    ids: tuple[tuple[LiteralString, LiteralString], ...] = ()
    columns: tuple[tuple[LiteralString, LiteralString], ...] = ()
    """The columns of which one of some ids is wanted, each with the name of its parameter."""
    allowed: tuple[tuple[LiteralString, LiteralString], ...] = ()
    """The columns that, where they have anything, have one of what a parameter lists."""
    denied: tuple[tuple[LiteralString, LiteralString], ...] = ()
    """The columns that have none of what a parameter lists."""
    filled: frozenset[LiteralString] = frozenset()
    """The columns that have something in every row."""

    def left(self, column: LiteralString, values: Sequence[object]) -> list[object]:
        """Return those of the values that rows may have in the column; in a list, None stands for nothing."""
        for other, name in self.allowed:
            if other == column:
                values = [value for value in values if value is None or value in self._values(name)]
        for other, name in self.denied:
            if other == column:
                values = [value for value in values if value not in self._values(name)]
        return [value for value in values if value is not None or column not in self.filled]

    def where(self) -> LiteralString:
        """Return all conditions as one; a single id is written so that its index gives the rows in order."""
        text: LiteralString = " AND ".join(["true", *self.conditions])
        for column, name in self.columns:
            if len(self._ids(name)) == 1:
                text = text.replace(f"{column} = ANY (%({name})s)", f"{column} = (%({name})s::text[])[1]")
        return text

    def narrowed_to(
        self, condition: LiteralString, column: LiteralString, name: LiteralString, value: object
    ) -> "Narrowed":
        """Return the same with one more condition and its parameter; see `Choice.narrowed_to`."""
        conditions, columns = self.conditions, self.columns
        for other, given in self.columns:
            if other == column:
                # The new ones are some of the given, and said twice the planner would take them for much rarer.
                conditions = tuple(one for one in conditions if f"%({given})s" not in one)
                columns = tuple(pair for pair in columns if pair != (other, given))
        columns = (*columns, (column, name)) if column else columns
        return replace(
            self, conditions=(*conditions, condition), columns=columns, params={**self.params, name: value}
        )

    def found(self, ids: Mapping[str, list[str]]) -> "Narrowed":
        """Return the same with the ids that were found."""
        return replace(self, params={**self.params, **ids})

    def driver(self) -> tuple[LiteralString, LiteralString] | None:
        """Return the column and the parameter whose few ids alone decide, if there is one such."""
        if len(self.columns) != 1 or len(self.conditions) != 1:
            return None
        [(column, name)] = self.columns
        is_alone = self.conditions[0].strip("()") == f"{column} = ANY (%({name})s)".strip("()")
        return (column, name) if is_alone and len(self._ids(name)) <= _FEW_IDS else None

    def _ids(self, name: LiteralString) -> list[str]:
        return msgspec.convert(self.params[name], list[str])

    def _values(self, name: LiteralString) -> list[str | int]:
        return msgspec.convert(self.params[name], list[str | int])


def narrowed(filters: Filters, now: datetime) -> Narrowed:
    """Return the conditions that stand for `filters`; `now` tells what today is, in the reader's time zone."""
    params: dict[str, object] = {}
    parts = [_of_states(filters, params)]
    for one in filters.conditions:
        name = _IS_OR_NOT[one.field][one.is_not]
        if one.field in _COLUMNS:
            parts.append(_of_column(filters, one, name, params))
        elif one.field == "label":
            parts.append(_of_labels(one, name, params))
        elif one.field == "priority":
            params[name] = [PRIORITIES.index(value) for value in one.values] + ([0] if one.with_none else [])
            parts.append(_of_priorities(one, name))
        elif one.field in {"due", "updated"}:
            parts.append(_of_days(one, name, now, params))
    return _joined(parts, params)


def _joined(parts: Iterable[Narrowed], params: Mapping[str, object]) -> Narrowed:
    parts = list(parts)
    return Narrowed(
        tuple(text for part in parts for text in part.conditions),
        params,
        tuple(pair for part in parts for pair in part.ids),
        tuple(pair for part in parts for pair in part.columns),
        tuple(pair for part in parts for pair in part.allowed),
        tuple(pair for part in parts for pair in part.denied),
        frozenset(column for part in parts for column in part.filled),
    )


def _of_states(filters: Filters, params: dict[str, object]) -> Narrowed:
    """Take types and names of states together, and the teams they belong to: what is left is a list of states."""
    params["done_types"] = list(DONE_TYPES)
    is_any: list[LiteralString] = []
    is_none: list[LiteralString] = ["s.type = ANY (%(done_types)s)"] if not filters.with_done else []
    either_none, never_none = False, False
    for one in filters.conditions:
        if one.field not in {"type", "state"}:
            continue
        either_none = either_none or (one.with_none and not one.is_not)
        never_none = never_none or (one.with_none and one.is_not)
        if one.values:
            name = _IS_OR_NOT[one.field][one.is_not]
            params[name] = [value.lower() for value in one.values]
            text: LiteralString = "s.type" if one.field == "type" else "lower(s.name)"
            (is_none if one.is_not else is_any).append(f"{text} = ANY (%({name})s)")
    return _states(filters, is_any, is_none, either_none=either_none, never_none=never_none)


def _states(
    filters: Filters,
    is_any: list[LiteralString],
    is_none: list[LiteralString],
    *,
    either_none: bool,
    never_none: bool,
) -> Narrowed:
    """Return the condition on a state: one that meets all of `is_any` and none of `is_none`, or none at all."""
    column: LiteralString = "i.state_id"
    parts: list[Narrowed] = []
    if never_none:
        parts.append(Narrowed(("i.state_id IS NOT NULL",), filled=frozenset((column,))))
    excluded: LiteralString = " OR ".join(is_none)
    if is_any:
        wanted: LiteralString = " AND ".join(
            [*is_any, *([f"NOT ({excluded})"] if excluded else []), *_of_teams(filters)]
        )
        ids: LiteralString = (
            f"SELECT s.id FROM workflow_states s WHERE s.team_id IN ({visibility.TEAMS}) AND {wanted}"
        )
        text: LiteralString = "i.state_id = ANY (%(states_is)s)"
        found = Narrowed((text,), ids=(("states_is", ids),), allowed=((column, "states_is"),))
        if either_none:
            parts.append(replace(found, conditions=(f"({text} OR i.state_id IS NULL)",)))
        else:
            parts.append(replace(found, columns=found.allowed, filled=frozenset((column,))))
    elif either_none:
        parts.append(Narrowed(("i.state_id IS NULL",)))
    elif excluded:
        ids = f"SELECT s.id FROM workflow_states s WHERE {excluded}"
        without: LiteralString = "(i.state_id IS NULL OR i.state_id <> ALL (%(states_not)s))"
        parts.append(Narrowed((without,), ids=(("states_not", ids),), denied=((column, "states_not"),)))
    return _joined(parts, {})


def _of_teams(filters: Filters) -> list[LiteralString]:
    """Return the condition on states `s` that they belong to the wanted teams."""
    wanted = any(one.field == "team" and not one.is_not for one in filters.conditions)
    teams: LiteralString = _IDS["team"].replace("%(named)s", "%(team_is)s")
    return [f"s.team_id IN ({teams})"] if wanted else []


def _of_column(filters: Filters, one: Condition, name: LiteralString, params: dict[str, object]) -> Narrowed:
    params[name] = [value.lower() for value in one.values]
    by_states = any(
        other.field in {"type", "state"} and not other.is_not and not other.with_none for other in filters.conditions
    )
    column = _COLUMNS[one.field]
    ids: LiteralString = _IDS[one.field].replace("%(named)s", f"%({name})s")
    found = _told(one, column, name, Narrowed(ids=((name, ids),)))
    if one.field == "team" and not one.is_not and by_states:
        return found  # the states are those of the team
    text: LiteralString = _with_none(one, f"{column} = ANY (%({name})s)", f"{column} IS NULL")
    if one.field in {"assignee", "creator"}:
        text = f"{text} AND {visibility.ASSIGNEES}"
    is_plain = not one.is_not and not one.with_none
    return replace(found, conditions=(text,), columns=((column, name),) if is_plain else ())


def _of_priorities(one: Condition, name: LiteralString) -> Narrowed:
    text: LiteralString = f"i.priority <> ALL (%({name})s)" if one.is_not else f"i.priority = ANY (%({name})s)"
    return _told(one, "i.priority", name, Narrowed((text,)))


def _told(one: Condition, column: LiteralString, name: LiteralString, found: Narrowed) -> Narrowed:
    """Add what the condition tells of its column, so that no group is looked into that cannot have anything."""
    filled = frozenset((column,)) if one.is_not == one.with_none else frozenset[LiteralString]()
    pair = ((column, name),)
    return replace(found, denied=pair, filled=filled) if one.is_not else replace(found, allowed=pair, filled=filled)


def _of_labels(one: Condition, name: LiteralString, params: dict[str, object]) -> Narrowed:
    params[name] = [value.lower() for value in one.values]
    text: LiteralString = f"(i.label_ids <> '{{}}' AND i.label_ids && %({name})s::text[])"
    ids: LiteralString = _IDS["label"].replace("%(named)s", f"%({name})s")
    return Narrowed((_with_none(one, text, "i.label_ids = '{}'"),), ids=((name, ids),))


def _of_days(one: Condition, name: LiteralString, now: datetime, params: dict[str, object]) -> Narrowed:
    """Take each period as a pair of edges, which an index of the days finds."""
    is_due = one.field == "due"
    spans = [parse_days(value, now.date(), is_ahead=is_due) or (date.max, date.min) for value in one.values]
    edges = [_days(span) for span in spans] if is_due else [_moments(span, now) for span in spans]
    params |= {f"{name}_from": [first for first, _ in edges], f"{name}_to": [last for _, last in edges]}
    column: LiteralString = "coalesce(i.due_date, '9999-12-31')" if is_due else "i.updated_at"
    type_: LiteralString = "date" if is_due else "timestamptz"
    within: list[LiteralString] = []
    for at, value in zip(_POSITIONS, one.values, strict=False):
        text: LiteralString = (
            f"{column} BETWEEN (%({name}_from)s::{type_}[])[{at}] AND (%({name}_to)s::{type_}[])[{at}]"
        )
        is_open: LiteralString = " AND i.completed_at IS NULL AND i.canceled_at IS NULL"
        # What is done is never overdue.
        within.append(f"({text}{is_open})" if value == "overdue" else text)
    joined: LiteralString = "(" + " OR ".join(within) + ")"
    return Narrowed((_with_none(one, joined, "i.due_date IS NULL" if is_due else "false"),))


_POSITIONS: tuple[LiteralString, ...] = ("1", "2", "3", "4", "5", "6", "7", "8")


def _days(span: tuple[date | None, date | None]) -> tuple[date, date]:
    """Return the first and the last day; the very last one stands for none."""
    first, last = span
    return first or date.min, min(last or date.max, date.max - timedelta(days=1))


def _moments(span: tuple[date | None, date | None], now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last moment of some days where the reader is."""
    first, last = span
    far = timedelta(days=2)  # beyond which a time zone leads out of the calendar
    return (
        datetime.combine(max(first or date.min, date.min + far), time.min, now.tzinfo),
        datetime.combine(min(last or date.max, date.max - far), time.max, now.tzinfo),
    )


def _with_none(one: Condition, text: LiteralString, is_none: LiteralString) -> LiteralString:
    """Return the condition of a filter: any of its values or nothing, or the opposite."""
    either: list[LiteralString] = [*([text] if one.values else []), *([is_none] if one.with_none else [])]
    joined: LiteralString = " OR ".join(either)
    return f"({joined}) IS NOT TRUE" if one.is_not else f"({joined})"
