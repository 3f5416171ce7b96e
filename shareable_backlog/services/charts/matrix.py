"""Show open items by importance against effort: in rows of groups and columns of estimates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_groups, item_list
from shareable_backlog.database.backlog.counts import item_cells
from shareable_backlog.database.backlog.counts.item_cells import MOST_COUNTED
from shareable_backlog.database.backlog.counts.item_totals import SHOWN_ESTIMATE
from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.vocabulary import WORK_FIRST, GroupBy

__all__ = ["MOST_COUNTED"]

_FIRST_IN_CELL = 3


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """`count` items, of which `items` are the first by rank; `filters` leave just these."""

    count: int
    items: Sequence[ListedItem]
    filters: Filters


@dataclass(frozen=True, slots=True)
class Matrix:
    """The groups that have an open item, each with a cell for each of `estimates`, None that of items without one.

    Of more than `MOST_COUNTED` items the first are looked at: `count` says how many there are, at most one more.
    """

    estimates: Sequence[float | None]
    rows: Sequence[tuple[Group, Sequence[MatrixCell]]]
    count: int

    @property
    def largest(self) -> int:
        """The count of the fullest cell."""
        return max((cell.count for _, cells in self.rows for cell in cells), default=0)


async def build_matrix(scope: Scope, query: ItemQuery, by: GroupBy) -> Matrix:
    """Return what is open of the items that are asked for, in cells."""
    open_ = replace(query.filters, with_done=False)
    groups = await item_groups.list_groups(scope, by, WORK_FIRST)
    selection = await select_items(scope, replace(query, filters=open_, order="rank"))
    cells = await item_cells.count_cells(selection, by, groups, column=SHOWN_ESTIMATE, first=_FIRST_IN_CELL)
    lines = await item_list.read_items(scope, [id_ for one in cells.values() for id_ in one.ids])
    estimates = sorted({column for row, column in cells if row is not None and column is not None})

    def build_cell(at: int, estimate: float | None) -> MatrixCell:
        found = cells.get((at, estimate))
        effort = (
            Condition("estimate", (f"{estimate:g}",))
            if estimate is not None
            else Condition("estimate", with_none=True)
        )
        narrowed = filters.narrow_to(open_, item_pages.build_condition(by, groups[at]))
        items = [lines[id_] for id_ in found.ids if id_ in lines] if found else []
        return MatrixCell(found.count if found else 0, items, filters.narrow_to(narrowed, effort))

    columns = [*estimates, None]
    shown = [at for at, _ in enumerate(groups) if any(row == at for row, _ in cells)]
    rows = [(groups[at], [build_cell(at, one) for one in columns]) for at in shown]
    return Matrix(columns, rows, cells[None, None].count)
