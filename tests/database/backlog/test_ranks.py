"""The numbers of open items, on a real PostgreSQL."""

from datetime import timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import ranks
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.mirrored import NOON, item, state, store, team
from tests.support.selecting import ask

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_what_is_urgent_comes_first_then_what_linear_puts_before_others() -> None:
    await store(team("ENG"), team("OPS"))
    await store(
        item(1, priority=2, priority_sort_order=1.0),
        item(2, priority=2, priority_sort_order=-1.0),
        item(3, priority=0, priority_sort_order=-9.0),
        item(4, priority=1, priority_sort_order=9.0, team="OPS"),
        item(5, priority=4, priority_sort_order=0.0),
    )
    assert await ranks.list_ranked_ids(EVERYTHING) == [
        "item-OPS-4", "item-ENG-2", "item-ENG-1", "item-ENG-5", "item-ENG-3",
    ]  # fmt: skip


async def test_what_an_import_gave_no_place_comes_after_what_has_one_newest_first() -> None:
    await store(
        team("ENG"),
        item(1, created_at=NOON - timedelta(days=2)),
        item(2, created_at=NOON),
        item(3, priority_sort_order=5.0, created_at=NOON - timedelta(days=3)),
    )
    assert await ranks.list_ranked_ids(EVERYTHING) == ["item-ENG-3", "item-ENG-2", "item-ENG-1"]


async def test_what_is_done_archived_or_gone_has_no_number() -> None:
    await store(team("ENG"), state("started"), state("duplicate"))
    await store(
        item(1, completed_at=NOON),
        item(2, canceled_at=NOON),
        item(3, archived_at=NOON),
        item(4, trashed=True),
        item(5, state_id="ENG-duplicate-0"),
        item(6, state_id="ENG-started-0"),
        item(7),
    )
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 7")
    assert await ranks.list_ranked_ids(EVERYTHING) == ["item-ENG-6"]


async def test_no_more_than_a_thousand_are_numbered() -> None:
    await store(team("ENG"), *(item(number, priority_sort_order=float(number)) for number in range(1_100)))
    assert await ranks.list_ranked_ids(EVERYTHING) == [f"item-ENG-{number}" for number in range(1_000)]


@pytest.mark.owner  # of the tables, to count what is in them
async def test_the_numbered_are_walked_to_in_one_index_and_no_further() -> None:
    await store(team("ENG"), *(item(number, priority_sort_order=float(number)) for number in range(3_000)))
    await query("ANALYZE")
    selection = ranks.select_open_items(await select_items(EVERYTHING, ask("team=ops&q=roof&order=due")))
    plan = await query(
        f"EXPLAIN (ANALYZE, FORMAT TEXT) {ranks.render_ranked_ids(selection)}", {**selection.params, "limit": 1_000}
    )
    text = "\n".join(line for (line,) in plan)
    assert "Index Scan using idx_backlog_items_rank_level_rank_place_id" in text
    assert "Sort" not in text
    assert "Seq Scan on backlog_items" not in text
