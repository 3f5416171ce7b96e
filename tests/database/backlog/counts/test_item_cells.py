"""What is counted in the cells of a table."""

from datetime import date

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts import item_cells
from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.listing import store_world
from tests.support.mirrored import NOON, item, store
from tests.support.selecting import ask

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TEAMS = [Group("ENG", "ENG", ["team-ENG"]), Group("OPS", "OPS", ["team-OPS"])]
LABELS = [
    Group("Bug", "Bug", ["label-Bug", "label-bug-2"]),
    Group("Roof", "Roof", ["label-Roof"]),
    Group(None, None, []),
]
EDGES = [date(2026, 2, 1), date(2026, 2, 6), date(2026, 3, 1)]


async def test_a_cell_has_what_stands_from_its_edge_up_to_the_next_one() -> None:
    await store_world()
    selection = await select_items(EVERYTHING, ask("order=due"))
    cells = await item_cells.count_cells(
        selection, "team", TEAMS, column="width_bucket(i.due_date, %(edges)s)", params={"edges": EDGES}, first=1
    )
    assert {place: one.count for place, one in cells.items()} == {
        (None, None): 5, (0, None): 2, (0, 2): 1, (1, None): 1, (1, 1): 1,
    }  # fmt: skip
    assert [len(one.ids) for one in cells.values() if one.row is not None] == [1, 1, 1, 1]


async def test_what_has_several_labels_is_in_several_rows_and_counted_once_in_all() -> None:
    await store_world()
    cells = await item_cells.count_cells(await select_items(EVERYTHING, ask("")), "label", LABELS, first=0)
    assert [cells[row, None].count for row in (None, 0, 1, 2)] == [5, 2, 1, 3]


async def test_of_very_many_the_first_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_cells, "MOST_COUNTED", 3)
    await store(*(item(number, updated_at=NOON) for number in range(9)))
    cells = await item_cells.count_cells(await select_items(EVERYTHING, ask("")), "team", TEAMS, first=2)
    assert (cells[None, None].count, cells[0, None].count, len(cells[0, None].ids)) == (4, 4, 2)


async def test_hidden_items_are_in_no_cell() -> None:
    await store_world()
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    cells = await item_cells.count_cells(await select_items(EVERYTHING, ask("")), "team", TEAMS, first=9)
    assert {place: one.count for place, one in cells.items()} == {(None, None): 3, (0, None): 3}
