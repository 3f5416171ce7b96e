"""Passkeys are known by their id, and go with their person."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import passkeys
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def add(user_id: int, credential_id: bytes, sign_count: int = 0) -> int | None:
    async with transaction() as tx:
        return await passkeys.add_passkey(
            tx,
            user_id=user_id,
            credential_id=credential_id,
            credential=b"key",
            user_handle=b"handle",
            sign_count=sign_count,
            name="Phone",
        )


async def test_an_id_belongs_to_one_person(database: str) -> None:
    ids = let_in(database)
    assert await add(ids["bob"], b"one")
    assert await add(ids["alice"], b"one") is None
    async with transaction() as tx:
        found = await passkeys.find_by_credential_id(tx, b"one")
        assert await passkeys.find_by_credential_id(tx, b"two") is None
        assert await passkeys.count_passkeys(tx, ids["bob"]) == 1
    assert found
    assert (found.user_id, found.credential, found.user_handle) == (ids["bob"], b"key", b"handle")
    assert await passkeys.list_credential_ids(ids["bob"]) == [b"one"]


@pytest.mark.parametrize(("told", "kept"), [(4, 5), (5, 5), (6, 6)])
async def test_the_greatest_count_stays(database: str, told: int, kept: int) -> None:
    passkey_id = await add(let_in(database)["bob"], b"one", sign_count=5)
    assert passkey_id
    async with transaction() as tx:
        await passkeys.record_use(tx, passkey_id, told)
    assert await query("SELECT sign_count, last_used_at IS NOT NULL FROM passkeys") == [(kept, True)]


async def test_one_or_all_of_a_person_are_removed(database: str) -> None:
    ids = let_in(database)
    first, _, of_alice = [
        await add(ids[one], credential_id) for one, credential_id in (("bob", b"1"), ("bob", b"2"), ("alice", b"3"))
    ]
    async with transaction() as tx:
        assert await passkeys.remove_passkeys(tx, ids["bob"], of_alice) == []
        assert await passkeys.remove_passkeys(tx, ids["bob"], first) == ["Phone"]
        assert await passkeys.remove_passkeys(tx, ids["bob"]) == ["Phone"]
    assert await query("SELECT id FROM passkeys") == [(of_alice,)]
