"""What was finished last, and in which releases, in a real PostgreSQL."""

from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.database.done import finished
from shareable_backlog.streams.releases import ItemReleaseRow, ReleaseRow
from tests.support.mirrored import NOON, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOUR = timedelta(hours=1)
TIMES: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}


async def test_the_last_one_before_a_time_is_found_among_what_is_shown() -> None:
    await store(
        item(1, completed_at=NOON - 3 * HOUR, archived_at=NOON),
        item(2, completed_at=NOON),
        item(3, completed_at=NOON - HOUR, trashed=True),
        item(4, team="OPS", completed_at=NOON - 2 * HOUR),
    )
    assert await finished.find_last_finish(EVERYTHING, NOON, None) == NOON - 2 * HOUR
    assert await finished.find_last_finish(EVERYTHING, NOON, "ENG") == NOON - 3 * HOUR
    assert await finished.find_last_finish(EVERYTHING, NOON - 3 * HOUR, None) is None
    assert await finished.find_last_finish(NOTHING, NOON, None) is None


@pytest.mark.owner  # of the tables, to count what is in them
@pytest.mark.parametrize(
    ("team_key", "index"), [("OPS", "idx_backlog_items_team_id_completed_at_id"), ("NONE", None)]
)
async def test_of_a_team_no_more_than_its_own_is_read(
    team_key: str, index: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(*(item(number, completed_at=NOON - number * HOUR) for number in range(1, 1000)), team("OPS"))
    await query("ANALYZE")
    plans: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        plans.extend(line for (line,) in await query("EXPLAIN " + sql, params) if "on backlog_items" in line)
        return await query(sql, params)

    monkeypatch.setattr(finished, "query", explain)
    assert await finished.find_last_finish(EVERYTHING, NOON, team_key) is None
    assert len(plans) == (index is not None)
    assert index is None or index in plans[0]


async def test_releases_of_one_name_are_one_and_those_of_hidden_items_none() -> None:
    await store(item(1, completed_at=NOON), item(2, completed_at=NOON - HOUR), item(3, team="OPS", completed_at=NOON))
    for id_, name, of in (("a", "Spring", "ENG-1"), ("b", "spring", "ENG-2"), ("c", "Secret", "OPS-3")):
        await store(
            ReleaseRow(id=id_, pipeline_id=id_, name=name, version="4.21", trashed=False, **TIMES),
            ItemReleaseRow(id=f"in-{id_}", issue_id=f"item-{of}", release_id=id_, **TIMES),
        )
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    found = await finished.list_releases(EVERYTHING, NOON - HOUR, NOON + HOUR, None, skip=0, limit=9)
    assert [tuple(one) for one in found] == [("Spring", "4.21 Spring")]
    assert await finished.list_releases(EVERYTHING, NOON + HOUR, NOON + 2 * HOUR, None, skip=0, limit=9) == []
