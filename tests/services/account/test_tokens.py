"""Tokens: good for what they were made for, as long as they and their person are good."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.errors import (
    Conflict,
    DatabaseFailed,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMany,
)
from shareable_backlog.services.access.sessions import CurrentUser
from shareable_backlog.services.account import tokens
from shareable_backlog.services.account.tokens import TokenUser
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TODAY = datetime.now(UTC).date()


@pytest.fixture
def ids(database: str) -> dict[str, int]:
    return let_in(database, "alice", "bob", "erin")


OUTBOX = Outbox(is_set_up=True)


def actor(user_id: int) -> Actor:
    return Actor(user_id, None, "127.0.0.1", None)


async def made(user_id: int, *rights: str, last_day: date | None = None) -> str:
    return await tokens.create_token(OUTBOX, actor(user_id), user_id, "Report", rights or ("items",), last_day)


async def used(token: str) -> TokenUser:
    return await tokens.authenticate(f"Bearer {token}")


async def recorded(action: str) -> list[tuple[str, str, dict[str, object]]]:
    rows = await query(
        "SELECT actor_email, outcome, details FROM audit_logs WHERE action = %(action)s ORDER BY id",
        {"action": action},
    )
    return [(email, outcome, details) for email, outcome, details in rows]


async def test_a_token_lets_its_person_in_with_their_own_scope(ids: dict[str, int]) -> None:
    found = await used(await made(ids["erin"], "items", "me"))
    [(group_id,)] = await query("SELECT id FROM viewer_groups")
    assert (found.user_id, found.email, found.scope) == (ids["erin"], "erin@example.com", Scope((group_id,)))
    assert (found.session_id, found.rights) == (None, {"items", "me"})


async def test_only_the_hash_of_a_token_is_stored(ids: dict[str, int]) -> None:
    token = await made(ids["bob"])
    [(row,)] = await query("SELECT t::text FROM api_tokens t")
    assert token.startswith("slb_")
    assert len(token) > 40
    assert token not in row
    assert hashlib.sha256(token.encode()).hexdigest() in row


@pytest.mark.parametrize(
    "wrong",
    ["Bearer slb_wrong", "Bearer ", "", "Basic Ym9iOmJvYg==", "Bearer slb_\udcff", "slb_wrong", "Bearer \x00"],
)
async def test_what_is_no_token_lets_nobody_in(wrong: str) -> None:
    with pytest.raises(NotSignedIn):
        await tokens.authenticate(wrong)


@pytest.mark.parametrize(
    "change",
    ["is_disabled = true", "is_approved = false", "access_until = now()", "is_approved = false, is_disabled = true"],
)
async def test_a_token_is_refused_at_once_when_its_person_is_not_active(
    ids: dict[str, int], change: LiteralString
) -> None:
    token = await made(ids["bob"])
    assert (await used(token)).state == "active"
    await query("UPDATE users SET " + change)
    with pytest.raises(NotSignedIn):
        await used(token)


async def test_a_token_goes_with_its_person(ids: dict[str, int]) -> None:
    token = await made(ids["bob"])
    await query("DELETE FROM users WHERE id = %(id)s", {"id": ids["bob"]})
    with pytest.raises(NotSignedIn):
        await used(token)


async def test_a_token_is_good_to_the_end_of_its_last_day(ids: dict[str, int]) -> None:
    token = await made(ids["bob"], last_day=TODAY)
    assert (await used(token)).user_id == ids["bob"]
    [listed] = await tokens.list_tokens(ids["bob"])
    assert listed.expires_at == datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) + timedelta(days=1)
    await query("UPDATE api_tokens SET expires_at = now()")
    with pytest.raises(NotSignedIn):
        await used(token)


async def test_whose_token_was_made_is_told_by_mail(ids: dict[str, int]) -> None:
    token = await made(ids["bob"])
    [(kind, recipient, params)] = await query("SELECT kind, recipient, params::text FROM outgoing_mails")
    assert (kind, recipient) == ("token_made", "bob@example.com")
    assert "Report" in params
    assert token not in params


@pytest.mark.parametrize("last_day", [TODAY - timedelta(days=1), date(1, 1, 1), date.max])
async def test_a_last_day_has_to_be_ahead(ids: dict[str, int], last_day: date) -> None:
    with pytest.raises(InvalidInput):
        await made(ids["bob"], last_day=last_day)


@pytest.mark.parametrize(("name", "rights"), [("", ["items"]), ("x" * 101, ["items"]), ("x", []), ("x", ["write"])])
async def test_a_token_has_a_name_and_known_rights(ids: dict[str, int], name: str, rights: list[str]) -> None:
    with pytest.raises(InvalidInput):
        await tokens.create_token(OUTBOX, actor(ids["bob"]), ids["bob"], name, rights, None)
    assert await tokens.list_tokens(ids["bob"]) == []


async def test_a_person_has_at_most_twenty_tokens(ids: dict[str, int]) -> None:
    for _ in range(20):
        await made(ids["bob"])
    with pytest.raises(Conflict):
        await made(ids["bob"])
    bob = await used(await made(ids["alice"]))
    assert bob.user_id == ids["alice"]


async def test_last_use_is_noted_at_most_once_a_minute(ids: dict[str, int]) -> None:
    token = await made(ids["bob"])
    await used(token)
    assert await query("SELECT last_access_at IS NOT NULL FROM users WHERE id = %(id)s", {"id": ids["bob"]}) == [
        (True,)
    ]
    for ago, is_noted in ((50, False), (70, True)):
        at = "UPDATE api_tokens SET last_used_at = now() - make_interval(secs => %(ago)s)"
        await query(at, {"ago": ago})
        await used(token)
        assert await query("SELECT last_used_at > now() - interval '5 seconds' FROM api_tokens") == [(is_noted,)]


async def test_a_token_may_ask_six_hundred_times_a_minute(ids: dict[str, int]) -> None:
    token, other = await made(ids["bob"]), await made(ids["bob"])
    await used(token)
    # Of this minute and the next, as one may end between the two statements.
    await query(
        """
        INSERT INTO rate_limits (key, window_starts_at, count)
        SELECT key, window_starts_at + interval '1 minute', 0 FROM rate_limits
        """
    )
    await query("UPDATE rate_limits SET count = 600")
    with pytest.raises(TooMany):
        await used(token)
    assert (await used(other)).user_id == ids["bob"]


async def test_a_token_is_refused_what_it_was_not_made_for_and_that_is_recorded(ids: dict[str, int]) -> None:
    program = await used(await made(ids["bob"], "items"))
    await tokens.require_right(program, "items", actor(ids["bob"]))
    with pytest.raises(NotAllowed, match="lacks “me”"):
        await tokens.require_right(program, "me", actor(ids["bob"]))
    assert await recorded("access.refused") == [("bob@example.com", "refused", {"via": "api", "right": "me"})]


async def test_a_person_at_a_browser_needs_no_rights() -> None:
    bob = CurrentUser(
        1, "bob@example.com", None, "active", is_admin=False, method="link", session_id=1, scope=EVERYTHING
    )
    await tokens.require_right(bob, "me", actor(1))


async def test_making_and_revoking_are_recorded_without_the_token(ids: dict[str, int]) -> None:
    token = await made(ids["bob"], "me", "items", last_day=TODAY)
    bob = await used(token)
    [listed] = await tokens.list_tokens(ids["bob"])
    await tokens.revoke_token(actor(ids["bob"]), bob, listed.id)
    assert await tokens.list_tokens(ids["bob"]) == []
    with pytest.raises(NotSignedIn):
        await used(token)
    [(email, outcome, details)] = await recorded("token.created")
    assert (email, outcome, details["name"], details["scopes"]) == (
        "bob@example.com",
        "done",
        "Report",
        ["items", "me"],
    )
    assert await recorded("token.revoked") == [("bob@example.com", "done", {"name": "Report", "user_id": ids["bob"]})]
    assert await query("SELECT 1 FROM audit_logs a WHERE a::text LIKE %(like)s", {"like": f"%{token[4:]}%"}) == []


async def test_admins_revoke_anybodys_tokens_and_others_only_their_own(ids: dict[str, int]) -> None:
    token = await made(ids["bob"])
    bob, alice, erin = await used(token), await used(await made(ids["alice"])), await used(await made(ids["erin"]))
    [listed] = await tokens.list_tokens(ids["bob"])
    with pytest.raises(NotFound):
        await tokens.revoke_token(actor(ids["erin"]), erin, listed.id)
    assert await tokens.revoke_token(actor(ids["alice"]), alice, listed.id) == ids["bob"]
    with pytest.raises(NotFound):
        await tokens.revoke_token(actor(ids["bob"]), bob, listed.id)
    with pytest.raises(NotSignedIn):
        await used(token)


@pytest.mark.owner
async def test_a_token_that_can_not_be_recorded_is_not_made(ids: dict[str, int]) -> None:
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'token.created')")
    with pytest.raises(DatabaseFailed):
        await made(ids["bob"])
    assert await tokens.list_tokens(ids["bob"]) == []
