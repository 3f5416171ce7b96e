"""The seals as the database keeps them: each follows the one before it and takes over rows that wait, once."""

from datetime import UTC, datetime
from typing import LiteralString

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.database.audit import audit_seals
from shareable_backlog.database.audit.audit_seals import AuditSeal, UnsealedCount
from shareable_backlog.errors import DatabaseFailed

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

FIRST = AuditSeal(
    number=1,
    position=2,
    ids=[1, 2],
    row_hashes=bytes(64),
    pruned_number=-1,
    pruned_position=0,
    pruned_hash=b"",
    sealed_at=datetime(2026, 1, 1, tzinfo=UTC),
    hash=bytes(32),
    key_id="k",
    mac=bytes(32),
)


async def write(count: int) -> None:
    for _ in range(count):
        await query("INSERT INTO audit_logs (action) VALUES ('x')")


async def add(*seals: AuditSeal) -> None:
    for seal in seals:
        async with transaction() as tx:
            await audit_seals.add_seal(tx, seal)


async def test_a_fresh_log_begins_with_a_seal_of_nothing() -> None:
    async with transaction() as tx:
        newest, now = await audit_seals.read_newest(tx)
    assert newest
    assert (newest.number, newest.position, newest.ids, newest.hash, newest.key_id) == (0, 0, [], b"", None)
    assert abs((datetime.now(UTC) - now).total_seconds()) < 60


async def test_a_seal_takes_over_the_rows_that_it_names() -> None:
    await write(3)
    assert await audit_seals.has_unsealed()
    await add(FIRST)
    async with transaction() as tx:
        assert (await audit_seals.read_newest(tx))[0] == FIRST
        count = await audit_seals.count_unsealed(tx)
    assert count.rows == 1
    assert count.oldest_at


async def test_nothing_waits_in_a_fresh_log() -> None:
    assert not await audit_seals.has_unsealed()
    async with transaction() as tx:
        assert await audit_seals.count_unsealed(tx) == UnsealedCount(0, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 2},
        {"position": 3},
        {"ids": [1, 1]},
        {"ids": [1, 9]},
        {"row_hashes": b""},
        {"pruned_number": 1},
        {"pruned_position": 1},
        {"pruned_number": -2},
    ],
)
async def test_a_seal_that_can_not_follow_is_refused(wrong: dict[str, object]) -> None:
    await write(2)
    with pytest.raises(DatabaseFailed):
        await add(replace(FIRST, **wrong))  # pyright: ignore[reportArgumentType]
    async with transaction() as tx:
        assert (await audit_seals.count_unsealed(tx)).rows == 2


async def test_no_row_is_sealed_twice() -> None:
    await write(2)
    await add(FIRST)
    with pytest.raises(DatabaseFailed):
        await add(replace(FIRST, number=2, position=4))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_seals SET hash = 'x'",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_seals WHERE number = 0",
        "TRUNCATE audit_seals",
    ],
)
async def test_not_even_a_superuser_changes_or_removes_a_seal(change: LiteralString) -> None:
    await write(2)
    await add(FIRST)
    with pytest.raises(DatabaseFailed):
        await query(change)


async def test_seals_come_in_order_as_many_as_have_so_many_rows() -> None:
    await write(4)
    second = replace(FIRST, number=2, position=2, ids=[], row_hashes=b"")
    third = replace(FIRST, number=3, position=4, ids=[3, 4])
    await add(FIRST, second, third)
    async with transaction() as tx:
        begin = await audit_seals.list_seals(tx, None, 2)
        assert [seal.number for seal in begin] == [0, 1, 2][: len(begin)]
        assert [seal.number for seal in await audit_seals.list_seals(tx, FIRST, 2)] == [2, 3]
        assert await audit_seals.list_seals(tx, third, 2) == []


async def test_what_a_seal_says_is_pruned_goes_and_nothing_else() -> None:
    await write(3)
    async with transaction() as tx:
        assert await audit_seals.remove_pruned(tx) == 0
    third = replace(FIRST, number=2, position=3, ids=[3], row_hashes=bytes(32))
    await add(FIRST, third)
    async with transaction() as tx:
        assert await audit_seals.find_pruned_seal(tx, 1) == (0, b"")
        assert await audit_seals.find_pruned_seal(tx, 2) == (1, FIRST.hash)
        assert await audit_seals.find_pruned_seal(tx, -1) is None
    await add(
        replace(third, number=3, ids=[], row_hashes=b"", pruned_number=1, pruned_position=2, hash=b"y"),
    )
    async with transaction() as tx:
        assert await audit_seals.remove_pruned(tx) == 2
    assert await query("SELECT id FROM audit_logs") == [(3,)]
    assert await query("SELECT number FROM audit_seals ORDER BY number") == [(2,), (3,)]


async def test_a_seal_is_known_by_its_place_and_hash_until_it_is_pruned() -> None:
    await write(2)
    await add(FIRST)
    async with transaction() as tx:
        assert await audit_seals.has_seal(tx, 2, FIRST.hash)
        assert not await audit_seals.has_seal(tx, 2, b"x")
        assert not await audit_seals.has_seal(tx, 1, FIRST.hash)
    await add(replace(FIRST, number=2, ids=[], row_hashes=b"", pruned_number=1, pruned_position=2, hash=b"y"))
    async with transaction() as tx:
        await audit_seals.remove_pruned(tx)
        assert await audit_seals.has_seal(tx, 2, FIRST.hash)


async def test_who_seals_waits_for_who_seals_already() -> None:
    async with transaction() as tx:
        await audit_seals.hold_seal_lock(tx)
        locks = await tx.query(
            "SELECT granted FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND objid = 5317002 AND datname = current_database()"
        )
        assert locks == [(True,)]
