"""Statements that the server keeps, and what becomes of them when somebody throws them away or changes the schema."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import pytest
from psycopg.sql import SQL
from structlog.testing import capture_logs

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import describe_prepared_use, pool, query, transaction
from shareable_backlog.database.connection.query import query_all
from tests.conftest import as_url

pytestmark = pytest.mark.anyio

OFTEN = 5
COUNT_KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %(start)s"
READ: LiteralString = "SELECT number FROM numbers WHERE number = %(number)s"


@dataclass(frozen=True, slots=True)
class Number:
    number: int


@asynccontextmanager
async def open_database(conninfo: str, wish: str = "auto") -> AsyncGenerator[None]:
    """Open it with one connection, and a table of numbers from 1 to 9."""
    changes = {"DATABASE_URL": as_url(conninfo), "DATABASE_POOL_MAX": "1", "DATABASE_PREPARED_STATEMENTS": wish}
    async with program_database.open_database(parse_settings(changes)):
        await query("CREATE TABLE numbers AS SELECT number FROM generate_series(1, 9) number")
        yield


async def run_often(sql: LiteralString = READ) -> None:
    for _ in range(OFTEN):
        assert await query(sql, {"number": 3})


async def count_kept(start: str) -> int:
    return (await query(COUNT_KEPT, {"start": f"{start}%"}))[0][0]


async def run_unseen(sql: bytes) -> None:
    """Run it on the program's connection without the driver's knowledge."""
    async with pool().connection() as connection:
        connection.pgconn.exec_(sql)


async def change_type(conninfo: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as admin:
        await admin.execute("ALTER TABLE numbers ALTER number TYPE bigint")


@pytest.mark.parametrize(("wish", "kept"), [("auto", 1), ("yes", 1), ("no", 0)])
async def test_what_runs_often_is_kept_unless_the_setting_says_no(database: str, wish: str, kept: int) -> None:
    async with open_database(database, wish):
        await run_often()
        assert await count_kept("SELECT number") == kept
        assert describe_prepared_use().startswith("yes" if kept else "no, as DATABASE_PREPARED_STATEMENTS")


async def test_what_runs_twice_is_not_kept(database: str) -> None:
    async with open_database(database):
        await query(READ, {"number": 1})
        await query(READ, {"number": 2})
        assert await count_kept("SELECT number") == 0


async def test_a_connection_keeps_no_more_than_a_hundred(database: str) -> None:
    async with open_database(database):
        for number in range(120):
            for _ in range(3):
                await query(SQL("SELECT {}").format(number))
        assert await count_kept("SELECT") <= 101, "with the driver's habit to close the last one a statement later"


async def test_what_is_to_be_planned_for_its_values_is_not_kept(database: str) -> None:
    async with open_database(database):
        for _ in range(OFTEN):
            assert await query(READ, {"number": 3}, plan_anew=True) == [(3,)]
            await query_all([(READ, {"number": 3})], row=Number, plan_anew=True)
        assert await count_kept("SELECT number") == 0


async def test_nothing_is_kept_by_a_transaction(database: str) -> None:
    async with open_database(database):
        for _ in range(OFTEN):
            async with transaction(within_s=3) as tx:
                await tx.query(READ, {"number": 3})
                await tx.query_all([(READ, {"number": 4})])
        assert await count_kept("SELECT") == 0
        await run_often()
        assert await count_kept("SELECT number") == 1


async def test_no_two_connections_call_a_statement_the_same(database: str) -> None:
    names: set[str] = set()
    settings = parse_settings({"DATABASE_URL": as_url(database), "DATABASE_POOL_MAX": "1"})
    for _ in range(2):
        async with program_database.open_database(settings):
            for _ in range(2 * OFTEN):
                await query("SELECT 1")
            names |= {name for (name,) in await query("SELECT name FROM pg_prepared_statements")}
    assert len(names) >= 2


@pytest.mark.parametrize("throw_away", [b"DEALLOCATE ALL", b"DISCARD ALL"])
async def test_a_statement_that_somebody_threw_away_is_run_again(database: str, throw_away: bytes) -> None:
    async with open_database(database):
        await run_often()
        await run_unseen(throw_away)
        with capture_logs() as logged:
            assert await query(READ, {"number": 4}) == [(4,)]
        [event] = logged
        assert (event["event"], "set DATABASE_PREPARED_STATEMENTS=no" in event["reason"]) == (
            "prepared_statements_are_stale",
            True,
        )
        assert await query(READ, {"number": 5}) == [(5,)]


async def test_a_change_that_somebody_threw_away_is_run_once(database: str) -> None:
    add: LiteralString = "INSERT INTO numbers VALUES (%(number)s) RETURNING number"
    async with open_database(database):
        await run_often(add)
        await run_unseen(b"DISCARD ALL")
        assert await query(add, {"number": 77}) == [(77,)]
        assert await query("SELECT count(*) FROM numbers WHERE number = 77") == [(1,)]


async def test_a_statement_that_returns_another_type_since_a_migration_is_run_again(database: str) -> None:
    async with open_database(database):
        await run_often()
        await change_type(database)
        with capture_logs() as logged:
            assert await query(READ, {"number": 4}) == [(4,)]
        assert [event["event"] for event in logged] == ["prepared_statements_are_stale"]


async def test_so_are_several_in_one_round_trip(database: str) -> None:
    async def ask() -> list[list[Number]]:
        return await query_all([(READ, {"number": 4}), (READ, {"number": 5})], row=Number)

    async with open_database(database):
        for _ in range(OFTEN):
            await ask()
        await change_type(database)
        assert await ask() == [[Number(4)], [Number(5)]]


async def test_after_a_migration_no_reader_of_many_fails(database: str) -> None:
    """Twenty ask at once, each by a connection with statements of before."""
    settings = parse_settings({"DATABASE_URL": as_url(database)})
    ask: LiteralString = "SELECT number, pg_sleep(0.02)::text FROM numbers WHERE number = %(number)s"

    async def ask_at_once() -> None:
        answers = await asyncio.gather(*(query(ask, {"number": number % 9 + 1}) for number in range(20)))
        assert [rows[0][0] for rows in answers] == [number % 9 + 1 for number in range(20)]

    async with open_database(database):
        pass
    async with program_database.open_database(settings):
        for _ in range(OFTEN):
            await ask_at_once()
        await change_type(database)
        await ask_at_once()


async def test_a_transaction_meets_no_statement_of_before(database: str) -> None:
    async with open_database(database):
        await run_often()
        await change_type(database)
        async with transaction() as tx:
            assert await tx.query(READ, {"number": 4}) == [(4,)]
