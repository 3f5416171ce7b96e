"""Breaking off a connection on which somebody waits too long."""

from time import monotonic

import psycopg
import pytest

from shareable_backlog.database.connection.deadline import hang_up_after

pytestmark = pytest.mark.anyio


async def connected(conninfo: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True)


async def test_what_is_done_in_time_is_left_alone(database: str) -> None:
    async with await connected(database) as connection:
        with hang_up_after(30, connection):
            await connection.execute("SELECT 1")
        await connection.execute("SELECT 2")


async def test_who_waits_too_long_is_told_so_at_once(database: str) -> None:
    connection = await connected(database)
    started = monotonic()
    with pytest.raises(psycopg.errors.ConnectionTimeout), hang_up_after(0.1, connection):
        await connection.execute("SELECT pg_sleep(30)")
    assert monotonic() - started < 2
    await connection.close()


async def test_another_error_in_time_stays_what_it_is(database: str) -> None:
    async with await connected(database) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable), hang_up_after(30, connection):
            await connection.execute("SELECT * FROM no_such_table")


async def test_a_connection_that_is_closed_already_does_no_harm(database: str) -> None:
    connection = await connected(database)
    await connection.close()
    with pytest.raises(psycopg.OperationalError), hang_up_after(0, connection):
        await connection.execute("SELECT 1")
