"""One process at a time, by PostgreSQL's advisory locks."""

import asyncio
import gc
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.connection import locks
from tests.conftest import as_url

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

KEY = 42
HOLD = """
import asyncio, sys
from shareable_backlog import database
from shareable_backlog.config import read_settings
from shareable_backlog.database.connection import locks

async def main():
    async with database.open_database(read_settings()), locks.hold_lock(42) as ours:
        print(ours, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


async def test_one_task_has_it_and_another_is_told_so() -> None:
    async with locks.hold_lock(KEY) as first, locks.hold_lock(KEY) as second:
        assert (first, second) == (True, False)
    for _ in range(20):
        async with locks.hold_lock(KEY) as again:
            assert again


async def test_two_keys_do_not_meet() -> None:
    async with locks.hold_lock(KEY) as first, locks.hold_lock(KEY + 1) as second:
        assert (first, second) == (True, True)


async def test_it_is_freed_by_an_error_inside() -> None:
    with pytest.raises(ZeroDivisionError):
        async with locks.hold_lock(KEY):
            raise ZeroDivisionError
    async with locks.hold_lock(KEY) as again:
        assert again


async def test_it_is_freed_by_a_cancelled_task() -> None:
    has_it = asyncio.Event()

    async def hold() -> None:
        async with locks.hold_lock(KEY):
            has_it.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await has_it.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with locks.hold_lock(KEY) as again:
        assert again


async def test_its_connection_is_closed_by_a_task_that_is_cancelled_while_freeing_it() -> None:
    async def hold() -> None:
        async with locks.hold_lock(KEY):
            task = asyncio.current_task()
            assert task
            asyncio.get_running_loop().call_soon(task.cancel)  # it comes while the lock is given back

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(hold())
    gc.collect()  # a connection left open would warn now, and a warning is an error


async def test_work_under_it_uses_the_pool_as_always() -> None:
    async with locks.hold_lock(KEY), transaction() as tx:
        assert await tx.query("SELECT 1") == [(1,)]


@pytest.mark.owner
async def test_a_long_held_one_is_ended_by_no_time_limit_and_keeps_no_old_rows_alive() -> None:
    async with locks.hold_lock(KEY):
        [(state, limit, oldest)] = await query(
            "SELECT activity.state, current_setting('idle_in_transaction_session_timeout'), activity.backend_xmin"
            " FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)"
            " WHERE locktype = 'advisory' AND objid = 42 AND datname = current_database()"
        )
        assert (state, oldest) == ("idle in transaction", None)
        assert limit != "0", "the limit of other sessions is none of its business"


async def test_a_killed_process_keeps_it_for_no_longer_than_a_second(database: str) -> None:
    environment = {"DATABASE_URL": as_url(database), "PYTHONPATH": str(Path(__file__).parents[3])}
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout
        assert await holder.stdout.readline() == b"True\n"
        async with locks.hold_lock(KEY) as ours:
            assert not ours
    finally:
        holder.kill()
        await holder.wait()
    killed = monotonic()
    while True:
        async with locks.hold_lock(KEY) as ours:
            if ours:
                break
    assert monotonic() - killed < 1
