"""One row for every run of the mirror: asked for, begun, under way, ended once, and read back newest first."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.database.mirror.sync_history import FailedRow, PendingRun, RateBudget, RunEnding, SyncRun
from tests.support.database.locking import run_beside
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
BUDGET = RateBudget(requests_limit=2_500, requests_remaining=17, requests_reset_at=NOON)


async def start(*, run_id: int | None = None, is_full: bool = False) -> int:
    async with transaction() as tx:
        return await sync_history.start_run(tx, "automatic", run_id=run_id, is_full=is_full)


async def request(*, by: int | None = None, is_full: bool = False, removals_allowed: bool = False) -> int:
    async with transaction() as tx:
        return await sync_history.request_run(
            tx, "manual", triggered_by=by, request_id="r1", is_full=is_full, removals_allowed=removals_allowed
        )


def make_ending(status: str = "succeeded", **changes: Any) -> RunEnding:
    plain: dict[str, Any] = {
        "is_full": False,
        "items_synced": 0,
        "items_failed": 0,
        "error_message": None,
        "error_details": None,
        "streams": {},
        "requests": None,
        "points": None,
        "budget": None,
        "held": None,
        "next_step": None,
        "pause_s": 0.0,
    }
    return RunEnding(status=status, **plain | changes)


async def finish(run_id: int, status: str = "succeeded", **changes: Any) -> bool:
    async with transaction() as tx:
        return await sync_history.finish_run(tx, run_id, make_ending(status, **changes))


async def note(run_id: int, activity: str = "Reading.", budget: RateBudget | None = None) -> None:
    await sync_history.record_progress(
        run_id, activity=activity, streams={"issues": {"created": 3}}, requests=2, points=40, budget=budget
    )


async def interrupt(*_runs: int) -> int:
    async with transaction() as tx:
        return await sync_history.mark_interrupted(tx)


async def add_ended(status: str, at: datetime = NOON, *, is_full: bool = False, held: bool = False) -> int:
    """Add a run that began at `at` and went on for a minute."""
    [(run_id,)] = await query(
        """
        INSERT INTO sync_history (status, trigger_type, started_at, completed_at, is_full, held)
        VALUES (%(status)s, 'automatic', %(at)s, %(at)s + interval '1 minute', %(is_full)s,
                CASE WHEN %(held)s THEN '{"issues": {"gone": 1, "live": 2}}'::jsonb END)
        RETURNING id
        """,
        {"status": status, "at": at, "is_full": is_full, "held": held},
    )
    return run_id


async def make_begun(run_id: int, age: timedelta) -> None:
    """Let a run have begun as long ago as `age`."""
    await query("UPDATE sync_history SET started_at = now() - %(age)s WHERE id = %(id)s", {"id": run_id, "age": age})


async def find(run_id: int) -> SyncRun:
    found = await sync_history.find_run(run_id)
    assert found
    return found


def ids(runs: list[SyncRun]) -> list[int]:
    return [run.id for run in runs]


async def test_a_run_that_begins_is_a_row_that_runs() -> None:
    run = await find(await start(is_full=True))
    assert (run.status, run.trigger_type, run.is_full, run.removals_allowed) == ("running", "automatic", True, False)
    assert (run.completed_at, run.duration_ms, run.activity, run.requested_by) == (None,) * 4
    assert (run.items_synced, run.items_failed, run.streams, run.held, run.gone) == (0, 0, {}, None, 0)


async def test_a_run_that_was_asked_for_goes_on_in_the_row_of_the_request(database: str) -> None:
    alice = let_in(database)["alice"]
    asked = await request(by=alice, is_full=True)
    await make_begun(asked, timedelta(hours=1))
    assert await start(run_id=asked) == asked
    run = await find(asked)
    assert (run.status, run.trigger_type, run.is_full) == ("running", "manual", True)
    assert run.requested_by == "alice@example.com"
    assert run.started_at > run.created_at - timedelta(minutes=1), "it begins now, not when it was asked for"


async def test_a_request_that_another_process_began_meanwhile_becomes_a_run_of_its_own(database: str) -> None:
    asked = await request()
    began = "UPDATE sync_history SET status = 'running' WHERE id = %(id)s"
    assert await run_beside(database, began, {"id": asked}, start(run_id=asked)) != asked
    assert len(await sync_history.list_unfinished_runs()) == 2


async def test_a_request_joins_only_one_that_waits_and_asks_for_as_much() -> None:
    plain = await request()
    allowed = await request(is_full=True, removals_allowed=True)
    joined = [await request(), await request(is_full=True), await request(removals_allowed=True)]
    assert joined == [plain, allowed, allowed]
    await start(run_id=plain)
    assert await request() == allowed
    await start(run_id=allowed)
    assert await request() not in (plain, allowed)


async def test_the_oldest_request_is_run_first() -> None:
    assert await sync_history.find_pending_run() is None
    first, second = await request(), await request(is_full=True, removals_allowed=True)
    asked = partial(PendingRun, trigger_type="manual", request_id="r1")
    assert await sync_history.find_pending_run() == asked(first, is_full=False, removals_allowed=False)
    await start(run_id=first)
    assert await sync_history.find_pending_run() == asked(second, is_full=True, removals_allowed=True)


async def test_a_run_tells_how_it_gets_on_and_keeps_the_budget_that_it_knew() -> None:
    run_id = await start()
    await note(run_id, "Reading issues.", BUDGET)
    await note(run_id, "Storing issues.")
    run = await find(run_id)
    assert (run.activity, run.streams) == ("Storing issues.", {"issues": {"created": 3}})
    assert (run.requests, run.points) == (2, 40)
    told = await sync_history.find_last_budget()
    assert told
    assert told[1] == BUDGET


@pytest.mark.parametrize("status", ["pending", "succeeded", "interrupted"])
async def test_a_run_that_is_not_under_way_tells_nothing(status: str) -> None:
    run_id = await start()
    await query("UPDATE sync_history SET status = %(status)s", {"status": status})
    await note(run_id)
    assert (await find(run_id)).activity is None


async def test_the_end_of_a_run_keeps_all_there_is_to_tell() -> None:
    run_id = await start()
    await note(run_id, budget=BUDGET)
    await make_begun(run_id, timedelta(minutes=2))
    held = {"issues": {"gone": 12, "live": 40}, "labels": {"gone": 3, "live": 4}}
    streams = {"issues": {"created": 7, "failed": 1}}
    assert await finish(
        run_id,
        "partial",
        is_full=True,
        items_synced=7,
        items_failed=1,
        error_message="One row was set aside.",
        error_details=[FailedRow("issues", "1", "title", "too long")],
        streams=streams,
        requests=9,
        points=90,
        held=held,
        next_step="Look at the row.",
    )
    run = await find(run_id)
    assert (run.status, run.is_full, run.items_synced, run.items_failed) == ("partial", True, 7, 1)
    assert (run.error_message, run.next_step, run.activity) == ("One row was set aside.", "Look at the row.", None)
    assert (run.streams, run.requests, run.points) == (streams, 9, 90)
    assert (run.held, run.gone) == (held, 15)
    assert run.duration_ms is not None
    assert 120_000 <= run.duration_ms < 180_000
    assert run.completed_at
    assert await sync_history.find_last_budget() == (run.completed_at, BUDGET)


async def test_a_run_ends_once() -> None:
    run_id = await start()
    assert await finish(run_id)
    assert not await finish(run_id, "failed", error_message="Later.")
    assert ((await find(run_id)).status, (await find(run_id)).error_message) == ("succeeded", None)


async def test_a_run_that_was_found_interrupted_does_not_end_after_all(database: str) -> None:
    run_id = await start()
    found = "UPDATE sync_history SET status = 'interrupted' WHERE id = %(id)s"
    assert not await run_beside(database, found, {"id": run_id}, finish(run_id))
    assert (await find(run_id)).status == "interrupted"


async def test_runs_that_nobody_runs_any_more_are_interrupted_and_no_others() -> None:
    ended, killed = await start(), await start()
    await finish(ended)
    asked = await request()
    await note(killed)
    await make_begun(killed, timedelta(minutes=2))
    assert await interrupt() == 1
    assert await interrupt() == 0
    run = await find(killed)
    assert (run.status, run.activity) == ("interrupted", None)
    assert run.error_message == "The program ended before the run did."
    assert run.completed_at
    assert run.duration_ms is not None
    assert 120_000 <= run.duration_ms < 180_000
    assert ((await find(ended)).status, (await find(asked)).status) == ("succeeded", "pending")


async def test_the_mirror_is_as_old_as_its_last_run_that_came_to_its_end() -> None:
    assert await sync_history.find_last_good_at() is None
    await add_ended("succeeded", NOON, is_full=True)
    await add_ended("partial", NOON + timedelta(hours=1), is_full=True)
    await add_ended("succeeded", NOON + timedelta(hours=2))
    for status in ("failed", "interrupted", "running", "pending"):
        await add_ended(status, NOON + timedelta(hours=9), is_full=True)
    assert await sync_history.find_last_good_at() == NOON + timedelta(hours=2, minutes=1)


async def test_what_ended_long_ago_is_deleted_but_the_newest_of_each_kind() -> None:
    ages = [("succeeded", 90), ("failed", 60), ("failed", 50), ("running", 40), ("succeeded", 20)]
    runs = [await add_ended(status, datetime.now(UTC) - timedelta(days=days)) for status, days in ages]
    async with transaction() as tx:
        await sync_history.delete_older(tx, timedelta(days=30))
    assert sorted(ids(await sync_history.list_latest_runs(10))) == runs[2:]


async def test_runs_are_read_newest_first_page_by_page() -> None:
    early, late = await add_ended("succeeded"), await add_ended("failed", NOON + timedelta(hours=1))
    of_one_moment = await add_ended("succeeded")
    assert ids(await sync_history.list_latest_runs(2)) == [late, of_one_moment]
    assert ids(await sync_history.list_runs_before(NOON, of_one_moment, 9)) == [early]
    assert ids(await sync_history.list_runs_before(NOON + timedelta(hours=1), late, 1)) == [of_one_moment]
    assert await sync_history.list_runs_before(NOON, early, 9) == []
    assert ids(await sync_history.list_latest_runs(0)) == []


async def test_what_is_under_way_comes_before_what_waits_and_the_oldest_first() -> None:
    asked = [await request(), await request(is_full=True, removals_allowed=True)]
    running = await start()
    await add_ended("succeeded")
    assert ids(await sync_history.list_unfinished_runs()) == [running, *asked]


async def test_only_one_run_is_under_way_the_newest_of_those_that_stand_so() -> None:
    assert await sync_history.find_current_run() is None
    await start()
    newest = await start()
    await request()
    run = await sync_history.find_current_run()
    assert run
    assert run.id == newest


@pytest.mark.parametrize("last", [{"is_full": True}, {"held": True}])
async def test_a_run_has_swept_if_it_was_full_or_held_something_back(last: dict[str, bool]) -> None:
    assert await sync_history.find_last_sweep() is None
    await add_ended("succeeded", is_full=True)
    swept = await add_ended("partial", NOON + timedelta(hours=1), **last)
    await add_ended("succeeded", NOON + timedelta(hours=2))
    await add_ended("failed", NOON + timedelta(hours=3), **last)
    found = await sync_history.find_last_sweep()
    assert found
    assert found.id == swept


async def test_the_budget_is_the_one_that_the_newest_run_knew() -> None:
    assert await sync_history.find_last_budget() is None
    await note(await start(), budget=RateBudget(requests_remaining=99))
    under_way = await start()
    await note(under_way, budget=BUDGET)
    await make_begun(under_way, -timedelta(minutes=1))
    await add_ended("succeeded", datetime.now(UTC) + timedelta(hours=1))
    told = await sync_history.find_last_budget()
    assert told
    assert told[1] == BUDGET
    assert abs(told[0] - datetime.now(UTC)) < timedelta(minutes=1), "a run under way knows it until now"


async def test_the_run_that_ended_last_is_the_last_that_began_of_those_that_ended() -> None:
    assert await sync_history.find_last_ended_run() is None
    await add_ended("succeeded")
    failed = await add_ended("failed", NOON + timedelta(hours=1))
    await start()
    await request()
    run = await sync_history.find_last_ended_run()
    assert run
    assert run.id == failed


async def test_what_was_set_aside_is_told_whoever_noted_it() -> None:
    of_node = "The Node service stopped."
    cases: list[tuple[object, list[FailedRow]]] = [
        (None, []),
        ([], []),
        ([{"stream": "issues", "id": "1", "field": "x", "reason": "y"}], [FailedRow("issues", "1", "x", "y")]),
        ([{"stream": "issues", "id": "1", "reason": "y"}], [FailedRow("issues", "1", None, "y")]),
        ({"message": of_node}, [FailedRow("", "", None, of_node)]),
        (of_node, [FailedRow("", "", None, f'"{of_node}"')]),
    ]
    for details, expected in cases:
        run_id = await start()
        await finish(run_id, "partial", error_details=details)
        assert await sync_history.list_failed_rows(run_id) == expected


async def test_of_many_rows_set_aside_the_first_hundred_are_told_in_their_order() -> None:
    run_id = await start()
    rows = [FailedRow("issues", str(number), None, "too long") for number in range(101)]
    await finish(run_id, "partial", error_details=rows)
    assert await sync_history.list_failed_rows(run_id) == rows[:100]


async def test_what_the_node_service_counted_as_null_is_none() -> None:
    await query("INSERT INTO sync_history (status, trigger_type, items_synced) VALUES ('failed', 'x', NULL)")
    [run] = await sync_history.list_latest_runs(1)
    assert (run.items_synced, run.streams) == (0, {})


async def test_a_run_that_is_not_there_is_none() -> None:
    assert await sync_history.find_run(12_345) is None
    assert await sync_history.list_failed_rows(12_345) == []


async def test_a_run_outlives_whoever_asked_for_it(database: str) -> None:
    asked = await request(by=let_in(database)["alice"])
    await query("DELETE FROM users")
    assert (await find(asked)).requested_by is None


async def test_a_run_may_stand_as_running_for_weeks_and_the_clock_be_put_back() -> None:
    for days, duration_ms in ((25, 2**31 - 1), (-25, 0)):
        for end in (finish, interrupt):
            run_id = await start()
            await make_begun(run_id, timedelta(days=days))
            assert await end(run_id)
            assert (await find(run_id)).duration_ms == duration_ms
