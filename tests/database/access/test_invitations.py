"""Invitations as they are stored."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import invitations
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def add(conninfo: str) -> int:
    """Let alice invite bob, who has not come yet, and return the invitation's id."""
    ids = let_in(conninfo)
    async with transaction() as tx:
        return await invitations.add_invitation(tx, ids["bob"], ids["alice"], "Hello")


async def test_an_open_one_says_who_invited_whom(database: str) -> None:
    id_ = await add(database)
    [found] = await invitations.list_open(10)
    assert found == await invitations.find_open(id_)
    assert (found.email, found.inviter, found.note) == ("bob@example.com", "alice@example.com", "Hello")
    await query("UPDATE users SET display_name = 'Alice A.' WHERE email = 'alice@example.com'")
    assert (await invitations.list_open(10))[0].inviter == "Alice A."


@pytest.mark.parametrize("change", ["last_access_at = now()", "is_disabled = true", "access_until = now()"])
async def test_it_is_closed_once_they_came_or_may_not_come(database: str, change: str) -> None:
    id_ = await add(database)
    await query(f"UPDATE users SET {change} WHERE email = 'bob@example.com'")  # pyright: ignore[reportArgumentType] (of this file)
    assert await invitations.list_open(10) == []
    async with transaction() as tx:
        assert await invitations.lock_open(tx, id_) is None


async def test_a_sending_is_noted_once_in_its_time(database: str) -> None:
    id_ = await add(database)
    async with transaction() as tx:
        assert not await invitations.note_sending(tx, id_, 60)
        assert await invitations.note_sending(tx, id_, 0)
    assert (await invitations.list_open(10))[0].sendings == 2
