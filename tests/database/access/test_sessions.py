"""Who is signed in: a session lives as long as its person may be here, it is used, and it is young enough."""

from datetime import datetime
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import sessions
from shareable_backlog.database.access.sessions import ListedSession
from shareable_backlog.errors import DataRefused
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

IDLE_HOURS, MAX_DAYS = 72, 30


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of alice (admin) and bob (reader), who have a session each."""
    del live_database
    return let_in(database)


async def find_session(user_id: int) -> int:
    [(session_id,)] = await query("SELECT id FROM sessions WHERE user_id = %(id)s", {"id": user_id})
    return session_id


async def add(user_id: int, token: bytes) -> None:
    async with transaction() as tx:
        await sessions.create_session(
            tx, token_hash=token, user_id=user_id, method="code", ip_address="192.0.2.1", user_agent="Firefox"
        )


async def make_older(user_id: int, *, created: str = "0", seen: str = "0") -> None:
    """Let a person's sessions have begun, and have been used last, as long ago as these intervals."""
    await query(
        """
        UPDATE sessions SET created_at = now() - %(created)s::interval, last_seen_at = now() - %(seen)s::interval
        WHERE user_id = %(id)s
        """,
        {"id": user_id, "created": created, "seen": seen},
    )


async def list_emails(user_id: int | None = None) -> list[str]:
    return [one.email for one in await sessions.list_sessions(user_id, IDLE_HOURS, MAX_DAYS)]


async def last_access(user_id: int) -> datetime | None:
    [(at,)] = await query("SELECT last_access_at FROM users WHERE id = %(id)s", {"id": user_id})
    return at


async def test_a_session_is_alive_while_its_person_is_active(ids: dict[str, int]) -> None:
    session_id = await find_session(ids["bob"])
    assert await sessions.is_alive(session_id, IDLE_HOURS, MAX_DAYS, as_admin=False)
    assert not await sessions.is_alive(session_id, IDLE_HOURS, MAX_DAYS, as_admin=True), "for what only admins may"
    assert await sessions.is_alive(await find_session(ids["alice"]), IDLE_HOURS, MAX_DAYS, as_admin=True)


@pytest.mark.parametrize(
    "change",
    ["is_disabled = true", "is_approved = false", "access_until = now()", "is_approved = false, is_disabled = true"],
)
async def test_a_session_is_not_alive_once_its_person_is_not_active(
    ids: dict[str, int], change: LiteralString
) -> None:
    session_id = await find_session(ids["alice"])
    await query("UPDATE users SET " + change)
    assert not await sessions.is_alive(session_id, IDLE_HOURS, MAX_DAYS, as_admin=False)


@pytest.mark.parametrize("age", [{"seen": f"{IDLE_HOURS} hours"}, {"created": f"{MAX_DAYS} days"}])
async def test_a_session_is_not_alive_once_its_time_is_over(ids: dict[str, int], age: dict[str, str]) -> None:
    await make_older(ids["bob"], **age)
    assert not await sessions.is_alive(await find_session(ids["bob"]), IDLE_HOURS, MAX_DAYS, as_admin=False)


async def test_an_admin_who_is_none_any_more_has_only_what_readers_have(ids: dict[str, int]) -> None:
    session_id = await find_session(ids["alice"])
    await query("UPDATE users SET is_admin = false")
    assert not await sessions.is_alive(session_id, IDLE_HOURS, MAX_DAYS, as_admin=True)
    assert await sessions.is_alive(session_id, IDLE_HOURS, MAX_DAYS, as_admin=False)


async def test_use_is_noted_of_the_session_and_its_person_alone(ids: dict[str, int]) -> None:
    for persona in ("alice", "bob"):
        await make_older(ids[persona], seen="1 hour")
    await sessions.touch_session(await find_session(ids["bob"]))
    assert await query(
        "SELECT user_id, last_access_at = last_seen_at FROM sessions JOIN users ON users.id = user_id"
        " WHERE last_seen_at > now() - interval '1 minute'"
    ) == [(ids["bob"], True)]
    assert await last_access(ids["alice"]) is None


async def test_a_sign_in_is_the_persons_first_access(ids: dict[str, int]) -> None:
    await add(ids["bob"], b"new")
    assert await last_access(ids["bob"]) is not None
    assert await last_access(ids["alice"]) is None


async def test_use_of_a_session_that_has_ended_is_noted_nowhere(ids: dict[str, int]) -> None:
    session_id = await find_session(ids["bob"])
    async with transaction() as tx:
        await sessions.end_sessions(tx, ids["bob"])
    await sessions.touch_session(session_id)
    assert await last_access(ids["bob"]) is None


async def test_a_new_session_is_listed_with_all_that_tells_it_from_others(ids: dict[str, int]) -> None:
    async with transaction() as tx:
        await sessions.end_sessions(tx)
    await add(ids["bob"], b"new")
    [listed] = await sessions.list_sessions(ids["bob"], IDLE_HOURS, MAX_DAYS)
    assert listed == ListedSession(
        listed.id, "bob@example.com", "code", "192.0.2.1", "Firefox", listed.created_at, listed.created_at
    )


async def test_one_token_is_one_session(ids: dict[str, int]) -> None:
    await add(ids["bob"], b"new")
    with pytest.raises(DataRefused):
        await add(ids["alice"], b"new")


async def test_an_admins_session_looks_with_anothers_eyes_until_it_is_taken_back(ids: dict[str, int]) -> None:
    session_id = await find_session(ids["alice"])
    for looked_at in (ids["bob"], None):
        async with transaction() as tx:
            await sessions.set_view_as(tx, session_id, looked_at)
        assert await query("SELECT id, viewing_as_user_id FROM sessions ORDER BY id") == [
            (session_id, looked_at),
            (await find_session(ids["bob"]), None),
        ]


async def test_the_session_that_was_used_last_is_listed_first(ids: dict[str, int]) -> None:
    await make_older(ids["alice"], seen="1 hour")
    await make_older(ids["bob"], seen="2 hours")
    assert await list_emails() == ["alice@example.com", "bob@example.com"]
    assert await list_emails(ids["bob"]) == ["bob@example.com"]


async def test_of_sessions_used_at_one_moment_the_newer_is_listed_first(ids: dict[str, int]) -> None:
    await query("UPDATE sessions SET last_seen_at = now()")
    assert await find_session(ids["alice"]) < await find_session(ids["bob"])
    assert await list_emails() == ["bob@example.com", "alice@example.com"]


@pytest.mark.parametrize("age", [{"seen": "73 hours"}, {"created": "30 days 1 hour"}])
async def test_what_has_ended_by_age_is_not_listed_and_is_deleted(ids: dict[str, int], age: dict[str, str]) -> None:
    await make_older(ids["alice"], created="29 days 23 hours", seen="71 hours")
    await make_older(ids["bob"], **age)
    assert await list_emails() == ["alice@example.com"]
    await sessions.delete_expired(IDLE_HOURS, MAX_DAYS)
    assert await query("SELECT user_id FROM sessions") == [(ids["alice"],)]


async def test_a_person_ends_only_their_own_session(ids: dict[str, int]) -> None:
    session_id = await find_session(ids["bob"])
    async with transaction() as tx:
        assert not await sessions.end_session(tx, session_id, ids["alice"])
        assert await sessions.end_session(tx, session_id, ids["bob"])
        assert not await sessions.end_session(tx, session_id, ids["bob"]), "as it has ended"
    assert await list_emails() == ["alice@example.com"]


async def test_all_sessions_end_of_a_person_or_of_everybody(ids: dict[str, int]) -> None:
    await add(ids["bob"], b"second")
    async with transaction() as tx:
        assert await sessions.end_sessions(tx, ids["bob"]) == 2
    assert await list_emails() == ["alice@example.com"]
    async with transaction() as tx:
        assert await sessions.end_sessions(tx) == 1
