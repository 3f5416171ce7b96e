"""The statements of a comparison with a day: what they read at some 20,000 items."""

from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.news import moves
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, fill_tables, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


class Zero:
    """A count of nothing."""

    count = 0


@pytest.mark.owner  # of the tables, to count what is in them
async def test_no_large_table_is_read_whole_for_the_sums_of_two_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(team("ENG"))
    await fill_tables(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, due_date, created_at, updated_at,
                                   completed_at, archived_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', 's', '2026-03-01', at, at,
               CASE WHEN n %% 3 = 0 THEN at END, CASE WHEN n %% 7 = 0 THEN at END
        FROM (SELECT n, %(noon)s::timestamptz - n * interval '53 min' AS at FROM generate_series(1, 20000) n) a
        """,
        """
        INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
        SELECT id, (ARRAY['state', 'due_date', 'priority'])[1 + number %% 3], '1', '2', updated_at FROM backlog_items
        """,
        noon=NOON,
    )
    plans: list[str] = []

    async def explain(statements: list[tuple[LiteralString, dict[str, Any]]], **_row: Any) -> list[Any]:
        async with transaction() as tx:
            for sql, params in statements:
                plans.append("\n".join(line for (line,) in await tx.query("EXPLAIN (ANALYZE) " + sql, params)))
        return [[Zero()] for _ in statements]

    monkeypatch.setattr(moves, "query_all", explain)
    selection = await select_items(EVERYTHING, parse_query(""))
    await moves.count_moves(selection, NOON - timedelta(days=14), 10_001)
    assert len(plans) == 7
    assert [
        plan for plan in plans if "Seq Scan on backlog_items" in plan or "Seq Scan on field_changes" in plan
    ] == []
    assert [plan for plan in plans if "using idx_field_changes_changed_at_entity_id" in plan] != []
