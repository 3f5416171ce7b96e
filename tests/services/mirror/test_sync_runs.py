"""Asking for runs of the mirror, and telling how it is."""

import asyncio
from datetime import UTC, datetime

import pytest

from shareable_backlog import logs
from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.database.mirror.sync_history import RunEnding
from shareable_backlog.errors import Conflict, NotFound
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from shareable_backlog.services.mirror import sync_runs
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def started(*, is_full: bool = False) -> int:
    async with transaction() as tx:
        return await sync_history.start_run(tx, "automatic", run_id=None, is_full=is_full)


async def finish(run_id: int, status: str = "succeeded", *, held: object = None) -> None:
    ending = RunEnding(
        status=status,
        is_full=held is not None,
        items_synced=0,
        items_failed=0,
        error_message=None,
        error_details=None,
        streams={},
        requests=1,
        points=10,
        budget=None,
        held=held,
        pause_s=0,
        next_step=None,
    )
    async with transaction() as tx:
        await sync_history.finish_run(tx, run_id, ending)


async def test_a_request_is_a_row_that_waits() -> None:
    run_id = await sync_runs.request_run(OPERATOR, is_full=True)
    pending = await sync_history.find_pending_run()
    assert pending
    assert (pending.id, pending.is_full, pending.removals_allowed) == (run_id, True, False)


async def test_a_request_names_who_asked() -> None:
    [(alice,)] = await query("INSERT INTO users (email) VALUES ('alice@example.com') RETURNING id")
    await sync_runs.request_run(Actor(alice, "alice@example.com", None, None))
    assert await query("SELECT trigger_type, triggered_by FROM sync_history") == [("manual", alice)]


async def test_a_request_keeps_the_id_by_which_the_log_knows_it() -> None:
    with logs.log_with(request_id="5f0c6a1d2b9e4477"):
        await sync_runs.request_run(OPERATOR)
    pending = await sync_history.find_pending_run()
    assert pending
    assert pending.request_id == "5f0c6a1d2b9e4477"


async def test_every_request_is_in_the_audit_log_joined_or_not() -> None:
    run_id = await started()
    await sync_runs.request_run(OPERATOR)
    waiting = await sync_runs.request_run(OPERATOR, is_full=True)
    await sync_runs.record_own_run(OPERATOR, is_full=True, removals_allowed=True)
    assert await query("SELECT action, resource_id FROM audit_logs ORDER BY id") == [
        ("sync.requested", str(run_id)),
        ("sync.requested", str(waiting)),
        ("sync.removals_confirmed", None),
    ]


async def test_removals_are_confirmed_only_by_the_number_that_was_found() -> None:
    run_id = await started(is_full=True)
    await finish(run_id, "partial", held={"issues": {"gone": 12, "live": 40}, "comments": {"gone": 3, "live": 9}})
    with pytest.raises(Conflict):
        await sync_runs.confirm_removals(OPERATOR, 12)
    assert await sync_history.find_pending_run() is None
    confirmed = await sync_runs.confirm_removals(OPERATOR, 15)
    pending = await sync_history.find_pending_run()
    assert pending
    assert (pending.id, pending.is_full, pending.removals_allowed) == (confirmed, True, True)


async def test_without_held_removals_there_is_nothing_to_confirm() -> None:
    with pytest.raises(Conflict):
        await sync_runs.confirm_removals(OPERATOR, 0)


async def test_a_run_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        await sync_runs.read_run(12_345)


async def test_a_second_request_joins_the_first() -> None:
    assert await sync_runs.request_run(OPERATOR) == await sync_runs.request_run(OPERATOR)


async def test_a_request_for_less_joins_one_for_more() -> None:
    assert await sync_runs.request_run(OPERATOR, is_full=True) == await sync_runs.request_run(OPERATOR)


async def test_a_request_for_more_does_not_join_one_for_less() -> None:
    plain = await sync_runs.request_run(OPERATOR)
    full = await sync_runs.request_run(OPERATOR, is_full=True)
    confirmed = await sync_runs.request_run(OPERATOR, is_full=True, removals_allowed=True)
    assert len({plain, full, confirmed}) == 3


async def test_a_request_joins_the_run_under_way() -> None:
    run_id = await started()
    assert await sync_runs.request_run(OPERATOR) == run_id
    assert await sync_history.find_pending_run() is None


async def test_a_full_request_waits_for_the_end_of_the_run_under_way() -> None:
    run_id = await started()
    assert await sync_runs.request_run(OPERATOR, is_full=True) != run_id


async def test_a_request_after_the_end_of_a_run_is_a_new_one() -> None:
    run_id = await started()
    await finish(run_id)
    assert await sync_runs.request_run(OPERATOR) != run_id


async def test_waiting_for_a_run_gives_it_once_it_has_ended() -> None:
    run_id = await started()
    waiting = asyncio.create_task(sync_runs.wait_for_end(run_id))
    await asyncio.sleep(0)
    assert not waiting.done()
    await finish(run_id, "partial")
    run = await asyncio.wait_for(waiting, 10)
    assert run
    assert (run.id, run.status) == (run_id, "partial")


async def test_nobody_waits_for_a_run_whose_row_is_gone() -> None:
    assert await sync_runs.wait_for_end(12_345) is None


async def test_the_run_under_way_is_told() -> None:
    assert await sync_runs.find_current_run() is None
    run_id = await started()
    under_way = await sync_runs.find_current_run()
    assert under_way
    assert under_way.id == run_id


async def test_the_state_of_a_mirror_that_was_never_filled() -> None:
    assert await sync_runs.read_state() == sync_runs.MirrorState(None, 0, 0, [], [])


async def test_the_state_counts_what_is_shown_and_what_the_search_does_not_know_yet() -> None:
    await mirrored.store(mirrored.item(1), mirrored.item(3))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    await mirrored.store(mirrored.item(2), indexed=False)
    await finish(await started())
    state = await sync_runs.read_state()
    assert (state.items, state.unsearchable) == (2, 1)
    assert state.as_of
    assert state.as_of <= datetime.now(UTC)


async def test_a_failed_run_makes_the_mirror_no_younger() -> None:
    await finish(await started(), "failed")
    assert (await sync_runs.read_state()).as_of is None


async def test_the_last_runs_come_newest_first_and_no_more_than_asked_for() -> None:
    ids = [await started() for _ in range(3)]
    assert [run.id for run in (await sync_runs.read_state(2)).runs] == ids[:0:-1]
