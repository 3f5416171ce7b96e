"""Show open items by importance against effort: in rows of groups or of chosen labels, and columns of estimates."""

from collections.abc import Sequence
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_groups, item_list
from shareable_backlog.database.backlog.counts import item_cells, label_groups
from shareable_backlog.database.backlog.counts.item_cells import MOST_COUNTED
from shareable_backlog.database.backlog.counts.item_totals import SHOWN_ESTIMATE
from shareable_backlog.database.backlog.counts.label_groups import ChosenLabels
from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.charts import cell_moves
from shareable_backlog.services.charts.cell_moves import CellMove, Cells
from shareable_backlog.vocabulary import WORK_FIRST, GroupBy

__all__ = ["MOST_COUNTED", "ChosenLabels"]

_FIRST_IN_CELL = 3
_OF_CHOSEN: LiteralString = """
    CASE WHEN i.label_ids <> '{}' AND i.label_ids && %(chosen)s::text[] THEN i.label_ids
         ELSE array_append(i.label_ids, '') END"""


class MatrixCell(Struct, frozen=True):
    """`count` items, of which `items` are the first by rank; `filters` leave just these.

    `moves` tells what moved of them.
    """

    count: int
    items: Sequence[ListedItem]
    filters: Filters
    moves: Sequence[CellMove]


class Matrix(Struct, frozen=True):
    """The groups that have an open item, each with a cell for each of `estimates`, None that of items without one.

    Of more than `MOST_COUNTED` items the first are looked at: `count` says how many there are, at most one more, and
    `filters` leave just these.
    """

    estimates: Sequence[float | None]
    rows: Sequence[tuple[Group, Sequence[MatrixCell]]]
    count: int
    filters: Filters

    @property
    def largest(self) -> int:
        """The count of the fullest cell."""
        return max((cell.count for _, cells in self.rows for cell in cells), default=0)


async def choose_rows() -> tuple[GroupBy | ChosenLabels, bool]:
    """Return what the rows are of where nobody says it, and whether nothing is left of what an admin had chosen."""
    chosen = await label_groups.read_chosen_labels()
    return chosen or "priority", chosen is None and await label_groups.is_group_chosen()


async def build_matrix(scope: Scope, query: ItemQuery, by: GroupBy | ChosenLabels) -> Matrix:
    """Return what is open of the items that are asked for, in cells."""
    open_ = replace(query.filters, with_done=False)
    if isinstance(by, ChosenLabels):
        field, groups, keys = "label", [*by.rows, Group(None, None, [])], _OF_CHOSEN
        params = {"chosen": by.ids}
    else:
        field, groups, keys, params = by, await item_groups.list_groups(scope, by, WORK_FIRST), None, {}

    async def count(left: Filters) -> Cells:
        selection = await select_items(scope, replace(query, filters=left, order="rank"))
        return await item_cells.count_cells(
            selection, field, groups, keys=keys, column=SHOWN_ESTIMATE, params=params, first=_FIRST_IN_CELL
        )

    cells = await count(open_)
    moved = await cell_moves.count_moves(open_, ("new", "moved"), count)
    lines = await item_list.read_items(scope, [id_ for one in cells.values() for id_ in one.ids])
    estimates = sorted({column for row, column in cells if row is not None and column is not None})

    def build_cell(at: int, estimate: float | None) -> MatrixCell:
        found = cells.get((at, estimate))
        effort = (
            Condition("estimate", (f"{estimate:g}",))
            if estimate is not None
            else Condition("estimate", with_none=True)
        )
        items = [lines[id_] for id_ in found.ids if id_ in lines] if found else []
        left = filters.narrow_to(_narrow_to_row(open_, by, groups[at]), effort)
        return MatrixCell(found.count if found else 0, items, left, moved.list_moves(at, estimate, left))

    columns = [*estimates, None]
    shown = [at for at, _ in enumerate(groups) if any(row == at for row, _ in cells)]
    rows = [(groups[at], [build_cell(at, one) for one in columns]) for at in shown]
    return Matrix(columns, rows, cells[None, None].count, open_)


def _narrow_to_row(open_: Filters, by: GroupBy | ChosenLabels, group: Group) -> Filters:
    """Return the filters of a row; what has none of the chosen labels has none of the group that is called so."""
    if not isinstance(by, ChosenLabels):
        return filters.narrow_to(open_, item_pages.build_condition(by, group))
    if group.value is not None:
        return filters.narrow_to(open_, Condition("label", (group.value,)))
    given = next((one for one in open_.conditions if one.field == "label" and one.is_not), None)
    others = [one for one in open_.conditions if one is not given]
    without = replace(given or Condition("label", is_not=True), values=(*(given.values if given else ()), by.name))
    return replace(open_, conditions=(*others, without))
