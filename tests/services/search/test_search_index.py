"""The search index follows the mirror while the server runs."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from shareable_backlog import database
from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.database.search import search_entries
from shareable_backlog.services.search import search_index
from shareable_backlog.tasks import end_tasks
from tests.support import mirrored

pytestmark = pytest.mark.anyio

_A_ROUND_S = 1.2


@pytest.fixture
async def keeping_up(live_database: Settings) -> AsyncGenerator[None]:
    """Let the index follow, once the schema is known to be right."""
    del live_database
    looked = asyncio.Event()
    await database.test_connection()
    watching = asyncio.create_task(schema_watch.watch_schema(looked))
    await looked.wait()
    following = asyncio.create_task(search_index.keep_indexing())
    yield
    assert not following.done()
    await end_tasks(watching, following)


async def none_is_stale() -> None:
    async with asyncio.timeout(10):
        while await search_entries.count_stale(1):  # noqa: ASYNC110 (another process could do it too)
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("keeping_up")
async def test_changed_items_are_read_more_than_one_round_if_need_be() -> None:
    await mirrored.store(*(mirrored.item(number) for number in range(600)), indexed=False)
    await none_is_stale()
    assert await query("SELECT count(*) FROM search_entries WHERE words IS NULL") == [(0,)]


@pytest.mark.owner
@pytest.mark.usefixtures("keeping_up")
async def test_a_failing_statement_does_not_end_it() -> None:
    await query("ALTER TABLE search_entries RENAME TO elsewhere")
    await asyncio.sleep(_A_ROUND_S)
    await query("ALTER TABLE elsewhere RENAME TO search_entries")
    await mirrored.store(mirrored.item(1), indexed=False)
    await none_is_stale()
