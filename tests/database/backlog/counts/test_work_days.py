"""Days of a list's work, in a real PostgreSQL."""

from datetime import date, timedelta

import pytest

from shareable_backlog import tracing
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts import work_days
from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.services.backlog import item_pages
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
FIRST = date(2026, 2, 6)


async def list_days(words: str) -> list[WorkDay]:
    return await work_days.list_work_days(await item_pages.select_items(EVERYTHING, parse_query(words)))


async def test_each_day_has_what_came_less_what_was_dropped_and_what_was_done() -> None:
    await store(
        item(1),
        item(2, completed_at=NOON + 3 * DAY),
        item(3, canceled_at=NOON + 3 * DAY),
        item(4, created_at=NOON + DAY, archived_at=NOON + 2 * DAY),
        item(5, created_at=NOON + DAY, completed_at=NOON + 3 * DAY, archived_at=NOON + 9 * DAY),
        item(6, created_at=NOON + DAY, completed_at=NOON - DAY),
    )
    assert await list_days("archived=shown") == [
        WorkDay(FIRST, 3, 0),
        WorkDay(FIRST + DAY, 3, 1),
        WorkDay(FIRST + 2 * DAY, -1, 0),
        WorkDay(FIRST + 3 * DAY, -1, 2),
    ]
    assert (await list_days("")) == [
        WorkDay(FIRST, 3, 0),
        WorkDay(FIRST + DAY, 1, 1),
        WorkDay(FIRST + 3 * DAY, -1, 1),
    ]
    assert await list_days("team=OPS") == []


async def test_of_too_many_items_no_day_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_days, "MOST_COUNTED", 1)
    await store(item(1))
    assert len(await list_days("")) == 1
    await store(item(2))
    assert await list_days("") == []


async def test_at_most_20_000_items_are_read_and_in_no_order() -> None:
    with tracing.trace_statements() as trace:
        await list_days("archived=shown")
    [counted] = [one for one in trace.statements if "AS growth" in str(one.sql)]
    assert counted.params is not None
    assert counted.params["most"] == 20_001
    assert "ORDER BY i." not in str(counted.sql)
