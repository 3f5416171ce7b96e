"""Decide by which indexes items are found, from several sources at once when that is what bounds the work.

The first of each state, of each team, of each rule of a viewer's group are merged, so a few items among many are
found as fast as all of them. It is the selection that decides, as data: which column has to have one of a few ids,
what the items are sorted by, whether the words of a search are rare. No SQL is looked at.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog.selection.item_orders import Order, Position
from shareable_backlog.database.backlog.selection.item_parts import (
    Part,
    find_driver,
    find_left_out_states,
    list_parts,
)
from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.vocabulary import WORK_FIRST


class Source(Struct, frozen=True, kw_only=True):
    """One way to items `i` of `tables`, the first of which are read in their order.

    `driver` says what it goes by. Where there are `ids`, a table `d`, the items of each are looked up by themselves,
    by the condition `matched`; else the planner finds an index. `rank_sql` is "" for an order that has no ranks. It
    `is_continued` from after a position; `is_archived` None stands for either. What `is_last` has items that stand
    after those of all others, or before them where the order is turned.
    """

    driver: str
    tables: LiteralString
    conditions: tuple[LiteralString, ...] = ()
    ids: LiteralString = ""
    matched: LiteralString = ""
    rank_sql: LiteralString = ""
    is_continued: bool = False
    is_archived: bool | None = False
    is_last: bool = False


_RANKS: Mapping[float | None, LiteralString] = {None: "", 3: "3::float8", 2: "2::float8", 1: "1::float8"}
_TYPES: LiteralString = ", ".join([f"'{one}'" for one in WORK_FIRST])
# What is being worked on stands first, what is done last.
_STATES: LiteralString = f"""
  SELECT s.id, -(1e6 * coalesce(array_position(
    ARRAY[{_TYPES}], s.type), 8)
    - s.position)::float8 AS rank
  FROM workflow_states s WHERE s.team_id IN (TABLE shown_teams)"""
_WITHOUT_STATE: LiteralString = "(-1e9)::float8"
_FEW_STATES = 16
_OF_OTHER_PROJECT: LiteralString = "i.project_id <> ALL (ARRAY(TABLE group_projects))"


def choose_sources(
    selection: Selection, *, wants_first: bool = True, after: Position | None = None
) -> list[list[Source]]:
    """Return the sources in blocks: all items of one stand before all of the next.

    Unless somebody `wants_first` ones, any do. What a group of viewers sees by several of its rules comes from each.
    What is ranked before the position `after` is left out, and only what is ranked as it begins there.
    """
    blocks: list[list[Source]] = []
    for part in list_parts(selection):
        is_before, is_continued = _compare(part, after)
        if not is_before:
            is_front = wants_first and after is None and selection.is_front_shown
            sources = _choose(selection, part, wants_first=wants_first, is_front=is_front)
            blocks.append([replace(one, is_continued=is_continued) for one in sources])
    if selection.order.ranking == "match":
        return blocks or [[Source(driver="nothing", tables="shown i", conditions=("false",), rank_sql="0::float8")]]
    sources = list(chain(*blocks))
    if selection.match or selection.with_archived or not any(one.is_last for one in sources):
        return [sources]
    # The last are looked for only where the others are not enough.
    parts = [[one for one in sources if one.is_last == is_last] for is_last in (False, True)]
    return parts if selection.order.is_descending else parts[::-1]


def _compare(part: Part, after: Position | None) -> tuple[bool, bool]:
    """Return whether a part stands before a position, and whether the position is in it."""
    if after is None or part.rank is None:
        return False, after is not None
    rank = float(after[0])
    return part.rank > rank, part.rank == rank


def _choose(selection: Selection, part: Part, *, wants_first: bool, is_front: bool) -> Iterator[Source]:
    """Yield the ways to the items of a part, by what is rarest in it; `is_front` where few of many are hidden."""
    driver = find_driver(selection)
    conditions: list[LiteralString] = [driver.render()] if driver else []
    whole = Source(driver="order", tables=f"{part.name} i", conditions=tuple(conditions), rank_sql=_RANKS[part.rank])
    is_by_state = selection.order.ranking == "state"
    plain = whole
    if is_by_state:
        states: LiteralString = f"{part.name} i LEFT JOIN ({_STATES}) d ON d.id = i.state_id"
        plain = replace(whole, tables=states, rank_sql=f"coalesce(d.rank, {_WITHOUT_STATE})")
    if part.is_looked_up:
        yield replace(plain, driver=part.name, is_archived=None if selection.with_archived else False)
        return
    if is_by_state:
        yield replace(
            whole,
            driver="each state",
            ids=_sort_states(selection.order),
            matched="i.state_id = d.id",
            rank_sql="d.rank",
        )
        yield replace(whole, driver="no state", conditions=("i.state_id IS NULL",), rank_sql=_WITHOUT_STATE)
    elif selection.in_group:
        yield from _choose_for_group(selection, whole, driver, wants_first=wants_first)
    elif driver and driver.column.name == "priority" and selection.order.priority_key:
        yield from _choose_by_priority(whole, driver, selection.order.priority_key, find_left_out_states(selection))
    elif driver and len(driver.ids) == 1:
        # The planner knows best how to find one.
        yield replace(plain, driver=f"one {driver.column.name}")
    elif driver and not (selection.match and wants_first and not _may_be_last(selection, driver)):
        # In a search each item is asked for its words, and the first of every id are more to ask than the first.
        yield _look_up_each(whole, driver)
    elif selection.is_whole and selection.hints.hides_team and "team" in selection.order.indexed_by and not is_front:
        # All stand in one index, in which few among many hidden ones would be far apart.
        yield replace(whole, driver="each shown team", ids="shown_teams", matched="i.team_id = d.id")
    else:
        yield plain
    if selection.with_archived:
        yield replace(plain, driver="archived", is_archived=True)


def _may_be_last(selection: Selection, driver: IdPredicate) -> bool:
    """Return whether the items of a few ids may stand behind all others, as those of what is done do by rank."""
    return driver.column.name == "state" and len(driver.ids) <= _FEW_STATES and bool(selection.order.priority_key)


def _sort_states(order: Order) -> LiteralString:
    """Return the states in the order of their items, so that no more are looked into than are needed."""
    return f"({_STATES} ORDER BY rank DESC)" if order.is_descending else f"({_STATES} ORDER BY rank)"


def _choose_for_group(
    selection: Selection, whole: Source, driver: IdPredicate | None, *, wants_first: bool
) -> Iterator[Source]:
    """Yield the ways to what a group sees: by each of its teams and projects, and by its labels."""
    hints = selection.hints
    if hints.group_has_teams and driver:
        yield _look_up_each(whole, driver, teams="TABLE group_teams")
    elif hints.group_has_teams:
        yield replace(whole, driver="each team of the group", ids="group_teams", matched="i.team_id = d.id")
    # To count, what the group sees by one of its rules is found by no other, so that nothing is sorted.
    by_team: list[LiteralString] = [] if wants_first else ["i.team_id <> ALL (ARRAY(TABLE group_teams))"]
    by_project: list[LiteralString] = [] if wants_first else [f"(i.project_id IS NULL OR {_OF_OTHER_PROJECT})"]
    if hints.group_has_projects:
        matched: LiteralString = "i.project_id = d.id"
        conditions = (*whole.conditions, *by_team)
        driven_by: LiteralString = "each project of the group"
        yield replace(whole, driver=driven_by, ids="group_projects", matched=matched, conditions=conditions)
    if hints.group_label_ids:
        # Constant for the planner, which so knows whether it is faster to find the labels or to go by time. For each
        # id it would read their index anew.
        has_any: LiteralString = "i.label_ids && %(group_label_ids)s::text[]"
        labelled: LiteralString = f"({has_any}) IS TRUE" if driver else f"i.label_ids <> '{{}}' AND {has_any}"
        each = _look_up_each(whole, driver) if driver else whole
        conditions = (labelled, *by_team, *by_project, *each.conditions)
        yield replace(each, driver="labels of the group", conditions=conditions)
    if not (hints.group_has_teams or hints.group_has_projects or hints.group_label_ids):
        yield replace(whole, driver="nothing", conditions=("false",))


def _choose_by_priority(
    whole: Source, driver: IdPredicate, key: LiteralString, left_out: IdPredicate | None
) -> Iterator[Source]:
    """Yield the ways to some priorities in an order that begins with them, and has what is done at the end.

    Where the states of what is done are `left_out`, little of it has another, as the index of each state tells. What
    was done in a state that is not mirrored yet is left out with them.
    """
    ids: LiteralString = f"(SELECT unnest({driver.array}) AS id)"
    yield replace(whole, driver="each priority", ids=ids, matched=f"{key} = d.id", conditions=())
    done = replace(whole, driver="done", conditions=(f"{key} = -1", *whole.conditions), is_last=True)
    if left_out:
        ids = f"(SELECT s.id FROM workflow_states s WHERE s.id <> ALL ({left_out.array}))"
        yield replace(done, driver="done, each state", ids=ids, matched="i.state_id = d.id")
        done = replace(done, driver="done, no state", conditions=("i.state_id IS NULL", *done.conditions))
    yield done


def _look_up_each(whole: Source, driver: IdPredicate, teams: LiteralString = "") -> Source:
    """Return the source of what each id of the driver has, in `teams` if there are any.

    That an item has one of the ids is not said again: the planner would take the items for much rarer.
    """
    column = driver.column
    conditions: list[LiteralString] = [column.setting] if column.setting else []
    ids: LiteralString = f"(SELECT unnest({driver.array}) AS id)"
    if teams:
        conditions.append(f"i.team_id = ANY (ARRAY({teams}))")
    if teams and column.owners:
        # Of another team's than these all items would be looked through.
        ids = f"(SELECT o.id FROM {column.owners} o WHERE o.id = ANY ({driver.array}) AND o.team_id IN ({teams}))"
    return replace(
        whole,
        driver=f"each {column.name}",
        ids=ids,
        matched=f"{column.sql} = d.id",
        conditions=tuple(conditions),
    )
