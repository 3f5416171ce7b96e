"""How old the mirror is."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.services.mirror import freshness
from tests.support.mirrored import store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def _ran(status: str, at: datetime, message: str | None = None) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message)"
        " VALUES (%(status)s, 'manual', %(at)s, %(at)s, %(message)s)",
        {"status": status, "at": at, "message": message},
    )


async def test_before_the_first_run_there_is_no_age() -> None:
    fresh = await freshness.read_freshness()
    assert (fresh.as_of, fresh.is_late, fresh.failure, fresh.is_sample) == (None, False, None, False)


async def test_a_mirror_is_late_after_a_quarter_of_an_hour() -> None:
    await _ran("succeeded", datetime.now(UTC) - timedelta(minutes=14))
    assert not (await freshness.read_freshness()).is_late
    await query("UPDATE sync_history SET completed_at = completed_at - interval '2 minutes'")
    assert (await freshness.read_freshness()).is_late


async def test_a_mirror_is_late_after_three_intervals_between_runs() -> None:
    await _ran("succeeded", datetime.now(UTC) - timedelta(minutes=14))
    freshness.expect_runs_every(60)
    assert (await freshness.read_freshness()).is_late
    freshness.expect_runs_every(300)
    assert not (await freshness.read_freshness()).is_late


async def test_a_run_that_waits_or_is_under_way_tells_nothing_of_the_age() -> None:
    await _ran("failed", datetime.now(UTC) - timedelta(minutes=5), "Linear refused the key.")
    for status in ("running", "pending"):
        await query(
            "INSERT INTO sync_history (status, trigger_type) VALUES (%(status)s, 'manual')", {"status": status}
        )
    fresh = await freshness.read_freshness()
    assert (fresh.as_of, fresh.failure) == (None, "Linear refused the key.")


async def test_a_failed_run_says_why_and_leaves_the_age_of_the_last_good_one() -> None:
    good = datetime.now(UTC) - timedelta(minutes=5)
    await _ran("partial", good)
    await _ran("failed", datetime.now(UTC), "Linear refused the key.")
    fresh = await freshness.read_freshness()
    assert (fresh.as_of, fresh.failure) == (good, "Linear refused the key.")


async def test_the_sample_is_never_late() -> None:
    await store(team("FLD", id="sample-team"))
    await _ran("succeeded", datetime.now(UTC) - timedelta(days=9))
    fresh = await freshness.read_freshness()
    assert (fresh.is_sample, fresh.is_late) == (True, False)
