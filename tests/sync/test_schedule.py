"""Syncs while the server runs: when they are due, and at once when someone asks."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from shareable_backlog import database
from shareable_backlog.config import Secret, Settings
from shareable_backlog.database.connection import locks, schema_watch
from shareable_backlog.database.mirror import sync_history, sync_schedule
from shareable_backlog.database.mirror.sync_history import SyncRun
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.services.mirror import sync_runs
from shareable_backlog.sync import schedule
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.tasks import end_tasks
from tests.fakes.linear import FakeLinear, Fault, run_linear

pytestmark = pytest.mark.anyio

_WITHIN_S = 20.0


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with an empty workspace."""
    with run_linear() as fake:
        yield fake


def at(live_database: Settings, fake: FakeLinear, **changed: object) -> Settings:
    named = {"linear_api_url": fake.url, "linear_api_key": Secret(fake.key), **changed}
    return replace(live_database, **named)  # pyright: ignore[reportArgumentType] (settings by name)


@asynccontextmanager
async def scheduled(settings: Settings) -> AsyncGenerator[None]:
    """Let the schedule run for the length of the context."""
    looked = asyncio.Event()
    await database.test_connection()
    tasks = [
        asyncio.create_task(work) for work in (schema_watch.watch_schema(looked), schedule.run_schedule(settings))
    ]
    try:
        async with asyncio.timeout(_WITHIN_S):
            await looked.wait()
            yield
    finally:
        assert not any(task.done() for task in tasks)
        await end_tasks(*tasks)


async def ended(number: int) -> SyncRun:
    """Wait for the end of the `number`th run."""
    while True:
        runs = [run for run in await sync_history.list_latest_runs(100) if run.completed_at]
        if len(runs) >= number:
            return runs[-number]
        await asyncio.sleep(0.05)


async def test_the_first_run_comes_at_once(live_database: Settings, fake: FakeLinear) -> None:
    async with scheduled(at(live_database, fake)):
        first = await ended(1)
    assert (first.status, first.trigger_type) == ("succeeded", "automatic")


async def test_a_run_comes_again_and_again(live_database: Settings, fake: FakeLinear) -> None:
    async with scheduled(at(live_database, fake, sync_interval_s=1)):
        assert (await ended(2)).trigger_type == "automatic"


async def test_a_request_is_run_at_once_in_its_own_row(live_database: Settings, fake: FakeLinear) -> None:
    async with scheduled(at(live_database, fake)):
        await ended(1)
        requested = await sync_runs.request_run(OPERATOR, is_full=True)
        run = await sync_runs.wait_for_end(requested)
    assert run
    assert (run.id, run.status, run.trigger_type, run.is_full) == (requested, "succeeded", "manual", True)
    assert len(await sync_history.list_latest_runs(10)) == 2


async def test_a_failed_run_does_not_end_the_schedule(live_database: Settings, fake: FakeLinear) -> None:
    fake.fail_next(Fault.VALIDATION_FAILED, times=2)
    async with scheduled(at(live_database, fake, sync_interval_s=1)):
        assert (await ended(1)).status == "failed"
        assert (await ended(2)).status == "succeeded"


async def due_in_s(settings: Settings) -> float:
    """Run once and return in how many seconds the next run is due."""
    await schedule.run_once(settings, SyncRequest("automatic", interval_s=settings.sync_interval_s))
    return await sync_schedule.find_due_in_s(settings.sync_interval_s)


async def test_the_next_run_is_due_after_the_interval(live_database: Settings, fake: FakeLinear) -> None:
    assert 55 <= await due_in_s(at(live_database, fake, sync_interval_s=60)) <= 60


async def test_the_next_run_is_due_after_the_interval_whoever_asked_for_the_last_one(
    live_database: Settings, fake: FakeLinear
) -> None:
    settings = at(live_database, fake, sync_interval_s=60)
    await schedule.run_once(settings, SyncRequest("manual"))
    assert not await schedule.run_once(settings, SyncRequest("automatic", interval_s=60))
    assert [run.trigger_type for run in await sync_history.list_latest_runs(5)] == ["manual"]


async def test_restarts_and_other_processes_add_no_run(live_database: Settings, fake: FakeLinear) -> None:
    settings = at(live_database, fake, sync_interval_s=60)
    for _ in range(5):
        async with scheduled(settings), scheduled(settings), scheduled(settings), scheduled(settings):
            await ended(1)
            await asyncio.sleep(1.1)
    assert len(await sync_history.list_latest_runs(5)) == 1


async def test_of_many_that_find_a_run_due_at_once_one_runs(live_database: Settings, fake: FakeLinear) -> None:
    settings = at(live_database, fake, sync_interval_s=60)
    request = SyncRequest("automatic", interval_s=60)
    ran = await asyncio.gather(*(schedule.run_once(settings, request) for _ in range(5)))
    assert sorted(ran) == [False] * 4 + [True]


async def test_a_refused_key_is_not_asked_with_again_for_five_minutes(
    live_database: Settings, fake: FakeLinear
) -> None:
    settings = at(live_database, fake, sync_interval_s=60, linear_api_key=Secret("lin_api_revoked"))
    assert 295 <= await due_in_s(settings) <= 300
    assert len(fake.requests) == 1


async def test_a_spent_budget_is_waited_for_until_its_reset(live_database: Settings, fake: FakeLinear) -> None:
    fake.reset_in_s = 1_800
    fake.fail_next(Fault.RATELIMITED, times=9)
    assert 1_700 <= await due_in_s(at(live_database, fake, sync_interval_s=60)) <= 1_800
    assert [run.status for run in await sync_history.list_latest_runs(5)] == ["failed"]


async def test_a_reset_that_only_a_wrong_clock_can_mean_is_waited_for_an_hour(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.reset_in_s = 86_400
    fake.fail_next(Fault.RATELIMITED, times=9)
    assert 3_500 <= await due_in_s(at(live_database, fake, sync_interval_s=60)) <= 3_600


async def test_a_run_of_another_process_is_left_alone(live_database: Settings, fake: FakeLinear) -> None:
    async with locks.hold_lock(locks.SYNC):
        assert not await schedule.run_once(at(live_database, fake), SyncRequest("automatic", interval_s=60))
    assert fake.requests == []


async def test_without_a_key_the_schedule_goes_on(live_database: Settings) -> None:
    assert not await schedule.run_once(live_database, SyncRequest("automatic", interval_s=60))
