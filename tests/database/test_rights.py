"""What the program lacks in its database is told by readiness within two seconds, with the fix."""

import asyncio
from time import monotonic

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings
from shareable_backlog.database import migrate, rights
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.database.migrate import files
from shareable_backlog.tasks import end_tasks
from tests.support.database import program_role

pytestmark = pytest.mark.anyio

WITHIN_S = 2.0
LOSSES = [
    ("REVOKE SELECT ON users FROM {role}", "lacks SELECT on users"),
    ("REVOKE SELECT ON backlog_items FROM {role}", "lacks SELECT on backlog_items"),
    ("REVOKE INSERT ON sessions FROM {role}", "lacks INSERT on sessions"),
    ("REVOKE UPDATE, DELETE ON backlog_items FROM {role}", "lacks DELETE on backlog_items, UPDATE on backlog_items"),
    ("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", "lacks SELECT on public.pgmigrations: run"),
    ("REVOKE USAGE ON SCHEMA public FROM {role}, PUBLIC", "lacks USAGE on the schema public: run"),
    ("DROP TABLE user_preferences", "no table user_preferences"),
    ("ALTER TABLE backlog_items RENAME TO elsewhere", "no table backlog_items"),
    ("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO {role}", "slb migrate up"),
    ("CREATE SCHEMA other; ALTER TABLE users SET SCHEMA other", "no table users where its role looks"),
]


def test_the_tables_are_those_that_the_migrations_leave_behind(database: str) -> None:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        there = {name for (name,) in found} - {"pgmigrations"}
    assert set(rights.list_tables(files.read_migrations(migrate.locate_migrations()))) == there


@pytest.mark.parametrize(("loss", "words"), LOSSES)
async def test_a_loss_is_told_within_two_seconds_and_its_end_too(
    settings: Settings, database: str, loss: str, words: str
) -> None:
    async with program_database.open_database(settings):
        watching = asyncio.create_task(schema_watch.watch_schema(asyncio.Event()))
        await until("None")
        with psycopg.connect(database, autocommit=True) as owner:
            role = Identifier(program_role.name_role())
            owner.execute(SQL(loss).format(role=role))  # pyright: ignore[reportArgumentType] (of this file)
        started = monotonic()
        await until(words)
        assert monotonic() - started < WITHIN_S
        await end_tasks(watching)


async def until(words: str) -> None:
    async with asyncio.timeout(20):
        while words not in str(schema_watch.find_problem()):  # noqa: ASYNC110 (nobody is told)
            await asyncio.sleep(0.01)


async def test_who_gets_a_right_back_is_ready_again(settings: Settings, database: str) -> None:
    tables = rights.list_tables(files.read_migrations(migrate.locate_migrations()))
    role = Identifier(program_role.name_role())
    async with program_database.open_database(settings):
        assert await rights.describe_lack(tables) is None
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(SQL("REVOKE SELECT ON users, teams, labels, people, cycles, comments FROM {}").format(role))
            told = await rights.describe_lack(tables)
            assert told
            assert (
                "lacks SELECT on comments, SELECT on cycles, SELECT on labels, SELECT on people, SELECT on teams"
                in told
            )
            assert " and 1 more: run, as the owner of the tables, `slb database grants --program" in told
            owner.execute(SQL("GRANT SELECT ON users, teams, labels, people, cycles, comments TO {}").format(role))
        assert await rights.describe_lack(tables) is None
