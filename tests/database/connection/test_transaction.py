"""Several statements as one."""

import asyncio
from contextvars import Context
from time import monotonic, sleep

import psycopg
import pytest

from shareable_backlog import database as database_module
from shareable_backlog.config import parse_settings
from shareable_backlog.database import pool, query, transaction
from shareable_backlog.errors import Contended, DatabaseFailed, DatabaseUnavailable, DataRefused
from tests.conftest import as_url

pytestmark = pytest.mark.anyio

ADD = "INSERT INTO users (email) VALUES (%(email)s)"
ALICE = {"email": "alice@example.com"}
BOB = {"email": "bob@example.com"}
ASLEEP = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


async def emails() -> list[str]:
    return [email for (email,) in await query("SELECT email FROM users ORDER BY email")]


@pytest.mark.usefixtures("live_database")
async def test_what_is_done_in_it_is_seen_by_others_at_its_end() -> None:
    async with transaction() as tx:
        await tx.query(ADD, ALICE)
        assert await tx.query("SELECT count(*) FROM users") == [(1,)]
        # A task begun here would inherit the context, and with it the transaction.
        assert await asyncio.get_running_loop().create_task(emails(), context=Context()) == []
    assert await emails() == ["alice@example.com"]


async def add_together(*people: dict[str, str]) -> None:
    async with transaction() as tx:
        for person in people:
            await tx.query(ADD, person)


@pytest.mark.usefixtures("live_database")
async def test_an_error_of_the_program_rolls_everything_back() -> None:
    async def fail() -> None:
        async with transaction() as tx:
            await tx.query(ADD, ALICE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await emails() == []
    await add(BOB)
    assert await emails() == ["bob@example.com"]


@pytest.mark.usefixtures("live_database")
async def test_a_refused_statement_rolls_everything_back() -> None:
    with pytest.raises(DataRefused):
        await add(BOB, ALICE, ALICE)
    assert await emails() == []


@pytest.mark.usefixtures("live_database")
async def test_a_wrong_statement_fails_in_plain_words() -> None:
    with pytest.raises(DatabaseFailed) as caught:
        async with transaction() as tx:
            await tx.query("SELECT * FROM no_such_table")
    assert "no_such_table" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.usefixtures("live_database")
async def test_one_inside_another_is_an_error_of_the_program() -> None:
    async with transaction() as tx:
        await tx.query(ADD, ALICE)
        with pytest.raises(RuntimeError, match="pass the outer one on"):
            async with transaction():
                pass
    assert await emails() == ["alice@example.com"]


async def add(*people: dict[str, str]) -> None:
    async with transaction() as tx:
        for person in people:
            await tx.query(ADD, person)


@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("refused", ["x" * 256, "a\x00b"])
async def test_a_value_that_cannot_be_stored_undoes_the_others(refused: str) -> None:
    with pytest.raises(DataRefused):
        await add_together(ALICE, {"email": refused})
    assert await emails() == []


@pytest.mark.usefixtures("live_database")
async def test_one_that_need_not_be_durable_at_once_is_committed_like_any_other() -> None:
    async with transaction(durable_at_once=False) as tx:
        await tx.query(ADD, ALICE)
        assert await tx.query("SHOW synchronous_commit") == [("off",)]
    assert await query("SHOW synchronous_commit") == [("on",)]
    assert await emails() == ["alice@example.com"]


def wait_until_asleep(conninfo: str) -> None:
    """Return once the server runs a statement that sleeps: one that is cancelled before it began goes on."""
    with psycopg.connect(conninfo, autocommit=True) as admin:
        while not admin.execute(ASLEEP).fetchall():
            sleep(0.005)


async def test_a_cancelled_one_leaves_nothing_behind_and_its_connection_clean(database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(database), "DATABASE_POOL_MAX": "1"})
    async with database_module.open_database(settings):

        async def work() -> None:
            async with transaction() as tx:
                await tx.query(ADD, ALICE)
                await tx.query("SELECT pg_sleep(30)")

        task = asyncio.create_task(work())
        await asyncio.to_thread(wait_until_asleep, database)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await emails() == []
        assert pool().get_stats()["pool_size"] == 1


async def test_it_is_broken_off_after_its_time_as_a_whole(database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(database), "DATABASE_STATEMENT_TIMEOUT_MS": "300"})
    async with database_module.open_database(settings):

        async def sleep_often() -> None:
            async with transaction() as tx:
                for _ in range(100):
                    await tx.query("SELECT pg_sleep(0.1)")

        started = monotonic()
        with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
            await sleep_often()
        assert 0.7 < monotonic() - started < 3
        assert await query("SELECT 1") == [(1,)]


async def test_a_longer_time_is_given_to_each_of_its_statements_and_to_no_other(database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(database), "DATABASE_STATEMENT_TIMEOUT_MS": "100"})
    async with database_module.open_database(settings):
        async with transaction(within_s=30) as tx:
            await tx.query("SELECT pg_sleep(0.8)")
            assert await tx.query("SHOW statement_timeout") == [("30s",)]
        assert await query("SHOW statement_timeout") == [("100ms",)]
        with pytest.raises(DatabaseUnavailable, match="took too long"):
            await query("SELECT pg_sleep(5)")


@pytest.mark.usefixtures("live_database")
@pytest.mark.owner
async def test_of_two_that_wait_for_each_other_one_is_refused_and_the_other_done() -> None:
    await query("INSERT INTO users (email) VALUES ('alice@example.com'), ('bob@example.com')")
    both_hold_one = asyncio.Barrier(2)

    async def rename(first: dict[str, str], second: dict[str, str]) -> None:
        async with transaction() as tx:
            await tx.query("SET LOCAL deadlock_timeout = '50ms'")
            await tx.query("UPDATE users SET display_name = 'x' WHERE email = %(email)s", first)
            await both_hold_one.wait()
            await tx.query("UPDATE users SET display_name = 'x' WHERE email = %(email)s", second)

    results = await asyncio.gather(rename(ALICE, BOB), rename(BOB, ALICE), return_exceptions=True)
    assert [type(result) for result in results if result] == [Contended]
    assert await query("SELECT count(*) FROM users WHERE display_name = 'x'") == [(2,)]


@pytest.mark.usefixtures("live_database")
async def test_a_lock_that_another_keeps_is_waited_for_no_longer_than_the_lock_timeout(database: str) -> None:
    async def add_soon() -> None:
        async with transaction() as tx:
            await tx.query("SET LOCAL lock_timeout = '50ms'")
            await tx.query(ADD, ALICE)

    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("LOCK TABLE users")
        with pytest.raises(Contended, match="Somebody else"):
            await add_soon()
