"""The one condition of what may be shown, in each of its forms; `access/test_sharing` holds it against a model."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.database.backlog import visibility
from tests.database.access.test_sharing import worlds
from tests.support.mirrored import NOON, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.mark.owner
async def test_the_table_of_what_is_shown_holds_what_meets_the_condition() -> None:
    seen = 0
    async for _, scope in worlds():
        for one in (scope, EVERYTHING):
            params = visibility.build_params(one)
            table = await query(f"WITH {visibility.render_shown(one)} SELECT id FROM shown", params)
            assert set(table) == set(await query(f"SELECT i.id FROM backlog_items i WHERE {visibility.ITEM}", params))
            seen += len(table)
    assert seen


async def test_the_planner_finds_the_indexes_of_items_through_the_table() -> None:
    [(plan,)] = await query(
        f"""
        EXPLAIN (FORMAT JSON) WITH {visibility.render_shown(EVERYTHING)}
        SELECT i.id FROM shown i WHERE i.archived_at IS NULL AND i.team_id = 'team'
        ORDER BY i.updated_at DESC, i.id DESC LIMIT 1
        """
    )
    assert "idx_backlog_items_team_id_updated_at_id" in str(plan)


async def test_who_sees_nothing_costs_nothing() -> None:
    await store(item(1), item(2))
    for rows in (
        f"SELECT i.id FROM backlog_items i WHERE {visibility.ITEM}",
        f"WITH {visibility.render_shown(NOTHING)} SELECT id FROM shown",
    ):
        plan = await query(f"EXPLAIN (ANALYZE, FORMAT TEXT) {rows}", visibility.build_params(NOTHING))
        text = "\n".join(line for (line,) in plan)
        assert "One-Time Filter: false" in text
        assert "on backlog_items" not in text or "never executed" in text


async def test_nothing_of_a_team_that_was_retired_is_shown() -> None:
    await store(team("ENG", retired_at=NOON), item(1), item(2, team="OPS"))
    shown = f"SELECT i.identifier FROM backlog_items i WHERE {visibility.ITEM}"
    assert await query(shown, visibility.build_params(EVERYTHING)) == [("OPS-2",)]
