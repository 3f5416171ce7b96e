"""Who stays signed in, for how long, and how that ends; the cookie itself is stored nowhere."""

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from tests.support.signed_in import let_in, read_page_user

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

LIMITS = SessionLimits(idle_hours=72, max_days=30)
NOBODY = Actor(None, None, None, None)


@pytest.fixture
def ids(database: str) -> dict[str, int]:
    return let_in(database, "alice", "bob", "carol")


async def begin(user_id: int, actor: Actor = NOBODY) -> str:
    async with transaction() as tx:
        return await sessions.create_session(tx, user_id, "link", actor)


async def session_of(user_id: int) -> int:
    [(session_id,)] = await query("SELECT id FROM sessions WHERE user_id = %(id)s", {"id": user_id})
    return session_id


async def records() -> list[tuple[str, str | None, object]]:
    return [tuple(row) for row in await query("SELECT action, resource_id, details FROM audit_logs ORDER BY id")]


async def test_a_session_begins_with_a_token_of_256_bits_of_which_only_a_hash_is_stored(ids: dict[str, int]) -> None:
    tokens = {await begin(ids["bob"]) for _ in range(3)}
    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {43}
    stored = await query("SELECT token_hash FROM sessions ORDER BY id DESC LIMIT 3")
    assert {bytes(hash_) for (hash_,) in stored} == {sessions.hash_token(token) for token in tokens}


async def test_a_session_knows_from_where_it_was_begun_as_far_as_there_is_room(ids: dict[str, int]) -> None:
    await query("DELETE FROM sessions")
    await begin(ids["bob"], Actor(None, None, "192.0.2.7", "F" * 500))
    await begin(ids["bob"])
    found = await query("SELECT method, ip_address, user_agent FROM sessions ORDER BY id")
    assert found == [("link", "192.0.2.7", "F" * 300), ("link", None, None)]


@pytest.mark.usefixtures("ids")
async def test_signing_out_ends_the_session_that_is_used_and_no_other_of_the_person() -> None:
    bob = (await read_page_user("bob")).user
    await begin(bob.user_id)
    await sessions.end_session(bob, NOBODY)
    assert [one.id == bob.session_id for one in await sessions.list_sessions(bob.user_id, LIMITS)] == [False]
    assert [action for action, *_ in await records()] == ["session.ended"]


@pytest.mark.usefixtures("ids")
async def test_a_program_has_no_session_to_end() -> None:
    program = replace((await read_page_user("bob")).user, session_id=None)
    await sessions.end_session(program, NOBODY)
    assert await query("SELECT count(*) FROM sessions") == [(3,)]
    assert await records() == []


async def test_a_session_is_ended_from_afar_once_and_that_is_on_record(ids: dict[str, int]) -> None:
    session = await session_of(ids["bob"])
    await sessions.revoke_session(OPERATOR, ids["bob"], session)
    with pytest.raises(NotFound, match="already ended"):
        await sessions.revoke_session(OPERATOR, ids["bob"], session)
    assert await sessions.list_sessions(ids["bob"], LIMITS) == []
    assert await records() == [("session.revoked", str(ids["bob"]), {"session": session})]


async def test_nobody_ends_a_session_as_one_of_theirs_that_is_somebody_elses(ids: dict[str, int]) -> None:
    with pytest.raises(NotFound):
        await sessions.revoke_session(OPERATOR, ids["bob"], await session_of(ids["alice"]))
    assert await query("SELECT count(*) FROM sessions") == [(3,)]
    assert await records() == []


async def test_sessions_are_listed_the_latest_used_first(ids: dict[str, int]) -> None:
    await query("UPDATE sessions SET last_seen_at = now() - make_interval(mins => user_id)")
    await begin(ids["carol"])
    everybody = [one.email for one in await sessions.list_sessions(None, LIMITS)]
    assert everybody == [f"{name}@example.com" for name in ("carol", "alice", "bob", "carol")]
    assert [one.email for one in await sessions.list_sessions(ids["bob"], LIMITS)] == ["bob@example.com"]


@pytest.mark.parametrize(
    ("idle", "age", "is_live"),
    [("71 hours", "29 days", True), ("73 hours", "29 days", False), ("71 hours", "31 days", False)],
)
async def test_a_session_that_ended_by_itself_is_not_listed(
    ids: dict[str, int], idle: str, age: str, *, is_live: bool
) -> None:
    await query(
        "UPDATE sessions SET last_seen_at = now() - %(idle)s::interval, created_at = now() - %(age)s::interval",
        {"idle": idle, "age": age},
    )
    assert bool(await sessions.list_sessions(ids["bob"], LIMITS)) == is_live


@pytest.mark.usefixtures("ids")
async def test_everybodys_sessions_end_at_once_and_that_is_on_record_even_for_none() -> None:
    assert [await sessions.flush_sessions(OPERATOR) for _ in range(2)] == [3, 0]
    assert await records() == [
        ("sessions.flushed", None, {"sessions": 3}),
        ("sessions.flushed", None, {"sessions": 0}),
    ]


@pytest.mark.parametrize("persona", ["alice", "bob"])
@pytest.mark.usefixtures("ids")
async def test_a_visitor_is_there_for_as_long_as_the_session_is(persona: str) -> None:
    visitor = (await read_page_user(persona)).user
    assert await sessions.is_alive(visitor, LIMITS)
    await sessions.end_session(visitor, NOBODY)
    assert not await sessions.is_alive(visitor, LIMITS)


@pytest.mark.parametrize(
    ("persona", "change", "is_alive"),
    [
        ("alice", "is_admin = false", False),
        ("bob", "is_admin = true", True),
        ("bob", "is_disabled = true", False),
        ("bob", "is_approved = false", False),
        ("bob", "access_until = now() - interval '1 second'", False),
        ("bob", "access_until = now() + interval '1 hour'", True),
    ],
)
@pytest.mark.usefixtures("ids")
async def test_a_visitor_is_there_no_more_once_the_right_to_see_it_has_gone(
    persona: str, change: str, *, is_alive: bool
) -> None:
    visitor = (await read_page_user(persona)).user
    await query(f"UPDATE users SET {change}")  # pyright: ignore[reportArgumentType] (one of the above)
    assert await sessions.is_alive(visitor, LIMITS) == is_alive


async def test_a_program_is_asked_for_its_token_anew_each_time() -> None:
    program = CurrentUser(
        1, "bob@example.com", None, "active", is_admin=False, method="token", session_id=None, scope=EVERYTHING
    )
    assert not await sessions.is_alive(program, LIMITS)
