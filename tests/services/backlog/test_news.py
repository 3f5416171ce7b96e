"""What counts as new, by the settings and by what somebody has seen."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.mirror import mirror
from shareable_backlog.services.backlog import news, unseen
from tests.support.listing import parse_query
from tests.support.mirrored import item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime.now(UTC)


async def pin_meeting(day: str) -> None:
    await query("UPDATE settings SET last_meeting_day = %(day)s", {"day": day})


async def test_a_meeting_begins_with_its_day_where_the_reader_is() -> None:
    await pin_meeting("2026-11-17")
    zone = ZoneInfo("Europe/Berlin")
    found = await news.find_meeting(datetime(2026, 11, 20, 12, tzinfo=zone))
    assert found == datetime(2026, 11, 17, tzinfo=zone)


async def test_another_day_of_the_meeting_counts_at_once() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    await pin_meeting("2026-11-17")
    await news.find_meeting(now)
    await pin_meeting("2026-11-18")
    assert await news.find_meeting(now) == datetime(2026, 11, 18, tzinfo=UTC)


async def test_without_a_meeting_nothing_is_new_by_it() -> None:
    await query("UPDATE settings SET meeting_weekday = NULL")
    assert await news.find_meeting(NOW) is None


async def test_a_query_of_a_program_means_by_new_what_its_person_has_not_seen() -> None:
    [(bob,)] = await query("INSERT INTO users (email) VALUES ('bob@example.com') RETURNING id")
    await unseen.begin_mark(bob, EVERYTHING, await mirror.read_version(), NOW)
    await store(item(1, created_at=NOW))
    asked = await news.complete_query(parse_query("new=unseen"), EVERYTHING, bob)
    assert asked.news.unseen_ids == ("item-ENG-1",)
    assert (await news.complete_query(parse_query("team=eng"), EVERYTHING, bob)).news.unseen_ids == ()


async def test_a_query_of_a_program_means_by_new_what_came_since_the_last_meeting() -> None:
    day = (NOW - timedelta(days=3)).date()
    await pin_meeting(day.isoformat())
    asked = await news.complete_query(replace(parse_query("new=meeting"), now=NOW), EVERYTHING, 1)
    assert asked.news.meeting == datetime.combine(day, time.min, UTC)


async def test_the_days_of_ranks_are_those_of_the_last_two_meetings_or_weeks_ago_without_any() -> None:
    now = datetime(2026, 2, 4, 12, tzinfo=UTC)
    first, before = (datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC))
    assert await news.list_past_days(await mirror.read_version(), now) == [first, before]
    await query("UPDATE settings SET meeting_weekday = NULL")
    weeks = [datetime(2026, 1, 28, tzinfo=UTC), datetime(2026, 1, 21, tzinfo=UTC)]
    assert await news.list_past_days(await mirror.read_version(), now) == weeks


async def test_no_day_is_among_them_on_which_the_mirror_was_empty() -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
        " VALUES ('failed', 'manual', '2026-01-01', '2026-01-01'), ('partial', 'manual', '2026-01-21', '2026-01-21')"
    )
    found = await news.list_past_days(await mirror.read_version(), datetime(2026, 2, 4, 12, tzinfo=UTC))
    assert found == [datetime(2026, 2, 3, tzinfo=UTC)]
    await store(team("ENG", id="sample-team-eng"))
    found = await news.list_past_days(await mirror.read_version(), datetime(2026, 2, 4, 12, tzinfo=UTC))
    assert len(found) == 2, "as the past of the sample came with it"
