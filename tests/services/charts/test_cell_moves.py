"""What came or moved in the cells of a picture since a day: each number leads to a list of just as many."""

from datetime import date, timedelta
from random import Random

import msgspec
import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import cell_moves, item_timeline, matrix
from shareable_backlog.services.charts.cell_moves import CellMove, Cells
from tests.support.listing import TODAY, parse_query
from tests.support.mirrored import NOON, item, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

EDGES = [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
SINCE = "since=2026-02-05"
BEFORE, AFTER = NOON - timedelta(days=9), NOON


async def make_world(seed: int) -> None:
    """Store 40 items, of which some come and some move after the day that is compared with."""
    random = Random(seed)  # noqa: S311 (worlds that come again)
    await store(team("ENG"), team("OPS"), state("started"), state("started", team="OPS"))
    plain = [
        item(
            number,
            team=random.choice(("ENG", "OPS")),
            priority=random.randrange(5),
            estimate=random.choice((None, 1.0, 3.0)),
            due_date=random.choice((None, date(2026, 2, 20), date(2026, 3, 20))),
            created_at=random.choice((BEFORE, BEFORE, AFTER)),
            updated_at=BEFORE,
        )
        for number in range(40)
    ]
    await store(*plain)
    for one in random.sample(plain, 20):
        due = random.choice((date(2026, 2, 10), date(2026, 3, 25), None))
        moved = msgspec.structs.replace(one, due_date=due, priority=random.randrange(5), updated_at=AFTER)
        await store(moved, indexed=False)


async def list_moves(words: str, scope: Scope = EVERYTHING) -> tuple[list[CellMove], list[CellMove]]:
    """Return what moved in the cells of the timeline, and of the matrix."""
    timeline = await item_timeline.build_timeline(scope, parse_query(words), "team", EDGES)
    table = await matrix.build_matrix(scope, parse_query(words), "priority")
    return (
        [one for row in timeline.rows for cell in row.cells for one in cell.moves],
        [one for _, cells in table.rows for cell in cells for one in cell.moves],
    )


@pytest.mark.parametrize("words", ["", "team=ENG", "estimate=3&done=hidden"])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_number_leads_to_a_list_of_just_as_many(seed: int, words: str) -> None:
    await make_world(seed)
    of_timeline, of_matrix = await list_moves(f"{words}&{SINCE}")
    assert {one.kind for one in of_timeline} <= {"new", "slipped"}
    assert {one.kind for one in of_matrix} <= {"new", "moved"}
    assert of_timeline
    assert of_matrix
    for one in (*of_timeline, *of_matrix):
        left = await item_pages.list_items(EVERYTHING, ItemQuery(one.filters, None, TODAY), None, 50)
        assert len(left.items) == one.count > 0


async def test_an_item_that_was_put_off_counts_where_it_is_due_now() -> None:
    plain = item(1, due_date=date(2026, 2, 20), created_at=BEFORE, updated_at=BEFORE)
    await store(plain)
    await store(msgspec.structs.replace(plain, due_date=date(2026, 3, 2), updated_at=AFTER))
    timeline = await item_timeline.build_timeline(EVERYTHING, parse_query(SINCE), "team", EDGES)
    [row] = timeline.rows
    assert [[(one.kind, one.count) for one in cell.moves] for cell in row.cells] == [[], [("slipped", 1)]]


async def test_what_may_not_be_seen_moves_no_number() -> None:
    await make_world(4)
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    before = await list_moves(SINCE, Scope((group,)))
    await store(item(99, due_date=date(2026, 2, 10), created_at=AFTER, estimate=1.0))
    assert await list_moves(SINCE, Scope((group,))) == before
    assert await list_moves(SINCE) != before


async def test_nothing_is_counted_twice_where_nothing_is_compared_or_one_way_is_left() -> None:
    async def count(_: Filters) -> Cells:
        raise AssertionError("asked for nothing")

    for filters in (Filters(), Filters(since="2026-02-05", moved="new")):
        assert (await cell_moves.count_moves(filters, ("new",), count)).cells == {}
