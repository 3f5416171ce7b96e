"""Show items by when they are due: a row for each team, project or whatever else, a column for each month."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_groups, item_list
from shareable_backlog.database.backlog.counts import item_cells
from shareable_backlog.database.backlog.counts.item_cells import MOST_COUNTED
from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.charts import cell_moves
from shareable_backlog.services.charts.cell_moves import CellMove, Cells
from shareable_backlog.vocabulary import WORK_FIRST, GroupBy

__all__ = ["MOST_COUNTED"]

MOST_ROWS = 100
_FIRST_IN_CELL = 4
_DUE: LiteralString = "coalesce(i.due_date, '9999-12-31')"  # as its index has it


class TimelineCell(Struct, frozen=True):
    """`count` items, of which `items` are the first; `filters` leave just these. `moves` tells what moved of them."""

    count: int
    items: Sequence[ListedItem]
    filters: Filters
    moves: Sequence[CellMove] = ()


class TimelineRow(Struct, frozen=True):
    """A group: what of it is due in each column, and what is open and has no date."""

    group: Group
    cells: Sequence[TimelineCell]
    unscheduled: TimelineCell


class Timeline(Struct, frozen=True):
    """The first rows that have any item; `has_more` when there are others.

    `due` items have a date in the time that is shown, `unscheduled` ones none; neither has items by name. Of more
    than `MOST_COUNTED` the first are looked at, also for the counts of cells.
    """

    rows: Sequence[TimelineRow]
    has_more: bool
    due: TimelineCell
    unscheduled: TimelineCell


async def build_timeline(scope: Scope, query: ItemQuery, by: GroupBy, edges: Sequence[date]) -> Timeline:
    """Return the items that are due from the first of `edges` on and before the last; between them are the columns.

    What the filters say of due dates does not count: the time that is shown does.
    """
    narrowed = replace(query.filters, conditions=tuple(one for one in query.filters.conditions if one.field != "due"))
    without = replace(filters.narrow_to(narrowed, Condition("due", with_none=True)), with_done=False)
    groups = await item_groups.list_groups(scope, by, WORK_FIRST)
    due = await _count_due(scope, replace(query, filters=narrowed), by, groups, edges)
    moved = await cell_moves.count_moves(
        narrowed, ("new", "slipped"), lambda left: _count_due(scope, replace(query, filters=left), by, groups, edges)
    )
    undated = await select_items(scope, replace(query, filters=without, order=query.order or "rank"))
    unscheduled = await item_cells.count_cells(undated, by, groups, first=_FIRST_IN_CELL)
    shown = [at for at, _ in enumerate(groups) if _has_any(at, due) or _has_any(at, unscheduled)]
    ids = [id_ for cells in (due, unscheduled) for one in cells.values() for id_ in one.ids]
    lines = await item_list.read_items(scope, ids)
    spans = [_name_span(first, end) for first, end in pairwise(edges)]

    def build_cell(at: int, column: int | None, left: Filters) -> TimelineCell:
        found = unscheduled.get((at, None)) if column is None else due.get((at, column))
        items = [lines[id_] for id_ in found.ids if id_ in lines] if found else []
        own = filters.narrow_to(left, item_pages.build_condition(by, groups[at]))
        moves = moved.list_moves(at, column, own) if column else ()
        return TimelineCell(found.count if found else 0, items, own, moves)

    rows = [
        TimelineRow(
            groups[at],
            [build_cell(at, column, filters.narrow_to(narrowed, span)) for column, span in enumerate(spans, start=1)],
            build_cell(at, None, without),
        )
        for at in shown[:MOST_ROWS]
    ]
    return Timeline(
        rows,
        len(shown) > MOST_ROWS,
        TimelineCell(due[None, None].count, (), filters.narrow_to(narrowed, _name_span(edges[0], edges[-1]))),
        TimelineCell(unscheduled[None, None].count, (), without),
    )


async def _count_due(
    scope: Scope, query: ItemQuery, by: GroupBy, groups: Sequence[Group], edges: Sequence[date]
) -> Cells:
    within = SqlPredicate(
        sql=f"({_DUE} BETWEEN %(due_from)s AND %(due_to)s)",
        params={"due_from": edges[0], "due_to": edges[-1] - timedelta(days=1)},
    )
    selection = (await select_items(scope, replace(query, order="due"))).narrow(within)
    column: LiteralString = "width_bucket(i.due_date, %(edges)s)"
    return await item_cells.count_cells(
        selection, by, groups, column=column, params={"edges": list(edges)}, first=_FIRST_IN_CELL
    )


def _name_span(first: date, end: date) -> Condition:
    return Condition("due", (f"{first}..{end - timedelta(days=1)}",))


def _has_any(at: int, cells: Cells) -> bool:
    return any(row == at for row, _ in cells)
