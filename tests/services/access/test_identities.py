"""Coming by an identity provider: known by the subject, joined by a proven address alone, marked without one."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog.database import query
from shareable_backlog.database.access import unverified_emails
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access import identities, sign_in, user_scopes, viewer_groups
from shareable_backlog.services.access.identities import ProvidedIdentity
from shareable_backlog.services.access.sign_in import NewSession, ProxyUser, SignInConfig
from shareable_backlog.services.audit.audit_actions import OPERATOR
from tests.services.access.test_sign_in import CAROL, ENTRANCE, NOBODY, people, records
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ISSUER, ALICE = "https://id.example.com", "alice@example.com"


async def come(entrance: SignInConfig = ENTRANCE, *, is_admin: bool | None = None, **fields: Any) -> NewSession:
    """Come by the identity provider, which vouches for carol."""
    email = fields.pop("verified_email", CAROL)
    claims: dict[str, Any] = {"issuer": ISSUER, "subject": "carol-1", "name": "Carol", "email": email}
    claims |= {"is_email_verified": True} | fields
    identity = ProvidedIdentity(**claims)
    return await identities.accept_identity(entrance, identity, is_admin=is_admin, next_path="/", actor=NOBODY)


async def come_unverified(email: str = CAROL, subject: str = "carol-1", **fields: Any) -> NewSession:
    """Come by the identity provider, which doesn't vouch for this address."""
    return await come(email=email, subject=subject, is_email_verified=False, **fields)


def marked(email: str = CAROL, subject: str = "carol-1") -> str:
    """Return the address under which somebody waits whose own one nobody vouches for."""
    return unverified_emails.build_email(ISSUER, subject, email)


async def test_who_is_known_by_the_subject_needs_no_mail_address_any_more() -> None:
    await come()
    await come(verified_email=None)
    with pytest.raises(SignInFailed, match="gave no verified email address"):
        await come(subject="mallory-2", verified_email=None)
    assert await people() == [(CAROL, False, False)]


async def test_the_name_that_a_provider_tells_is_kept_as_far_as_there_is_room() -> None:
    await come(name="C" * 300)
    await come(subject="bob-1", verified_email="bob@example.com", name=None)
    assert await query("SELECT display_name FROM users ORDER BY id") == [("C" * 255,), (None,)]


async def test_one_person_may_be_known_to_two_providers() -> None:
    await come()
    await come(issuer="https://other.example.com", subject="c")
    assert await query("SELECT count(DISTINCT user_id), count(*) FROM user_identities") == [(1, 2)]


async def test_a_subject_that_comes_twice_at_once_for_the_first_time_comes_in_twice() -> None:
    """As of a browser that opens two pages at once."""
    both = await asyncio.gather(come(), come())
    assert both[0].token != both[1].token
    assert await query("SELECT count(*) FROM user_identities") == [(1,)]


async def test_what_a_providers_group_says_is_followed_on_record(database: str) -> None:
    let_in(database, "alice")
    for is_admin in (True, True, False, False):
        await come(is_admin=is_admin)
    assert (await people())[1] == (CAROL, False, True)
    for action in ("person.promoted", "person.demoted"):
        assert await records(action) == [(CAROL, {"by": "OIDC_ADMIN_GROUP"})]


async def test_a_provider_that_says_nothing_of_groups_changes_no_admin(database: str) -> None:
    let_in(database, "alice")
    await come(verified_email="alice@example.com", subject="alice-1")
    assert await people() == [("alice@example.com", True, True)]


async def test_a_providers_groups_of_viewers_are_followed_on_record_and_others_left_alone() -> None:
    for name in ("Partners", "Roofers", "Suppliers"):
        await viewer_groups.create_group(OPERATOR, name)
    await come()
    [roofers] = (await user_scopes.find_scope(["Roofers"])).group_ids or []
    await viewer_groups.add_member(OPERATOR, roofers, CAROL)
    for groups in (
        {"Partners": True, "Suppliers": True},
        {"Partners": True, "Suppliers": True},
        {},
        {"Partners": False},
    ):
        await come(viewer_groups=groups)
    seen = ["nothing", ["Roofers"], ["Partners", "Roofers", "Suppliers"], ["Roofers", "Suppliers"]]
    assert [(told["before"]["sees"], told["after"]["sees"]) for _, told in await records("person.changed")] == list(
        pairwise(seen)
    )
    assert [who for who, _ in await records("person.changed")] == ["operator", CAROL, CAROL]


async def test_who_was_given_everything_keeps_it_whatever_a_providers_groups_say(database: str) -> None:
    let_in(database, "bob")
    await viewer_groups.create_group(OPERATOR, "Partners")
    await come(verified_email="bob@example.com", subject="bob-1", viewer_groups={"Partners": True})
    assert await query("SELECT sees_everything FROM users") == [(True,)]
    assert await query("SELECT 1 FROM viewer_group_members") == []


async def test_a_group_of_viewers_that_is_not_there_is_named_in_the_log() -> None:
    with capture_logs() as logged:
        await come(viewer_groups={"Partners": True})
    [warning] = [event for event in logged if event["event"] == "viewer_group_missing"]
    assert (warning["groups"], "OIDC_VIEWER_GROUPS" in warning["note"]) == (["Partners"], True)
    assert await people() == [(CAROL, False, False)]


async def test_a_named_admin_is_one_whatever_a_providers_group_says(database: str) -> None:
    let_in(database, "alice", "bob")
    await query("UPDATE users SET is_admin = true")
    entrance = replace(ENTRANCE, admin_emails=frozenset({"alice@example.com"}))
    await come(entrance, verified_email="alice@example.com", subject="alice-1", is_admin=False)
    assert (await people())[0] == ("alice@example.com", True, True)
    assert await records("person.demoted") == []


async def test_whose_address_nobody_vouches_for_waits_and_is_known_again_by_the_subject() -> None:
    with capture_logs() as logged:
        for _ in range(2):
            await come_unverified()
    assert await people() == [(marked(), False, False)]
    assert await query("SELECT issuer, subject FROM user_identities") == [(ISSUER, "carol-1")]
    [warning] = [event for event in logged if event["event"] == "oidc_email_unverified"]
    assert "OIDC_TRUSTED_EMAIL_ISSUER" in warning["note"]


async def test_the_log_says_what_to_do_about_an_address_that_is_missing() -> None:
    with capture_logs() as logged, pytest.raises(SignInFailed):
        await come(email=None)
    [warning] = [event for event in logged if event["event"] == "oidc_email_missing"]
    assert "OIDC_EMAIL_CLAIM" in warning["note"]


async def test_an_address_that_nobody_vouches_for_joins_nobody_who_is_there(database: str) -> None:
    let_in(database, "alice")
    await come_unverified(ALICE, "mallory-2")
    assert await people() == [(ALICE, True, True), (marked(ALICE, "mallory-2"), False, False)]
    rows = await query("SELECT u.email FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.method = 'oidc'")
    assert rows == [(marked(ALICE, "mallory-2"),)]


async def test_an_address_that_nobody_vouches_for_makes_no_named_admin() -> None:
    await come_unverified(ALICE, "mallory-2", entrance=replace(ENTRANCE, admin_emails=frozenset({ALICE})))
    assert await people() == [(marked(ALICE, "mallory-2"), False, False)]


async def test_whoever_proves_an_address_later_is_not_whom_claimed_it() -> None:
    await come_unverified(ALICE, "mallory-2")
    await query("UPDATE users SET is_approved = true")
    await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(ALICE), NOBODY)
    await come(verified_email=ALICE, subject="alice-1")
    assert await people() == [(marked(ALICE, "mallory-2"), False, True), (ALICE, False, False)]
    await come_unverified(ALICE, "mallory-2")
    assert len(await people()) == 2


async def test_several_who_claim_one_address_are_as_many_people() -> None:
    for subject in ("mallory-2", "mallory-3"):
        await come_unverified(ALICE, subject)
    assert len({email for email, _, _ in await people()}) == 2


async def test_an_address_is_its_owners_as_soon_as_the_provider_vouches_for_it() -> None:
    await come_unverified()
    await query("UPDATE users SET is_approved = true")
    await come()
    assert await people() == [(CAROL, False, True)]
    [(actor, details)] = await records("person.changed")
    assert (actor, details["before"], details["after"]) == (CAROL, {"email": marked()}, {"email": CAROL})


async def test_an_address_that_is_somebody_elses_by_then_stays_theirs(database: str) -> None:
    await come_unverified(ALICE, "alice-1")
    let_in(database, "alice")
    await come(verified_email=ALICE, subject="alice-1")
    assert await people() == [(marked(ALICE, "alice-1"), False, False), (ALICE, True, True)]


async def test_a_proven_address_is_not_changed_by_what_the_provider_says_later() -> None:
    await come()
    await come(verified_email="bob@example.com")
    await come_unverified(ALICE)
    assert await people() == [(CAROL, False, False)]
