"""Personal tokens: which are good at this moment, whose they are, and that one that has ended stays ended."""

from datetime import datetime
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.account import api_tokens
from shareable_backlog.database.account.api_tokens import ListedToken, Token
from shareable_backlog.errors import DataRefused
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of alice (admin), bob (reader) and erin (in a group)."""
    del live_database
    return let_in(database, "alice", "bob", "erin")


async def add(
    user_id: int, token_hash: bytes = b"hash", *, name: str = "Report", expires_at: datetime | None = None
) -> int:
    async with transaction() as tx:
        return await api_tokens.create_token(
            tx, user_id=user_id, name=name, token_hash=token_hash, scopes=["items", "me"], expires_at=expires_at
        )


async def revoke(token_id: int, user_id: int | None) -> tuple[int, str] | None:
    async with transaction() as tx:
        return await api_tokens.revoke_token(tx, token_id, user_id)


async def count(user_id: int) -> int:
    async with transaction() as tx:
        return await api_tokens.count_tokens(tx, user_id)


async def alter(token_id: int, changes: LiteralString) -> None:
    await query("UPDATE api_tokens SET " + changes + " WHERE id = %(id)s", {"id": token_id})


async def is_good(token_hash: bytes = b"hash") -> bool:
    return await api_tokens.find_by_hash(token_hash) is not None


async def test_a_token_is_found_by_its_hash_with_its_person(ids: dict[str, int]) -> None:
    [(group_id,)] = await query("SELECT id FROM viewer_groups")
    token_id = await add(ids["erin"])
    await add(ids["alice"], b"another")
    [(version,)] = await query("SELECT version::text FROM mirror_versions")
    assert await api_tokens.find_by_hash(b"hash") == Token(
        token_id,
        ["items", "me"],
        ids["erin"],
        "erin@example.com",
        None,
        is_admin=False,
        is_team_member=False,
        pages_off=[],
        group_ids=[group_id],
        is_due=True,
        version=version,
    )
    assert await api_tokens.find_by_hash(b"unknown") is None


async def test_a_token_is_good_until_its_end(ids: dict[str, int]) -> None:
    token_id = await add(ids["bob"])
    await alter(token_id, "expires_at = now() + interval '1 minute'")
    assert await is_good()
    await alter(token_id, "expires_at = now()")
    assert not await is_good()


@pytest.mark.parametrize("change", ["is_disabled = true", "is_approved = false", "access_until = now()"])
async def test_a_token_is_good_again_once_its_person_may_be_here_again(
    ids: dict[str, int], change: LiteralString
) -> None:
    await add(ids["bob"])
    await query("UPDATE users SET " + change)
    assert not await is_good()
    await query("UPDATE users SET is_disabled = false, is_approved = true, access_until = NULL")
    assert await is_good()


async def test_use_is_due_to_be_noted_at_first_and_then_after_a_minute(ids: dict[str, int]) -> None:
    async def is_due() -> bool:
        found = await api_tokens.find_by_hash(b"hash")
        assert found
        return found.is_due

    token_id = await add(ids["bob"])
    assert await is_due()
    await alter(token_id, "last_used_at = now() - interval '50 seconds'")
    assert not await is_due()
    await alter(token_id, "last_used_at = now() - interval '61 seconds'")
    assert await is_due()


async def test_use_is_noted_of_the_token_and_its_person_alone(ids: dict[str, int]) -> None:
    token_id = await add(ids["bob"])
    await add(ids["bob"], b"second")
    await add(ids["alice"], b"of alice")
    await api_tokens.touch_token(token_id)
    assert await query("SELECT id FROM api_tokens WHERE last_used_at IS NOT NULL") == [(token_id,)]
    assert await query("SELECT id FROM users WHERE last_access_at IS NOT NULL") == [(ids["bob"],)]


async def test_a_persons_tokens_are_listed_newest_first_expired_ones_too_and_no_revoked_ones(
    ids: dict[str, int],
) -> None:
    expired, revoked = await add(ids["bob"], b"1", name="First"), await add(ids["bob"], b"2")
    newest = await add(ids["bob"], b"3", name="Third")
    await add(ids["alice"], b"4")
    await alter(expired, "expires_at = now()")
    await revoke(revoked, None)
    third, first = await api_tokens.list_tokens(ids["bob"])
    assert third == ListedToken(newest, "Third", ["items", "me"], third.created_at, None, None)
    assert (first.id, first.expires_at is not None) == (expired, True)
    assert await count(ids["bob"]) == 2


async def test_of_two_tokens_of_one_hash_the_second_is_refused(ids: dict[str, int]) -> None:
    await add(ids["bob"])
    with pytest.raises(DataRefused):
        await add(ids["alice"])


async def test_a_person_ends_their_own_token_and_no_other(ids: dict[str, int]) -> None:
    token_id = await add(ids["bob"])
    assert await revoke(token_id, ids["alice"]) is None
    assert await is_good()
    assert await revoke(token_id, ids["bob"]) == (ids["bob"], "Report")
    assert not await is_good()


async def test_without_a_person_anybodys_token_is_ended(ids: dict[str, int]) -> None:
    token_id = await add(ids["bob"])
    assert await revoke(token_id, None) == (ids["bob"], "Report")
    assert await revoke(0, None) is None


async def test_a_token_that_has_ended_does_not_end_again(ids: dict[str, int]) -> None:
    token_id = await add(ids["bob"])
    await alter(token_id, "revoked_at = '2026-02-06 12:00Z'")
    assert await revoke(token_id, None) is None
    async with transaction() as tx:
        await api_tokens.revoke_tokens(tx, ids["bob"])
    assert await query("SELECT revoked_at = '2026-02-06 12:00Z' FROM api_tokens") == [(True,)]


async def test_all_tokens_of_a_person_end_and_nobody_elses(ids: dict[str, int]) -> None:
    for token_hash in (b"1", b"2"):
        await add(ids["bob"], token_hash)
    await add(ids["alice"], b"3")
    async with transaction() as tx:
        await api_tokens.revoke_tokens(tx, ids["bob"])
    assert [await is_good(token_hash) for token_hash in (b"1", b"2", b"3")] == [False, False, True]
    assert (await count(ids["bob"]), await count(ids["alice"])) == (0, 1)
