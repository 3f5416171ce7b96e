"""The process's pool: opened in the background, closed without a trace."""

import asyncio

import psycopg
import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import ConnectionTest, pool, query, read_last_connection_test, transaction
from tests.conftest import as_url
from tests.support.database import lending

pytestmark = pytest.mark.anyio


def settings_for(database: str, **changes: str) -> Settings:
    return parse_settings({"DATABASE_URL": as_url(database), **changes})


async def hold(count: int) -> None:
    """Use `count` connections at the same time."""
    all_have_one = asyncio.Barrier(count)

    async def hold_one() -> None:
        async with transaction():
            await all_have_one.wait()

    await asyncio.gather(*(hold_one() for _ in range(count)))


async def test_its_limits_are_those_of_the_settings(database: str) -> None:
    changes = {"DATABASE_POOL_MAX": "7", "DATABASE_IDLE_TIMEOUT_S": "11", "DATABASE_CONNECT_TIMEOUT_S": "3"}
    async with program_database.open_database(settings_for(database, **changes)):
        found = pool()
        assert (found.min_size, found.max_size, found.max_idle, found.timeout) == (2, 7, 11, 3)


async def test_by_default_it_holds_twenty_and_closes_an_idle_one_after_half_a_minute(live_database: Settings) -> None:
    assert (pool().max_size, pool().max_idle, pool().timeout) == (20, 30, 5)
    assert live_database


async def test_a_pool_of_one_is_enough(database: str) -> None:
    async with program_database.open_database(settings_for(database, DATABASE_POOL_MAX="1")):
        await asyncio.gather(*(query("SELECT 1") for _ in range(5)))
        assert pool().get_stats()["pool_size"] == 1


async def test_idle_connections_are_closed_but_for_two(database: str) -> None:
    async with program_database.open_database(settings_for(database, DATABASE_IDLE_TIMEOUT_S="0.1")):
        await hold(6)
        async with asyncio.timeout(20):
            while pool().get_stats()["pool_size"] > 2:  # noqa: ASYNC110 (the pool tells nobody)
                await asyncio.sleep(0.02)


async def test_the_connection_that_was_used_last_is_lent_first(live_database: Settings) -> None:
    assert live_database
    await hold(3)
    async with pool().connection() as one, pool().connection() as other:
        last = one
        assert one is not other
    for _ in range(3):
        async with pool().connection() as found:
            assert found is last


async def test_no_session_is_left_behind(database: str) -> None:
    async with program_database.open_database(settings_for(database)):
        await hold(6)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as admin, asyncio.timeout(10):
        sessions = (
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name <> %s"
        )
        while await (await admin.execute(sessions, [lending.NAME])).fetchone():
            pass


async def test_a_process_has_one_database(live_database: Settings) -> None:
    with pytest.raises(RuntimeError, match="open already"):
        async with program_database.open_database(live_database):
            pytest.fail("it was opened twice")
    assert await query("SELECT 1") == [(1,)]


async def test_it_may_be_opened_again_after_it_was_closed(settings: Settings) -> None:
    for _ in range(2):
        async with program_database.open_database(settings) as conninfo:
            assert conninfo
            assert await query("SELECT 1") == [(1,)]


async def test_outside_of_opened_there_is_no_pool() -> None:
    with pytest.raises(RuntimeError, match="outside"):
        pool()


async def test_the_connection_test_has_a_latency_and_stays_for_health_to_read(live_database: Settings) -> None:
    test = await program_database.test_connection()
    assert test.connected
    assert test.error is None
    assert test.latency_ms is not None
    assert test.latency_ms >= 0
    assert read_last_connection_test() is not None
    assert live_database


async def test_the_connection_test_of_a_database_that_is_down_has_the_reason_and_raises_nothing() -> None:
    async with program_database.open_database(
        settings_for("host=127.0.0.1 port=1 user=alice password=open-sesame dbname=x")
    ):
        assert await program_database.test_connection() == ConnectionTest(
            connected=False, error="The database is not running or not listening."
        )
