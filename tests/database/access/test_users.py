"""The people who may sign in: which state their flags tell, who finds them, and that an admin is always left."""

from datetime import UTC, datetime
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import sessions, users
from shareable_backlog.database.access.sharing import NOTHING
from shareable_backlog.database.access.users import Decision, UserRow
from shareable_backlog.errors import DataRefused
from tests.support.database import chain
from tests.support.database.locking import list_free, run_beside
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

PROVIDER, OTHER_PROVIDER = "https://id.example.com", "https://id.example.org"
SEEN = datetime(2026, 2, 6, 12, tzinfo=UTC)


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of alice (admin), bob (reader), carol (pending), dora (disabled) and edgar (declined)."""
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "edgar")


async def find(user_id: int) -> UserRow:
    async with transaction() as tx:
        found = await users.find_by_id(tx, user_id)
    assert found
    return found


async def find_by_email(email: str) -> UserRow | None:
    async with transaction() as tx:
        return await users.find_by_email(tx, email)


async def alter(user_id: int, changes: LiteralString) -> None:
    await query("UPDATE users SET " + changes + " WHERE id = %(id)s", {"id": user_id})


async def demote(user_id: int) -> bool:
    async with transaction() as tx:
        return await users.demote_admin(tx, user_id)


async def make_admin(user_id: int) -> bool:
    async with transaction() as tx:
        return await users.make_admin(tx, user_id)


async def decide(user_id: int, decision: Decision, *, reason: str | None = None, by: int | None = None) -> UserRow:
    async with transaction() as tx:
        await users.apply_decision(tx, user_id, decision, reason=reason, by=by)
    return await find(user_id)


async def states(ids: dict[str, int]) -> dict[str, str]:
    found = dict(await query(f"SELECT u.id, {users.STATE} FROM users u"))
    return {persona: found[id_] for persona, id_ in ids.items()}


async def test_the_flags_tell_the_state(ids: dict[str, int]) -> None:
    assert await states(ids) == {
        "alice": "active",
        "bob": "active",
        "carol": "pending",
        "dora": "disabled",
        "edgar": "declined",
    }


async def test_an_end_that_has_come_makes_only_those_expired_who_would_be_active(ids: dict[str, int]) -> None:
    before = await states(ids)
    await query("UPDATE users SET access_until = now() + interval '1 hour'")
    assert await states(ids) == before
    await query("UPDATE users SET access_until = now()")
    assert await states(ids) == before | {"alice": "expired", "bob": "expired"}


@pytest.mark.usefixtures("ids")
async def test_only_who_is_pending_waits() -> None:
    assert await query(users.WAITING) == [(1,)]


async def test_a_person_is_found_by_the_mail_address_in_any_case(ids: dict[str, int]) -> None:
    await alter(ids["bob"], "email = 'Bob@Example.com'")
    found = await find_by_email("bOB@example.com")
    assert found
    assert (found.id, found.email, found.state, found.is_admin) == (ids["bob"], "Bob@Example.com", "active", False)
    assert await find_by_email("mallory@example.com") is None


async def test_of_two_who_differ_in_case_alone_the_disabled_one_counts(ids: dict[str, int]) -> None:
    await alter(ids["dora"], "email = 'BOB@example.com'")
    found = await find_by_email("bob@example.com")
    assert found
    assert (found.id, found.state) == (ids["dora"], "disabled")


async def test_who_was_found_is_locked_and_nobody_else(ids: dict[str, int], database: str) -> None:
    async with transaction() as tx:
        await users.find_by_email(tx, "bob@example.com")
        await users.find_by_id(tx, ids["carol"])
        assert await users.find_by_id(tx, 0) is None
        assert list_free(database, "users") == [ids["alice"], ids["dora"], ids["edgar"]]


async def test_an_identity_is_one_subject_of_one_provider(ids: dict[str, int], database: str) -> None:
    async with transaction() as tx:
        await users.add_identity(tx, ids["carol"], OTHER_PROVIDER, "17")
        await users.add_identity(tx, ids["bob"], PROVIDER, "17")
    async with transaction() as tx:
        bob = await users.find_by_identity(tx, PROVIDER, "17")
        assert bob
        assert bob.id == ids["bob"]
        assert ids["bob"] not in list_free(database, "users")
        assert await users.find_by_identity(tx, PROVIDER, "18") is None
        assert await users.has_identity(tx, ids["bob"], PROVIDER)
        assert not await users.has_identity(tx, ids["bob"], OTHER_PROVIDER)


async def test_an_identity_that_is_somebodys_is_nobody_elses(ids: dict[str, int]) -> None:
    async with transaction() as tx:
        await users.add_identity(tx, ids["bob"], PROVIDER, "17")
    with pytest.raises(DataRefused):
        async with transaction() as tx:
            await users.add_identity(tx, ids["carol"], PROVIDER, "17")


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("action", ["person.demoted", "person.deleted", "person.promoted"])
async def test_the_record_knows_by_the_address_who_has_lost_rights(action: str) -> None:
    await query(
        'INSERT INTO audit_logs (action, details) VALUES (%(action)s, \'{"email": "Carol@example.com"}\')',
        {"action": action},
    )
    async with transaction() as tx:
        assert await users.has_lost_rights(tx, "carol@Example.com") == (action != "person.promoted")
        assert not await users.has_lost_rights(tx, "bob@example.com")


async def test_who_is_added_is_pending_and_nothing_else(ids: dict[str, int]) -> None:
    async with transaction() as tx:
        assert await users.add_user(tx, "frank@example.com", "Frank")
        frank = await users.find_by_email(tx, "frank@example.com")
    assert frank
    assert (frank.display_name, frank.state, frank.is_admin, frank.scope) == (
        "Frank",
        "pending",
        False,
        NOTHING,
    )
    assert (frank.approved_at, frank.last_access_at, frank.access_until) == (None,) * 3
    assert frank.id not in ids.values()


async def test_who_is_there_already_is_not_added_and_not_changed(ids: dict[str, int]) -> None:
    async with transaction() as tx:
        assert not await users.add_user(tx, "alice@example.com", "Mallory")
    assert (await find(ids["alice"])).display_name is None


async def test_of_two_who_add_one_person_at_once_one_does(ids: dict[str, int], database: str) -> None:
    del ids

    async def add() -> bool:
        async with transaction() as tx:
            return await users.add_user(tx, "frank@example.com")

    other = "INSERT INTO users (email) VALUES ('frank@example.com')"
    assert not await run_beside(database, other, {}, add())


@pytest.mark.parametrize("persona", ["bob", "carol"])
async def test_who_becomes_an_admin_is_approved_without_an_end(ids: dict[str, int], persona: str) -> None:
    await alter(ids[persona], "access_until = now()")
    before = (await find(ids[persona])).approved_at
    assert await make_admin(ids[persona])
    admin = await find(ids[persona])
    assert (admin.is_admin, admin.state, admin.access_until) == (True, "active", None)
    assert admin.approved_at
    assert before in (None, admin.approved_at), "an earlier approval keeps its time"


@pytest.mark.parametrize("persona", ["dora", "edgar"])
async def test_whose_access_was_ended_becomes_no_admin(ids: dict[str, int], persona: str) -> None:
    assert not await make_admin(ids[persona])
    assert not (await find(ids[persona])).is_admin


async def test_who_is_an_admin_already_is_not_changed(ids: dict[str, int]) -> None:
    assert not await make_admin(ids["alice"])
    assert not await make_admin(0)


async def test_an_admin_can_be_demoted_while_another_is_active(ids: dict[str, int]) -> None:
    await make_admin(ids["bob"])
    assert not await demote(ids["carol"]), "who is no admin"
    assert await demote(ids["alice"])
    assert not (await find(ids["alice"])).is_admin


@pytest.mark.parametrize(
    "of_the_other", ["is_disabled = true", "access_until = now()", "is_approved = false", "is_admin = false"]
)
async def test_the_last_active_admin_is_not_demoted(ids: dict[str, int], of_the_other: LiteralString) -> None:
    await make_admin(ids["bob"])
    await alter(ids["bob"], of_the_other)
    assert not await demote(ids["alice"])
    assert (await find(ids["alice"])).is_admin


async def test_two_admins_at_once_can_not_take_each_others_rights(ids: dict[str, int], database: str) -> None:
    await make_admin(ids["bob"])
    other = "UPDATE users SET is_admin = false WHERE id = %(alice)s"
    assert not await run_beside(database, other, ids, demote(ids["bob"]))


async def test_all_admins_are_locked_and_the_active_ones_given(ids: dict[str, int], database: str) -> None:
    await make_admin(ids["bob"])
    await alter(ids["bob"], "access_until = now()")
    async with transaction() as tx:
        assert await users.lock_admins(tx) == [ids["alice"]]
        assert list_free(database, "users") == [ids["carol"], ids["dora"], ids["edgar"]]


async def test_an_approval_keeps_who_gave_it_and_forgets_an_earlier_reason(ids: dict[str, int]) -> None:
    await alter(ids["carol"], "decision_reason = 'not yet'")
    carol = await decide(ids["carol"], "approve", by=ids["alice"])
    assert (carol.state, carol.decision_reason, carol.approved_at is not None) == ("active", None, True)
    assert await query("SELECT approved_by FROM users WHERE id = %(carol)s", ids) == [(ids["alice"],)]


@pytest.mark.parametrize(
    ("persona", "decision", "state"), [("carol", "decline", "declined"), ("bob", "disable", "disabled")]
)
async def test_a_refusal_keeps_its_reason_until_it_is_taken_back(
    ids: dict[str, int], persona: str, decision: Decision, state: str
) -> None:
    earlier = (await find(ids[persona])).state
    refused = await decide(ids[persona], decision, reason="not ours")
    assert (refused.state, refused.decision_reason) == (state, "not ours")
    restored = await decide(ids[persona], "restore")
    assert (restored.state, restored.decision_reason) == (earlier, None)


async def test_a_promotion_and_a_demotion_change_nothing_but_the_rights(ids: dict[str, int]) -> None:
    before = await find(ids["bob"])
    assert (await decide(ids["bob"], "promote")).is_admin
    assert await decide(ids["bob"], "demote") == before


async def test_a_change_sets_name_and_end_and_empties_what_is_none(ids: dict[str, int]) -> None:
    for name, end in (("Bob", SEEN), (None, None)):
        async with transaction() as tx:
            await users.update_user(tx, ids["bob"], display_name=name, access_until=end)
        bob = await find(ids["bob"])
        assert (bob.display_name, bob.access_until) == (name, end)


async def test_whoever_waited_for_a_persons_row_sees_the_groups_that_were_given_meanwhile(
    ids: dict[str, int], database: str
) -> None:
    async def read() -> list[str]:
        async with transaction() as tx:
            bob = await users.find_by_id(tx, ids["bob"])
        assert bob
        return bob.groups

    await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers')")
    put = """
        WITH locked AS (UPDATE users SET updated_at = now() WHERE id = %(bob)s)
        INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT %(bob)s, id FROM viewer_groups
    """
    assert await run_beside(database, put, ids, read()) == ["Suppliers"]


async def test_what_a_person_wrote_to_the_admins_is_kept(ids: dict[str, int]) -> None:
    for note in ("I am with the roofers.", None):
        async with transaction() as tx:
            await users.set_access_note(tx, ids["carol"], note)
        assert (await find(ids["carol"])).access_note == note


async def test_whoever_is_deleted_takes_all_their_own_along(ids: dict[str, int]) -> None:
    await query("INSERT INTO user_preferences (user_id) VALUES (%(alice)s)", ids)
    await query("INSERT INTO user_identities (user_id, issuer, subject) VALUES (%(alice)s, 'x', 'y')", ids)
    await query("INSERT INTO api_tokens (user_id, name, token_hash, scopes) VALUES (%(alice)s, 'x', 'x', '{}')", ids)
    async with transaction() as tx:
        await users.delete_user(tx, ids["alice"])
        assert await users.find_by_id(tx, ids["alice"]) is None
    left = [
        await query(f"SELECT 1 FROM {table} WHERE user_id = %(alice)s", ids)
        for table in ("sessions", "user_preferences", "user_identities", "api_tokens")
    ]
    assert left == [[], [], [], []]


async def test_what_a_deleted_person_did_and_decided_stays(ids: dict[str, int]) -> None:
    await decide(ids["carol"], "approve", by=ids["alice"])
    await query("INSERT INTO audit_logs (user_id, action) VALUES (%(alice)s, 'person.approved')", ids)
    async with transaction() as tx:
        await users.delete_user(tx, ids["alice"])
    assert await query("SELECT user_id, actor_id, actor_email FROM audit_logs") == [
        (None, ids["alice"], "alice@example.com")
    ]
    assert (await chain.seal_and_verify_open()).faults == []
    assert (await find(ids["carol"])).state == "active"


async def test_an_admin_who_looked_with_a_deleted_persons_eyes_looks_with_their_own(ids: dict[str, int]) -> None:
    await query("UPDATE sessions SET viewing_as_user_id = %(bob)s WHERE user_id = %(alice)s", ids)
    async with transaction() as tx:
        await users.delete_user(tx, ids["bob"])
    assert await query("SELECT viewing_as_user_id FROM sessions WHERE user_id = %(alice)s", ids) == [(None,)]
    [(session_id,)] = await query("SELECT id FROM sessions WHERE user_id = %(alice)s", ids)
    assert await sessions.is_alive(session_id, 1, 1, as_admin=True)


async def test_mails_to_the_admins_go_to_those_who_are_active(ids: dict[str, int]) -> None:
    for persona in ("carol", "dora"):
        await alter(ids[persona], "is_admin = true")
    async with transaction() as tx:
        assert await users.list_admin_emails(tx) == ["alice@example.com"]
    await make_admin(ids["bob"])
    await alter(ids["alice"], "access_until = now()")
    async with transaction() as tx:
        assert await users.list_admin_emails(tx) == ["bob@example.com"]
