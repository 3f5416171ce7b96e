"""Items by when they are due: which cell each is in, and that the filters of a cell leave just what it counts."""

from datetime import date

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import item_timeline
from shareable_backlog.services.charts.item_timeline import Timeline, TimelineCell
from shareable_backlog.vocabulary import GroupBy
from tests.support.listing import TODAY, parse_query, store_world
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

EDGES = [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]


async def build(words: str = "", by: GroupBy = "team", scope: Scope = EVERYTHING) -> Timeline:
    return await item_timeline.build_timeline(scope, parse_query(words), by, EDGES)


def tell(timeline: Timeline) -> dict[str | None, tuple[list[list[str]], list[str]]]:
    """Return for each group what is due in each column, and what is unscheduled."""

    def names(cell: TimelineCell) -> list[str]:
        return [one.identifier for one in cell.items]

    return {row.group.value: ([names(cell) for cell in row.cells], names(row.unscheduled)) for row in timeline.rows}


def list_cells(timeline: Timeline) -> list[TimelineCell]:
    return [
        *(cell for row in timeline.rows for cell in (*row.cells, row.unscheduled)),
        timeline.due,
        timeline.unscheduled,
    ]


async def test_each_item_is_in_the_month_that_it_is_due_and_what_is_open_without_a_date_beside_them() -> None:
    await store_world()
    await store(item(6, due_date=date(2026, 3, 31)), item(7, due_date=date(2026, 4, 1)))
    assert tell(await build()) == {
        "ENG": ([["ENG-5"], ["ENG-6"]], ["ENG-1"]),
        "OPS": ([["OPS-4"], []], ["OPS-3"]),
    }


@pytest.mark.parametrize("by", ["team", "project", "label", "priority", "state", "assignee"])
@pytest.mark.parametrize("words", ["", "team=ENG", "due=overdue&type=started", "no=due", "-due=2026-02-05"])
async def test_the_filters_of_each_cell_leave_just_as_many_as_it_counts(by: GroupBy, words: str) -> None:
    await store_world()
    await store(*(item(number, due_date=date(2026, 2, number)) for number in range(10, 18)))
    cells = list_cells(await build(words, by))
    assert any(cell.count for cell in cells)
    for cell in cells:
        found = await item_pages.list_items(EVERYTHING, ItemQuery(cell.filters, None, TODAY), None, 50)
        assert len(found.items) == cell.count


async def test_a_cell_names_the_first_four() -> None:
    await store(*(item(number, due_date=date(2026, 2, number)) for number in range(1, 8)))
    [row] = (await build()).rows
    assert row.cells[0].count == 7
    assert [one.identifier for one in row.cells[0].items] == ["ENG-1", "ENG-2", "ENG-3", "ENG-4"]


async def test_what_may_not_be_seen_moves_no_number() -> None:
    await store_world()
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    before = tell(await build(scope=Scope((group,))))
    await store(*(item(number, due_date=date(2026, 2, number)) for number in range(10, 18)))
    assert tell(await build(scope=Scope((group,)))) == before == {"OPS": ([["OPS-4"], []], ["OPS-3"])}
