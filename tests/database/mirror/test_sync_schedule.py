"""When the next run is due stands in the database, for all processes and after every restart."""

from datetime import timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.mirror import sync_schedule

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def add_run(**changes: str) -> None:
    """Add a run that has just ended but for `changes`: columns, as SQL says them."""
    row = {"status": "'succeeded'", "trigger_type": "'automatic'", "started_at": "now()", "completed_at": "now()"}
    values = row | changes
    await query(f"INSERT INTO sync_history ({', '.join(values)}) VALUES ({', '.join(values.values())})")  # pyright: ignore[reportArgumentType] (of this file)


async def test_the_first_run_is_due_at_once() -> None:
    assert await sync_schedule.find_due_in_s(60) == 0


@pytest.mark.parametrize(
    ("changes", "due_in"),
    [
        ({}, range(59, 61)),
        ({"trigger_type": "'manual'"}, range(59, 61)),
        ({"status": "'failed'"}, range(59, 61)),
        ({"status": "'interrupted'"}, range(1)),
        ({"status": "'running'", "completed_at": "NULL"}, range(1)),
        ({"completed_at": "now() - interval '50 seconds'"}, range(9, 11)),
        ({"completed_at": "now() - interval '2 hours'"}, range(1)),
        ({"retry_at": "now() + interval '200 seconds'"}, range(199, 201)),
        ({"completed_at": "now() + interval '2 hours'"}, range(1)),  # the clock was put back
        ({"trigger_type": "'webhook'"}, range(1)),
        ({"trigger_type": "'import'"}, range(1)),
    ],
)
async def test_the_next_run_is_due_an_interval_after_the_last_one(changes: dict[str, str], due_in: range) -> None:
    await add_run(**changes)
    assert round(await sync_schedule.find_due_in_s(60)) in due_in


async def test_after_the_clock_was_put_back_the_runs_since_count_and_not_those_that_seem_to_come() -> None:
    await add_run(started_at="now() + interval '2 hours'", completed_at="now() + interval '2 hours'")
    assert await sync_schedule.find_due_in_s(60) == 0
    await add_run()
    assert 55 < await sync_schedule.find_due_in_s(60) <= 60


async def test_a_full_run_is_due_when_the_last_that_came_to_its_end_began_long_ago() -> None:
    assert await sync_schedule.is_full_run_older_than(timedelta(days=36500))
    await add_run(is_full="true", started_at="now() - interval '2 hours'")
    for status in ("failed", "interrupted", "running", "pending"):
        await add_run(is_full="true", status=f"'{status}'")
    await add_run()
    assert await sync_schedule.is_full_run_older_than(timedelta(minutes=115))
    assert not await sync_schedule.is_full_run_older_than(timedelta(minutes=125))
