"""The chain of the audit log as it is stored: its head, its links page by page, and what stands outside of it."""

import hashlib
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.audit import audit_chain
from shareable_backlog.database.audit.audit_chain import ChainHead
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

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


async def alter(sql: LiteralString) -> None:
    """Change what nobody may change."""
    async with transaction() as tx:
        await tx.query(UNSEEN)
        await tx.query(sql)


async def write_removal(details: str) -> None:
    await query(
        "INSERT INTO audit_logs (action, details) VALUES ('audit.pruned', %(details)s::jsonb)", {"details": details}
    )


async def positions(after: int, limit: int) -> list[int]:
    return [link.position for link in (await audit_chain.read_page(after, limit))[1]]


@pytest.mark.usefixtures("live_database")
async def test_an_empty_log_has_a_head_and_no_links() -> None:
    assert await audit_chain.read_page(0, 10) == (ChainHead(0, b"", 0, b""), [])


@pytest.mark.usefixtures("live_database")
async def test_a_log_without_a_head_says_so() -> None:
    await write()
    await alter("DELETE FROM audit_chain_heads")
    assert await audit_chain.read_page(0, 10) == (None, [])


@pytest.mark.usefixtures("live_database")
async def test_the_head_comes_with_every_page_even_beyond_the_last_row() -> None:
    await write(2)
    await alter("UPDATE audit_chain_heads SET pruned_position = 1, pruned_hash = 'x'")
    [(position, last_hash)] = await query("SELECT position, hash FROM audit_chain_heads")
    assert position == 2
    for after in (0, 1, 2):
        assert (await audit_chain.read_page(after, 1))[0] == ChainHead(2, last_hash, 1, b"x")


@pytest.mark.usefixtures("live_database")
async def test_links_come_by_their_place_page_by_page() -> None:
    await write(5)
    await alter("UPDATE audit_logs SET position = 11 - position")
    assert await positions(0, 3) == [6, 7, 8]
    assert await positions(8, 3) == [9, 10]
    assert await positions(10, 3) == []


async def test_a_link_has_all_that_its_hash_covers_and_whom_it_is_about(bob: int) -> None:
    await write(user_id=bob)
    await write(user_id=bob)
    _, [first, second] = await audit_chain.read_page(0, 10)
    assert (first.user_id, first.actor_id) == (bob, bob)
    [(as_microseconds,)] = await query(
        "SELECT (extract(epoch FROM created_at) * 1000000)::bigint::text FROM audit_logs ORDER BY id LIMIT 1"
    )
    assert first.values == [
        "1", str(first.id), str(bob), "bob@example.com", "item.viewed", None, "ENG-0", '{"to": [1.50, null]}',
        "192.0.2.1", None, "true", "done", as_microseconds,
    ]  # fmt: skip
    written = ",".join("-" if value is None else f"{len(value)}:{value}" for value in second.values)
    assert first.hash
    assert second.hash == hashlib.sha256(first.hash + written.encode()).digest()


async def test_a_link_keeps_who_acted_when_the_person_is_deleted(bob: int) -> None:
    await write(user_id=bob)
    _, [before] = await audit_chain.read_page(0, 1)
    await query("DELETE FROM users")
    _, [after] = await audit_chain.read_page(0, 1)
    assert (after.user_id, after.actor_id) == (None, bob)
    assert (after.values, after.hash) == (before.values, before.hash)


@pytest.mark.usefixtures("live_database")
async def test_a_row_without_a_hash_is_a_link_without_one() -> None:
    await write()
    await alter("UPDATE audit_logs SET hash = NULL")
    _, [link] = await audit_chain.read_page(0, 1)
    assert link.hash is None


@pytest.mark.usefixtures("live_database")
async def test_rows_without_a_place_are_no_links_and_told_apart() -> None:
    await write()
    assert await audit_chain.list_unchained(10) == []
    await alter("INSERT INTO audit_logs (id, action) VALUES (90, 'x'), (70, 'y'), (80, 'z')")
    assert await audit_chain.list_unchained(2) == [70, 80]
    assert await positions(0, 10) == [1]


@pytest.mark.usefixtures("live_database")
async def test_a_chain_of_which_nothing_was_removed_needs_no_record_of_it() -> None:
    assert await audit_chain.is_pruning_recorded()


@pytest.mark.usefixtures("live_database")
async def test_without_a_head_nothing_says_that_the_beginning_is_right() -> None:
    await alter("DELETE FROM audit_chain_heads")
    assert not await audit_chain.is_pruning_recorded()


@pytest.mark.usefixtures("live_database")
async def test_a_removal_is_recorded_by_a_row_of_the_chain_with_its_place_and_hash() -> None:
    await write(2)
    await alter("UPDATE audit_chain_heads SET pruned_position = 2, pruned_hash = 'abc'")
    for other in ('{"through": 1, "hash": "616263"}', '{"through": 2, "hash": "616264"}', "[]"):
        await write_removal(other)
    await query('INSERT INTO audit_logs (action, details) VALUES (\'x\', \'{"through": 2, "hash": "616263"}\')')
    assert not await audit_chain.is_pruning_recorded()
    await write_removal('{"through": 2, "hash": "616263"}')
    assert await audit_chain.is_pruning_recorded()


@pytest.mark.usefixtures("live_database")
async def test_a_record_of_a_removal_that_was_itself_removed_is_none() -> None:
    await write_removal('{"through": 1, "hash": "616263"}')
    await alter("UPDATE audit_chain_heads SET pruned_position = 1, pruned_hash = 'abc'")
    assert not await audit_chain.is_pruning_recorded()
