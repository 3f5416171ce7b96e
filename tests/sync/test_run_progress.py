"""What a run tells of itself while it is under way."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.database.mirror.sync_history import SyncRun
from shareable_backlog.errors import SyncFailed
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.services.mirror import sync_runs
from shareable_backlog.sync import pull, runs
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.tasks import end_tasks
from tests.fakes.linear import run_linear as running_fake
from tests.support import pulling

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.fixture(autouse=True)
def _told_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_TOLD_EVERY_S", 0.01)


async def until_told(words: str = "") -> SyncRun:
    """Wait until the run under way says what it is at, with these words in it."""
    async with asyncio.timeout(20):
        while True:
            for run in await sync_history.list_unfinished_runs():
                if run.activity is not None and words in run.activity:
                    return run
            await asyncio.sleep(0.01)


@pytest.fixture
async def run() -> AsyncGenerator[runs.RunReport]:
    async with runs.record_run("manual") as report:
        yield report


async def test_a_run_under_way_says_what_it_is_at_and_how_far_it_is(run: runs.RunReport) -> None:
    run.activity = "Reading what has changed in Linear."
    run.add_counts("issues", runs.RowCounts(created=250))
    told = await until_told()
    assert (told.id, told.activity) == (run.run_id, "Reading what has changed in Linear.")
    assert told.streams["issues"]["created"] == 250


async def test_a_run_that_has_ended_is_at_nothing() -> None:
    async with runs.record_run("manual") as report:
        await until_told()
    ended = await sync_history.find_run(report.run_id)
    assert ended
    assert (ended.status, ended.activity) == ("succeeded", None)


async def test_a_run_keeps_what_linear_said_of_the_budget(live_database: Settings) -> None:
    world, _ = pulling.small_world()
    with running_fake(world) as fake:
        await pulling.run_sync(live_database, fake)
    budget = await sync_runs.find_budget()
    assert budget
    assert budget.left.requests_limit == 2_500
    assert budget.left.requests_remaining is not None
    assert budget.left.requests_remaining < 2_500
    assert budget.left.requests_reset_at is not None


@asynccontextmanager
async def run_that_waits(settings: Settings, retries: Retries, *, is_full: bool) -> AsyncGenerator[None]:
    """Let a run come to where it waits for Linear, and cancel it at the end."""
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    request = SyncRequest("manual", is_full=is_full)
    run = pull.run_sync(settings, request, lambda _report, _page: None, retries=replace(retries, sleep=sleep))
    pulled = asyncio.create_task(run)
    await asyncio.wait_for(waiting.wait(), 20)
    yield
    await end_tasks(pulled)


async def test_a_run_whose_budget_is_used_up_says_until_when(live_database: Settings) -> None:
    world, _ = pulling.small_world()
    with running_fake(world) as fake:
        await pulling.run_sync(live_database, fake)
        fake.requests_limit = len(fake.requests) + 1
        settings = replace(live_database, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
        async with run_that_waits(settings, Retries(attempts=1, longest_wait_s=7200), is_full=True):
            await until_told("budget at Linear is used up until ")


async def test_a_full_run_keeps_what_it_found_gone_and_held_back(live_database: Settings) -> None:
    world, _ = pulling.small_world()
    for _ in range(10):
        world.add_issue()
    with running_fake(world) as fake:
        await pulling.run_until_quiet(live_database, fake)
        for issue in list(world.rows["issues"].values())[:9]:
            world.remove(issue)
        await pulling.run_sync(live_database, fake, full=True)
        held = await sync_runs.find_held_back()
        assert held
        assert held.held
        assert held.held["issues"]["gone"] == 9
        assert len(held.held["issues"]["examples"]) == 9
        await pulling.run_sync(live_database, fake, full=True, allowed=True)
        assert await sync_runs.find_held_back() is None


async def test_a_run_in_which_nothing_moves_is_given_up_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_STALLED_AFTER_S", 0.3)
    with pytest.raises(SyncFailed, match="so the run was abandoned") as failed:
        async with runs.record_run("manual"):
            await asyncio.sleep(60)
    [ended] = await sync_history.list_latest_runs(1)
    assert (ended.status, ended.error_message) == ("failed", str(failed.value))


async def test_a_run_that_moves_may_take_as_long_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_STALLED_AFTER_S", 1)
    async with runs.record_run("manual") as report:
        for number in range(20):
            await asyncio.sleep(0.1)
            report.activity = f"Step {number}."
    ended = await sync_history.find_run(report.run_id)
    assert ended
    assert ended.status == "succeeded"


async def test_a_run_that_linear_refuses_says_that_it_waits_and_why(live_database: Settings) -> None:
    world, _ = pulling.small_world()
    with running_fake(world) as fake:
        address = fake.url
    settings = replace(live_database, linear_api_url=address, linear_api_key=Secret("lin_api_0123456789"))
    async with run_that_waits(settings, Retries(attempts=5), is_full=False):
        told = await until_told("Waiting to ask Linear again at ")
        assert told.activity
        assert "Linear" in told.activity.partition("UTC: ")[2]
