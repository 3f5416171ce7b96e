"""How many items a list has and how many points they are, on a real PostgreSQL."""

from typing import Any, LiteralString

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.backlog import item_list
from shareable_backlog.database.backlog.counts import item_totals
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.item_list import PlacedItem
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.listing import store_world
from tests.support.mirrored import NOON, item, state, store, team
from tests.support.selecting import ask, select

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def count(words: str = "", scope: Scope = EVERYTHING) -> tuple[int, float | None]:
    found = await item_totals.count_items(await select_items(scope, ask(words)))
    return found.count, found.points


async def list_by_one(words: str) -> list[str]:
    """List what is asked for by pages of one item."""
    selection = await select_items(EVERYTHING, ask(words))
    found: list[PlacedItem] = []
    while listed := await item_list.list_selected(selection, found[-1].read_position() if found else None, 1):
        found += listed
    return [one.identifier for one in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 5), ("team=ops", 2), ("priority=urgent", 1), ("label=bug", 2), ("order=-due", 5), ("state=gone", 0),
     ("done=hidden&order=state", 4), ("team=eng&team=ops&archived=shown", 5), ("due=overdue", 1)],
)  # fmt: skip
async def test_as_many_are_counted_as_a_list_has(words: str, found: int) -> None:
    await store_world()
    assert (await count(words))[0] == found
    assert (await count(words, NOTHING))[0] == 0


async def test_what_is_urgent_and_not_done_is_listed_and_counted_whatever_it_was_once() -> None:
    await store(state("started"), state("completed"), state("duplicate"))
    await store(
        item(1, priority=1, state_id="ENG-started-0"),
        item(2, priority=1, state_id="ENG-started-0", completed_at=NOON),
        item(3, priority=1, completed_at=NOON),
        item(4, priority=1, state_id="ENG-completed-0", completed_at=NOON),
        item(5, priority=1, state_id="ENG-duplicate-0"),
        item(6, priority=2, state_id="ENG-started-0", completed_at=NOON),
        item(7, priority=1),
    )
    by_rank = ["ENG-7", "ENG-1", "ENG-3", "ENG-2"]
    by_time = ["ENG-1", "ENG-2", "ENG-3", "ENG-7"]
    for order, expected in {"rank": by_rank, "-rank": by_rank[::-1], "due": by_time, "-updated": by_time}.items():
        words = f"priority=urgent&done=hidden&order={order}"
        assert await list_by_one(words) == expected
        assert await list_by_one(f"{words}&archived=shown") == expected
        assert (await count(words))[0] == 4


async def test_it_is_counted_by_rank_but_for_times_and_words() -> None:
    for words in ("order=due", "priority=urgent&done=hidden&order=updated", "team=ENG&order=created"):
        assert "i.rank_level AS key_0" in item_totals.render_total(select(words))
    for words in ("order=due&due=7d", "order=updated&q=roof", "order=updated&label=Bug"):
        assert "i.rank_level" not in item_totals.render_total(select(words))


async def test_points_are_added_up_where_a_team_uses_estimates_and_they_are_shown() -> None:
    await store(team("ENG"), team("OPS", issue_estimation_type="notUsed"), item(3))
    assert await count() == (1, None)
    await store(item(1, estimate=3.0), item(2, estimate=0.5), item(4, team="OPS", estimate=8.0))
    assert await count() == (4, 3.5)
    await query("UPDATE sharing_settings SET shows_estimates = false")
    assert await count() == (4, None)


async def test_ten_thousand_are_counted_and_of_more_it_is_said_that_there_are_more() -> None:
    await store(team("ENG"))
    await query(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, estimate, created_at, updated_at)"
        " SELECT n::text, 'ENG-' || n, n, 'A title', 'team-ENG', 1, now(), now() FROM generate_series(1, 10000) n"
    )
    assert await count() == (10_000, 10_000.0)
    await store(item(20_000))
    found = await item_totals.count_items(await select_items(EVERYTHING, ask("")))
    assert (found, found.is_exact) == (ItemTotal(10_001, None, 10_000), False)


async def test_of_many_points_are_added_up_only_where_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_world()
    selection = await select_items(EVERYTHING, ask(""))
    many = replace(selection, hints=replace(selection.hints, has_many=True))
    for most in (10, 5, 4, 0):
        assert await item_totals.count_items(many, most) == await item_totals.count_items(selection, most)
    asked: list[str] = []

    async def note_and_ask(sql: LiteralString, *rest: Any, **options: Any) -> list[Any]:
        asked.append(sql)
        return await query(sql, *rest, **options)

    monkeypatch.setattr(item_totals, "query", note_and_ask)
    assert await item_totals.count_items(many, 4) == ItemTotal(5, None, 4)
    assert ["points" in sql for sql in asked] == [False]


async def test_alone_as_many_are_counted_and_no_more_than_one_more_than_are_asked_for() -> None:
    await store_world()
    for words, most, found in (("", 10, 5), ("", 2, 3), ("archived=shown", 10, 5), ("team=ops", 2, 2)):
        selection = await select_items(EVERYTHING, ask(words))
        assert await item_totals.count_alone(selection, most) == found
