"""Which items came last, in a real PostgreSQL."""

from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.news import arrivals
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.mirrored import NOON, fill_tables, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

SINCE = (NOON - timedelta(days=90)).date()


async def list_ids(scope: Scope = EVERYTHING, limit: int = 500) -> list[str]:
    selection = await select_items(scope, arrivals.query_arrivals(SINCE, NOON))
    return [one.id for one in await arrivals.list_arrivals(selection, limit)]


def came(number: int, days_ago: float, **fields: Any) -> Any:
    return item(number, created_at=NOON - timedelta(days=days_ago), **fields)


async def test_they_stand_newest_first_up_to_the_limit_and_the_day() -> None:
    await store(came(1, 3), came(2, 1), came(3, 2), came(4, 91))
    assert await list_ids() == ["item-ENG-2", "item-ENG-3", "item-ENG-1"]
    assert await list_ids(limit=2) == ["item-ENG-2", "item-ENG-3"]


async def test_what_is_archived_trashed_gone_or_not_shown_is_not_among_them() -> None:
    await store(
        came(1, 1, archived_at=NOON), came(2, 1, trashed=True), came(3, 1), came(4, 1), came(5, 1, team="OPS")
    )
    await query("UPDATE backlog_items SET removed_at = now() WHERE id = 'item-ENG-4'")
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    assert await list_ids() == ["item-ENG-3"]


@pytest.mark.owner  # of the tables, to count what is in them
async def test_they_are_found_by_an_index_among_many_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(team("ENG"))
    await fill_tables(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', at, at
        FROM (SELECT n, %(noon)s::timestamptz - n * interval '7 min' AS at FROM generate_series(1, 20000) n) a
        """,
        noon=NOON,
    )
    plans: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        async with transaction() as tx:
            plans.append("\n".join(line for (line,) in await tx.query("EXPLAIN (ANALYZE) " + sql, params)))
        return []

    monkeypatch.setattr(arrivals, "query", explain)
    await list_ids()
    assert "idx_backlog_items_created_at_id" in plans[0], plans[0]
    assert "Seq Scan on backlog_items" not in plans[0], plans[0]
