"""Count in the cells of a picture what came or moved since the day that it is compared with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog.counts.item_cells import Cell
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.vocabulary import MoveKind

Cells: TypeAlias = Mapping[tuple[int | None, float | None], Cell]


class CellMove(Struct, frozen=True):
    """So many items of a cell came or moved in this way; `filters` leave just these."""

    kind: MoveKind
    count: int
    filters: Filters


class MovedCells(Struct, frozen=True):
    """The cells of what moved in each way; none where nothing is compared."""

    cells: Mapping[MoveKind, Cells]

    def list_moves(self, row: int, column: float | None, filters: Filters) -> Sequence[CellMove]:
        """Return what moved of the items of a cell, which `filters` leave."""
        found: list[tuple[MoveKind, Cell | None]] = [
            (kind, cells.get((row, column))) for kind, cells in self.cells.items()
        ]
        return [CellMove(kind, cell.count, replace(filters, moved=kind)) for kind, cell in found if cell]


async def count_moves(
    filters: Filters, kinds: Sequence[MoveKind], count: Callable[[Filters], Awaitable[Cells]]
) -> MovedCells:
    """Count the cells again of what moved in each way, unless the filters compare nothing, or leave one way alone."""
    if filters.since is None or filters.moved is not None:
        return MovedCells({})
    cells: dict[MoveKind, Cells] = {}
    for kind in kinds:
        cells[kind] = await count(replace(filters, moved=kind))
    return MovedCells(cells)
