"""What changed, by the reader's days and since their last visit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.services.backlog import changes
from shareable_backlog.services.backlog.changes import ChangeFilters, ChangesPage
from tests.conftest import Settings
from tests.support.mirrored import NOON, item, store
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOW = NOON + 8 * timedelta(hours=1)


@pytest.fixture
def bob(live_database: Settings, database: str) -> int:
    """Return the id of a viewer."""
    del live_database
    return let_in(database)["bob"]


async def page(since: datetime, zone: str = "UTC", **more: Any) -> ChangesPage:
    return await changes.list_changes(EVERYTHING, ChangeFilters(since, **more), None, now=NOW, zone=ZoneInfo(zone))


def days(found: ChangesPage) -> list[tuple[str, list[str]]]:
    return [(day.isoformat(), [line.identifier for line in lines]) for day, lines in found.days]


@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", [("2026-02-06", ["ENG-3", "ENG-2"]), ("2026-02-05", ["ENG-1"])]),
        ("Asia/Tokyo", [("2026-02-06", ["ENG-3", "ENG-2", "ENG-1"])]),
        ("America/New_York", [("2026-02-06", ["ENG-3"]), ("2026-02-05", ["ENG-2", "ENG-1"])]),
    ],
)
async def test_a_day_ends_at_midnight_where_the_reader_is(zone: str, expected: list[tuple[str, list[str]]]) -> None:
    midnight = datetime(2026, 2, 6, tzinfo=UTC)
    for number, at in enumerate((midnight - 5 * MINUTE, midnight + 5 * MINUTE, midnight + timedelta(hours=9)), 1):
        await store(item(number, created_at=at))
    assert days(await page(NOW - 3 * DAY, zone)) == expected


@pytest.mark.usefixtures("live_database")
async def test_an_item_that_is_new_and_done_on_one_day_is_one_line_there_and_two_elsewhere() -> None:
    midnight = datetime(2026, 2, 6, tzinfo=UTC)
    await store(item(1, created_at=midnight - 5 * MINUTE, completed_at=midnight + 5 * MINUTE))
    assert days(await page(NOW - 3 * DAY)) == [("2026-02-06", ["ENG-1"]), ("2026-02-05", ["ENG-1"])]
    [(_, [line])] = (await page(NOW - 3 * DAY, "Asia/Tokyo")).days
    assert sorted(line.events) == ["completed", "created"]


@pytest.mark.usefixtures("live_database")
async def test_a_day_of_23_hours_is_one_day() -> None:
    # Clocks in Berlin go from 2:00 to 3:00 on 29 March 2026, so that day ends at 22:00 UTC and began at 23:00.
    for number, hour in enumerate((-2, 0, 21, 23)):
        await store(item(number, created_at=datetime(2026, 3, 29, tzinfo=UTC) + timedelta(hours=hour)))
    found = await changes.list_changes(
        EVERYTHING,
        ChangeFilters(datetime(2026, 3, 20, tzinfo=UTC)),
        None,
        now=datetime(2026, 3, 31, tzinfo=UTC),
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert days(found) == [
        ("2026-03-30", ["ENG-3"]),
        ("2026-03-29", ["ENG-2", "ENG-1"]),
        ("2026-03-28", ["ENG-0"]),
    ]


@pytest.mark.usefixtures("live_database")
async def test_a_page_has_fifty_lines_and_leads_to_the_rest() -> None:
    await store(*(item(number, created_at=NOON - number * MINUTE) for number in range(60)), indexed=False)
    first = await page(NOW - DAY)
    assert [len(lines) for _, lines in first.days] == [50]
    assert first.counts["new"] == 60
    rest = await changes.list_changes(EVERYTHING, ChangeFilters(NOW - DAY), first.next_after, now=NOW, zone=UTC)
    assert (days(rest)[0][1][0], len(days(rest)[0][1]), rest.next_after) == ("ENG-50", 10, None)


@pytest.mark.usefixtures("live_database")
async def test_nobody_looks_further_back_than_90_days() -> None:
    await store(item(1, created_at=NOW - 91 * DAY), item(2, created_at=NOW - 89 * DAY))
    found = await page(NOW - 9_999 * DAY)
    assert (found.since, [one for _, lines in days(found) for one in lines]) == (NOW - 90 * DAY, ["ENG-2"])


async def test_a_visit_is_a_new_one_after_half_an_hour_without_a_look(bob: int) -> None:
    await changes.record_visit(bob, NOW)
    later = [NOW + 30 * MINUTE, NOW + 61 * MINUTE, NOW + 70 * MINUTE, NOW + 2 * DAY]
    visits = [await changes.record_visit(bob, at) for at in later]
    assert [visit and visit.at for visit in visits] == [None, *later[:1] * 2, later[2]]


async def test_what_is_marked_as_seen_is_not_new_any_more(bob: int) -> None:
    await changes.record_visit(bob, NOW)
    await changes.mark_seen(bob, NOW + MINUTE)
    visit = await changes.record_visit(bob, NOW + 2 * MINUTE)
    assert visit
    assert (visit.at, visit.mirrored) == (NOW + MINUTE, NOW + MINUTE)
