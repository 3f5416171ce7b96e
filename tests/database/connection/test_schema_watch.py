"""Whether the database's schema is the one that this program knows, watched all the time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from unittest import mock

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog import database as program_database
from shareable_backlog.config import Secret, Settings, parse_settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.tasks import end_tasks
from tests.conftest import as_url

pytestmark = pytest.mark.anyio

NOT_CHECKED_YET = "The database's schema has not been checked yet. Please try again in a few seconds."


@pytest.fixture(autouse=True)
def _asks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_watch, "_WHILE_WRONG_S", 0.01)
    monkeypatch.setattr(schema_watch, "_WHILE_RIGHT_S", 0.01)


@asynccontextmanager
async def watch(settings: Settings) -> AsyncGenerator[None]:
    """Watch the database of `settings`, from the first look at it on."""
    looked = asyncio.Event()
    async with program_database.open_database(settings):
        task = asyncio.create_task(schema_watch.watch_schema(looked))
        try:
            async with asyncio.timeout(20):
                await looked.wait()
            yield
        finally:
            await end_tasks(task)


async def until(words: str) -> None:
    """Wait until the problem has these words in it; "None" is that there is none."""
    async with asyncio.timeout(20):
        while words not in str(schema_watch.find_problem()):  # noqa: ASYNC110 (nobody is told)
            await asyncio.sleep(0.005)


async def test_a_schema_that_is_right_is_no_problem(settings: Settings) -> None:
    async with watch(settings):
        assert schema_watch.find_problem() is None


async def test_until_the_first_look_it_is_not_known(settings: Settings) -> None:
    looked = asyncio.Event()
    async with watch(settings):
        pass
    away = replace(settings, database_url=Secret("postgresql://127.0.0.1:1/nobody"))
    async with program_database.open_database(away):
        task = asyncio.create_task(schema_watch.watch_schema(looked))
        await asyncio.sleep(0)
        assert (schema_watch.find_problem(), looked.is_set()) == (NOT_CHECKED_YET, False)
        async with asyncio.timeout(20):
            await looked.wait()
        assert schema_watch.find_problem() == NOT_CHECKED_YET, "of a database that is away nothing is known"
        await end_tasks(task)


async def test_an_empty_database_is_behind_and_the_command_is_said(empty_database: str) -> None:
    async with watch(parse_settings({"DATABASE_URL": as_url(empty_database)})):
        problem = schema_watch.find_problem()
    assert problem
    assert "migrations, 001_create-users-table.sql to " in problem


@pytest.mark.owner
async def test_each_way_to_be_wrong_is_seen_and_that_it_is_over(settings: Settings) -> None:
    last = "SELECT max(name) FROM pgmigrations"
    async with watch(settings):
        [(name,)] = await query(last)
        await query("UPDATE pgmigrations SET name = '999_from-the-future' WHERE name = %(name)s", {"name": name})
        await until("is newer than this program, which does not know 999_from-the-future")
        await query("DELETE FROM pgmigrations WHERE name = '999_from-the-future'")
        await until(f"is behind: run `slb migrate up` ({name}.sql)")
        await query("INSERT INTO pgmigrations (name, run_on) VALUES (%(name)s, now())", {"name": name})
        await until("None")


@pytest.mark.owner
async def test_the_program_goes_on_beside_what_its_next_version_only_added(settings: Settings) -> None:
    with capture_logs() as logged:
        async with watch(settings):
            await until("None")
            await query("CREATE TABLE figs (id INTEGER)")
            await query("INSERT INTO pgmigrations (name, run_on) VALUES ('999_expand-by-figs', now())")
            assert await schema_watch.check_schema() is None
    assert [entry for entry in logged if entry["event"] == "schema_is_wrong"] == []


async def test_what_is_wrong_is_logged_when_it_is_found_and_not_at_each_look(empty_database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(empty_database)})
    with capture_logs() as logged, mock.patch.object(schema_watch, "query", wraps=query) as looks:
        async with watch(settings), asyncio.timeout(20):
            while looks.call_count < 4:  # noqa: ASYNC110 (nobody is told)
                await asyncio.sleep(0.005)
    [wrong] = [entry for entry in logged if entry["event"] == "schema_is_wrong"]
    assert wrong["log_level"] == "error"
    assert "slb migrate up" in wrong["reason"]


@pytest.mark.owner
async def test_a_ledger_that_can_not_be_read_is_a_problem_in_words(settings: Settings) -> None:
    async with watch(settings):
        await query("ALTER TABLE pgmigrations RENAME COLUMN name TO other_name")
        await until("The data could not be read or stored.")
