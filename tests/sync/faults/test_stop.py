"""A run that is stopped at any point of it."""

import os
import random
from collections.abc import Iterator

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import locks
from tests.fakes.linear import FakeLinear, Fault, run_linear
from tests.support.pulling import run_sync, titles, titles_in
from tests.support.stopping import cancelled_at, counted

pytestmark = pytest.mark.anyio

_SEED = int(os.environ.get("SLB_TEST_SEED", "11"))
_STOPS = int(os.environ.get("SLB_TEST_STOPS", "200"))
_MOST_TURNS = 4
_STEPS_OF_END = 6
_HALVINGS = 4  # pages of 15 rows


@pytest.fixture
def fake() -> Iterator[FakeLinear]:
    with run_linear() as fake:
        fake.requests_limit = fake.complexity_limit = 10**9
        for _ in range(30):
            fake.world.add_issue()
        yield fake


async def statuses() -> list[str]:
    return [status for (status,) in await query("SELECT status FROM sync_history ORDER BY id")]


async def in_small_pages(settings: Settings, fake: FakeLinear, *, full: bool) -> None:
    """Run once with many requests and batches."""
    fake.fail_next(Fault.TOO_COMPLEX, times=_HALVINGS)
    await run_sync(settings, fake, full=full)


@pytest.mark.long
async def test_a_run_stopped_at_any_point_ends_says_so_frees_the_lock_and_the_next_succeeds(
    live_database: Settings, fake: FakeLinear
) -> None:
    chance = random.Random(_SEED)  # noqa: S311 (reproducible, not secret)
    kinds = [(run, full) for run in (run_sync, in_small_pages) for full in (False, True)]
    steps = [await counted(run(live_database, fake, full=full)) for run, full in kinds]
    faults: list[str] = []
    stopped = 0
    for number in range(_STOPS):
        fake.world.edit(chance.choice(list(fake.world.rows["issues"].values())), title=f"Title {number}")
        kind = chance.randrange(len(kinds))
        run, full = kinds[kind]
        # Every other stop comes at the end of a run: there it was lost.
        first = steps[kind] - _STEPS_OF_END if chance.random() < 1 / 2 else 1
        step, turns = chance.randint(first, steps[kind]), chance.randint(0, _MOST_TURNS)
        where = f"stop {number} of SLB_TEST_SEED={_SEED}: {run.__name__}, full={full}, step {step}, {turns} turns: "
        runs_before = len(await statuses())
        task, was_cancelled = await cancelled_at(step, run(live_database, fake, full=full), turns=turns)
        fake.forget_faults()
        stopped += was_cancelled
        if was_cancelled and not task.cancelled():
            faults.append(where + "it went on")
        async with locks.hold_lock(locks.SYNC) as is_free:
            if not is_free:
                faults.append(where + "the lock is taken")
        if not set((await statuses())[runs_before:]) <= {"interrupted", "succeeded"}:
            faults.append(where + f"its row says {(await statuses())[-1]}")
        report = await run_sync(live_database, fake)
        if report.status != "succeeded" or await titles() != titles_in(fake.world):
            faults.append(where + "the next run does not make up for it")
    assert faults == []
    assert stopped > _STOPS * 0.9
