"""The rows of the audit log as seals and the check read them: all that is hashed, and what stands in no seal."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.audit import audit_chain
from shareable_backlog.database.audit.audit_chain import ChainLink
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.owner, pytest.mark.anyio]

# As only a superuser can, behind the backs of the triggers.
UNSEEN: LiteralString = "SET LOCAL session_replication_role = replica"


@pytest.fixture
def bob(live_database: Settings, database: str) -> int:
    """Return the id of a reader."""
    del live_database
    return let_in(database)["bob"]


async def write(count: int = 1, user_id: int | None = None) -> None:
    for number in range(count):
        await query(
            """
            INSERT INTO audit_logs (user_id, action, resource_id, details, ip_address, is_admin_action)
            VALUES (%(user_id)s, 'item.viewed', %(number)s, '{"to": [1.50, null]}', '192.0.2.1', true)
            """,
            {"user_id": user_id, "number": f"ENG-{number}"},
        )


async def alter(*statements: LiteralString) -> None:
    """Change what nobody may change."""
    async with transaction() as tx:
        await tx.query(UNSEEN)
        for sql in statements:
            await tx.query(sql)


async def read_unsealed(limit: int = 10) -> list[ChainLink]:
    async with transaction() as tx:
        return await audit_chain.list_unsealed(tx, limit)


async def test_a_link_has_all_that_its_hash_covers_and_whom_it_is_about(bob: int) -> None:
    await write(user_id=bob)
    [link] = await read_unsealed()
    assert (link.user_id, link.actor_id, link.position, link.hash) == (bob, bob, None, None)
    [(as_microseconds,)] = await query(
        "SELECT (extract(epoch FROM created_at) * 1000000)::bigint::text FROM audit_logs"
    )
    assert link.values == [
        None, str(link.id), str(bob), "bob@example.com", "item.viewed", None, "ENG-0", '{"to": [1.50, null]}',
        "192.0.2.1", None, "true", "done", as_microseconds,
    ]  # fmt: skip


async def test_a_link_keeps_who_acted_when_the_person_is_deleted(bob: int) -> None:
    await write(user_id=bob)
    [before] = await read_unsealed()
    await query("DELETE FROM users")
    async with transaction() as tx:
        after = (await audit_chain.list_links(tx, [before.id, 77]))[before.id]
    assert (after.user_id, after.actor_id, after.values) == (None, bob, before.values)


@pytest.mark.usefixtures("live_database")
async def test_unsealed_rows_come_by_id_so_many_at_once() -> None:
    await write(3)
    assert [link.id for link in await read_unsealed(2)] == [1, 2]


@pytest.mark.usefixtures("live_database")
async def test_rows_from_before_there_were_seals_come_by_their_place() -> None:
    await write(4)
    await alter("UPDATE audit_logs SET position = 11 - id WHERE id > 1")
    async with transaction() as tx:
        assert [link.position for link in await audit_chain.list_chained(tx, 7, 1)] == [8]
        assert [link.position for link in await audit_chain.list_chained(tx, 8, 10)] == [9]


@pytest.mark.usefixtures("live_database")
async def test_rows_in_no_seal_that_wait_for_none_are_strays() -> None:
    await write(2)
    await alter("INSERT INTO audit_logs (id, action) VALUES (90, 'x'), (70, 'y'), (80, 'z')")
    async with transaction() as tx:
        assert await audit_chain.list_strays(tx, 2) == [70, 80]
        assert await audit_chain.list_lost(tx, 2) == []


@pytest.mark.usefixtures("live_database")
async def test_rows_that_wait_for_a_seal_and_are_gone_are_lost() -> None:
    await write(3)
    await alter("DELETE FROM audit_logs WHERE id > 1")
    async with transaction() as tx:
        assert await audit_chain.list_lost(tx, 1) == [2]


@pytest.mark.usefixtures("live_database")
async def test_only_sealed_rows_at_the_beginning_are_prunable() -> None:
    await write(4)
    await alter(
        "INSERT INTO audit_seals SELECT 1, 3, '{1,2,3}', ''::bytea, pruned_number, pruned_position, pruned_hash,"
        " now(), 'x' FROM audit_seals",
        "UPDATE audit_logs SET created_at = '2026-01-01' WHERE id <> 2",
    )
    now = datetime.now(UTC)
    async with transaction() as tx:
        assert await audit_chain.count_prunable(tx, now - timedelta(hours=1), 10) == 1
        assert await audit_chain.count_prunable(tx, now + timedelta(hours=1), 10) == 3
        assert await audit_chain.count_prunable(tx, now + timedelta(hours=1), 2) == 2
