"""Ends of tasks: whoever waits for one loses no cancellation of their own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime

import pytest

from shareable_backlog import app, database
from shareable_backlog.config import Settings
from shareable_backlog.sync import runs
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import Batch
from shareable_backlog.tasks import end_tasks, see_through
from tests.support.stopping import cancelled_at

pytestmark = pytest.mark.anyio

_STEPS = 60


async def take_time(steps: int = 10) -> None:
    """Run for ever, and once cancelled take some steps to end."""
    try:
        await asyncio.sleep(60)
    finally:
        for _ in range(steps):
            await asyncio.sleep(0)


async def steps_that_went_on(part: Callable[[], Awaitable[None]]) -> list[int]:
    """Cancel `part`, after which much would follow, after each of its steps, and return those where that was lost."""

    async def whole() -> None:
        await part()
        for _ in range(_STEPS):
            await asyncio.sleep(0)

    lost: list[int] = []
    for step in range(1, _STEPS + 1):
        task, was_cancelled = await cancelled_at(step, whole())
        if was_cancelled and not task.cancelled():
            lost.append(step)
    return lost


async def test_the_end_of_tasks_loses_no_cancellation() -> None:
    async def part() -> None:
        await end_tasks(asyncio.create_task(take_time()), asyncio.create_task(take_time(3)))

    assert await steps_that_went_on(part) == []


async def test_the_end_of_background_work_loses_no_cancellation() -> None:
    async def part() -> None:
        async with app._run_background(take_time(), take_time(3)):  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0)

    assert await steps_that_went_on(part) == []


async def test_the_read_ahead_of_a_run_loses_no_cancellation() -> None:
    async def batches() -> AsyncGenerator[Batch]:
        yield Batch([], datetime.now(UTC))
        await take_time()

    async def part() -> None:
        async with aclosing(runs._fetch_ahead(batches())) as ahead:  # pyright: ignore[reportPrivateUsage]
            await anext(ahead)

    assert await steps_that_went_on(part) == []


@pytest.mark.usefixtures("live_database")
async def test_what_a_run_tells_of_itself_loses_no_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_TOLD_EVERY_S", 0)

    async def part() -> None:
        report = RunReport(1)
        async with runs._publish_progress(report):  # pyright: ignore[reportPrivateUsage]
            for number in range(5):
                report.activity = f"Step {number}."
                await asyncio.sleep(0)

    assert await steps_that_went_on(part) == []


async def test_the_end_of_the_database_loses_no_cancellation(settings: Settings) -> None:
    async def part() -> None:
        async with database.open_database(settings):
            pass

    assert await steps_that_went_on(part) == []
    async with database.open_database(settings):
        assert (await database.test_connection()).connected


async def test_a_task_that_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shareable_backlog.tasks._AGAIN_AFTER_S", 0.01)

    async def go_on_once() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(go_on_once())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end_tasks(task)
    assert task.cancelled()


async def test_a_task_that_fails_as_it_ends_keeps_no_other_from_ending() -> None:
    async def fail() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError

    failing, other = asyncio.create_task(fail()), asyncio.create_task(take_time())
    await asyncio.sleep(0)
    await end_tasks(failing, other)
    assert isinstance(failing.exception(), ValueError)
    assert other.cancelled()


async def test_what_is_seen_through_comes_to_its_end_before_a_cancellation_is_raised() -> None:
    done: list[int] = []

    async def part() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        done.append(1)

    for step in range(1, 15):
        task, was_cancelled = await cancelled_at(step, see_through(part()))
        assert task.cancelled() == was_cancelled
        assert len(done) == step


async def test_what_is_seen_through_gives_its_result_or_its_error() -> None:
    async def give(value: int) -> int:
        return 1 // value

    assert await see_through(give(1)) == 1
    with pytest.raises(ZeroDivisionError):
        await see_through(give(0))
