"""The numbers of the overview, each as the rows of the database have it."""

import asyncio

import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import overview, pool, query, transaction
from shareable_backlog.database.migrate import files
from tests.conftest import as_url
from tests.support.mirrored import item, store, team
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of the personas, each with a session."""
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "edgar", "erin")


async def test_connections_are_counted_by_what_they_are_at(settings: Settings) -> None:
    async with program_database.open_database(settings):
        await pool().wait()
        before = overview.read_pool_numbers()
        async with transaction() as tx:
            await tx.query("SELECT 1")
            at_work = overview.read_pool_numbers()
    assert (before.limit, before.waiting) == (20, 0)
    assert (before.open, before.idle) == (2, 2)
    assert (at_work.open, at_work.idle) == (2, 1)


async def test_who_waits_for_a_connection_is_counted(database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(database), "DATABASE_POOL_MAX": "1"})
    async with program_database.open_database(settings), asyncio.timeout(20):
        async with pool().connection():
            asking = asyncio.create_task(query("SELECT 1"))
            while not overview.read_pool_numbers().waiting:  # noqa: ASYNC110 (nobody is told)
                await asyncio.sleep(0)
            found = overview.read_pool_numbers()
            assert (found.limit, found.open, found.idle, found.waiting) == (1, 1, 0, 1)
            assert 1 <= found.queued <= found.requests
        await asking


async def test_people_are_counted_by_their_state_and_no_state_without_anybody(ids: dict[str, int]) -> None:
    assert await overview.count_people_by_state() == {"active": 3, "declined": 1, "disabled": 1, "pending": 1}
    await query("UPDATE users SET access_until = now() WHERE id = %(bob)s", ids)
    assert (await overview.count_people_by_state())["expired"] == 1


async def test_sessions_are_counted_that_are_young_enough_and_not_of_people_who_were_shut_out(
    ids: dict[str, int],
) -> None:
    assert await overview.count_sessions(72, 30) == 4
    await query("UPDATE sessions SET last_seen_at = now() - interval '72 hours' WHERE user_id = %(alice)s", ids)
    await query("UPDATE sessions SET created_at = now() - interval '30 days' WHERE user_id = %(bob)s", ids)
    assert await overview.count_sessions(72, 30) == 2


@pytest.mark.usefixtures("live_database")
async def test_items_are_counted_that_are_in_the_list_of_who_sees_everything() -> None:
    assert await overview.count_shown_items() == 0
    await store(team("SEC", private=True), item(1), item(2), item(3, trashed=True), item(4, team="SEC"))
    await query("UPDATE backlog_items SET archived_at = now() WHERE number = 2")
    assert await overview.count_shown_items() == 1


@pytest.mark.usefixtures("live_database")
async def test_the_server_is_told_by_its_version_and_the_last_migration() -> None:
    found = await overview.read_server()
    assert [(found.version,)] == await query("SHOW server_version")
    assert found.schema == files.read_migrations(files.locate_migrations())[-1].name


@pytest.mark.usefixtures("live_database")
@pytest.mark.owner
async def test_before_the_first_migration_there_is_no_last_one() -> None:
    await query("DELETE FROM pgmigrations")
    assert (await overview.read_server()).schema is None
