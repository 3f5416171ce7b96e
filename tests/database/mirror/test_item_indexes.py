"""The indexes of items are set aside while an empty mirror is filled, and come back whatever happens meanwhile."""

import asyncio

import psycopg
import pytest

from shareable_backlog import tracing
from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import item_indexes, mirror
from shareable_backlog.streams.issues import ItemRow
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def list_indexes() -> dict[str, str]:
    return dict(
        await query(
            "SELECT indexname::text, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' AND tablename = 'backlog_items'"
        )
    )


async def store_item() -> None:
    async with transaction() as tx:
        await mirror.upsert_rows(tx, ItemRow, [mirrored.item(1)], seen_at=mirrored.NOON)


@pytest.mark.owner
async def test_all_but_the_keys_are_set_aside_and_come_back_as_they_were() -> None:
    before = await list_indexes()
    assert await item_indexes.set_aside()
    assert list(await list_indexes()) == ["backlog_items_pkey"]
    await store_item()
    await item_indexes.restore()
    assert await list_indexes() == before
    assert await query("SELECT name FROM set_aside_indexes") == []


@pytest.mark.owner
async def test_a_mirror_that_has_an_item_keeps_its_indexes() -> None:
    before = await list_indexes()
    await store_item()
    assert not await item_indexes.set_aside()
    assert await list_indexes() == before


async def test_a_role_that_owns_no_tables_goes_on_with_the_indexes() -> None:
    before = await list_indexes()
    assert not await item_indexes.set_aside()
    await item_indexes.restore()
    assert await list_indexes() == before


async def test_where_nothing_is_set_aside_it_takes_no_longer_than_one_statement_may() -> None:
    with tracing.trace_statements() as trace:
        await item_indexes.restore()
    assert [one.sql for one in trace.statements] == ["SELECT 1 FROM set_aside_indexes LIMIT 1"]


async def test_what_an_owner_has_set_aside_the_programs_role_leaves_to_an_owner(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SELECT set_indexes_aside()")
    await item_indexes.restore()
    assert list(await list_indexes()) == ["backlog_items_pkey"]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SELECT restore_index() FROM set_aside_indexes")
    assert "idx_backlog_items_identifier" in await list_indexes()


@pytest.mark.owner
async def test_somebody_who_goes_on_reading_keeps_the_indexes(database: str) -> None:
    before = await list_indexes()
    with psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM backlog_items")
        assert not await item_indexes.set_aside()
    assert await list_indexes() == before


@pytest.mark.owner
async def test_two_who_put_back_at_once_build_each_index_once() -> None:
    before = await list_indexes()
    await item_indexes.set_aside()
    await asyncio.gather(item_indexes.restore(), item_indexes.restore())
    assert await list_indexes() == before


@pytest.mark.owner
async def test_an_index_that_somebody_has_made_by_hand_meanwhile_stays() -> None:
    before = await list_indexes()
    await item_indexes.set_aside()
    async with transaction() as tx:
        await tx.query("CREATE INDEX idx_backlog_items_identifier ON backlog_items (identifier)")
    await item_indexes.restore()
    assert await list_indexes() == before
