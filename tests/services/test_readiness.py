"""Whether pages can be served: the database answers, and its schema is the one that this program knows."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import migrate, query
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import DatabaseUnavailable, SchemaNotReady
from shareable_backlog.services import readiness
from shareable_backlog.tasks import end_tasks
from tests.conftest import as_url

pytestmark = pytest.mark.anyio

AWAY = "postgresql://bob@127.0.0.1:1/backlog"


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_LOOK_AT_MIRROR_EVERY_S", 0.01)


@asynccontextmanager
async def watched(settings: Settings) -> AsyncGenerator[None]:
    """Open the database and watch its schema, as the program does; begin once it is known, or known to be away."""
    looked = asyncio.Event()
    async with program_database.open_database(settings):
        watching = asyncio.create_task(schema_watch.watch_schema(looked))
        try:
            async with asyncio.timeout(20):
                await looked.wait()
            yield
        finally:
            await end_tasks(watching)


@asynccontextmanager
async def watching_mirror(settings: Settings) -> AsyncGenerator[None]:
    watching = asyncio.create_task(readiness.watch_mirror(settings))
    try:
        yield
    finally:
        await end_tasks(watching)


async def until(is_right: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not is_right():  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)


async def add_run(hours_ago: int) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, completed_at)"
        " VALUES ('succeeded', 'automatic', now() - make_interval(hours => %(hours)s))",
        {"hours": hours_ago},
    )


async def test_with_a_database_of_the_right_schema_pages_can_be_served(settings: Settings) -> None:
    async with watched(settings):
        assert readiness.is_ready()
        await readiness.require_schema()


async def test_with_a_database_of_another_schema_pages_say_what_to_do(empty_database: str) -> None:
    async with watched(parse_settings({"DATABASE_URL": as_url(empty_database)})):
        assert not readiness.is_ready()
        with pytest.raises(SchemaNotReady, match="slb migrate up"):
            await readiness.require_schema()


async def test_while_the_database_is_away_its_schema_is_not_what_is_wrong() -> None:
    async with watched(parse_settings({"DATABASE_URL": AWAY})):
        assert not readiness.is_ready()
        await readiness.require_schema()


async def test_who_comes_before_the_schema_has_been_checked_waits_for_that(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, check = asyncio.Event(), schema_watch.check_schema

    async def check_late() -> str | None:
        await answered.wait()
        return await check()

    monkeypatch.setattr(schema_watch, "check_schema", check_late)
    async with program_database.open_database(settings):
        watching = asyncio.create_task(schema_watch.watch_schema(asyncio.Event()))
        await until(program_database.read_last_connection_test)
        visitor = asyncio.create_task(readiness.require_schema())
        done, _ = await asyncio.wait({visitor}, timeout=0.1)
        assert not done
        answered.set()
        async with asyncio.timeout(20):
            await visitor
        await end_tasks(watching)


async def test_nobody_waits_for_ever_for_a_check_that_does_not_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_watch, "_PATIENCE_S", 0.05)
    async with program_database.open_database(settings):
        await until(program_database.read_last_connection_test)
        with pytest.raises(SchemaNotReady, match="try again in a few seconds"):
            await readiness.require_schema()


async def test_a_mirror_is_late_while_its_last_good_run_is_too_old(settings: Settings) -> None:
    async with watched(settings), watching_mirror(settings):
        await add_run(hours_ago=2)
        await until(readiness.is_mirror_late)
        await add_run(hours_ago=0)
        await until(lambda: not readiness.is_mirror_late())


@pytest.mark.owner
async def test_what_was_found_last_of_the_mirror_holds_while_the_database_can_not_be_asked(
    settings: Settings,
) -> None:
    async with watched(settings), watching_mirror(settings):
        await add_run(hours_ago=2)
        await until(readiness.is_mirror_late)
        with capture_logs() as logged:
            await query("ALTER TABLE sync_history RENAME TO history_of_yore")
            await until(lambda: len([one for one in logged if one["event"] == "query_failed"]) > 1)
        assert readiness.is_mirror_late()


@pytest.mark.owner
async def test_a_program_that_starts_anew_knows_of_no_late_mirror(settings: Settings) -> None:
    async with watched(settings):
        async with watching_mirror(settings):
            await add_run(hours_ago=2)
            await until(readiness.is_mirror_late)
        await query("ALTER TABLE sync_history RENAME TO history_of_yore")
        async with watching_mirror(settings):
            await until(lambda: not readiness.is_mirror_late())


async def test_a_command_gets_a_database_of_the_right_schema(settings: Settings) -> None:
    async with readiness.open_ready_database(settings):
        assert await query("SELECT count(*) FROM users") == [(0,)]


async def test_a_command_does_not_migrate_a_server_of_ones_own_and_says_how_to(empty_database: str) -> None:
    with pytest.raises(SchemaNotReady, match="slb migrate up"):
        async with readiness.open_ready_database(parse_settings({"DATABASE_URL": as_url(empty_database)})):
            pass
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall() == []


async def test_a_command_refuses_a_schema_that_is_ahead_of_this_program(settings: Settings, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO pgmigrations (name, run_on) VALUES ('999_of-tomorrow', now())")
    with pytest.raises(SchemaNotReady):
        async with readiness.open_ready_database(settings):
            pass


async def test_a_command_on_a_database_that_is_away_says_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        async with readiness.open_ready_database(parse_settings({"DATABASE_URL": AWAY})):
            pass


async def test_the_embedded_server_is_migrated_as_nobody_else_looks_after_it(empty_database: str) -> None:
    await readiness.migrate_embedded(Settings(), empty_database)
    assert migrate.read_status(empty_database).find_problem() is None


async def test_the_embedded_server_is_used_beside_what_a_newer_version_only_added(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO pgmigrations (name, run_on) VALUES ('999_expand-by-figs', now())")
    await readiness.migrate_embedded(Settings(), database)


async def test_a_server_of_ones_own_is_left_as_it_is(settings: Settings, empty_database: str) -> None:
    await readiness.migrate_embedded(replace(settings, port=1), empty_database)
    assert migrate.read_status(empty_database).find_problem() is not None
