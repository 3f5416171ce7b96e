"""Invitations: whom they reach, what they say, and that they let in nobody by mistake."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import Conflict, InvalidInput, NotFound, TooMany
from shareable_backlog.services import invitations
from shareable_backlog.services.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.invitations import InvitedPeople, parse_addresses
from shareable_backlog.services.mail import mails
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio]
MAILS = Outbox(is_set_up=True)


def find_alice(conninfo: str) -> Actor:
    return Actor(let_in(conninfo)["alice"], "alice@example.com", None, None)


async def invite(actor: Actor, *emails: str, **otherwise: Any) -> InvitedPeople:
    given: dict[str, Any] = {"scope": NOTHING, "access_until": None, "note": ""}
    return await invitations.invite_people(MAILS, actor, emails, **(given | otherwise))


async def list_mails() -> list[tuple[str, str, Mapping[str, Any]]]:
    return [tuple(row) for row in await query("SELECT kind, recipient, params FROM outgoing_mails ORDER BY id")]


@pytest.mark.parametrize(
    ("text", "csv", "found"),
    [
        ("bob@example.com", "", ["bob@example.com"]),
        ("A <a@example.com>; b@example.com,\nC@Example.com", "", ["a@example.com", "b@example.com", "c@example.com"]),
        ("a@example.com\r\na@example.com", "", ["a@example.com"]),
        ("", 'name,email\n"Ann","a@example.com"\nBen;b@example.com', ["a@example.com", "b@example.com"]),
        ("a@example.com", "b@example.com", ["a@example.com", "b@example.com"]),
    ],
)
def test_addresses_are_found_in_what_people_paste_and_upload(text: str, csv: str, found: list[str]) -> None:
    assert parse_addresses(text, csv) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bob at example.com", "“bob at example.com”"),
        ("a@example.com\nb@", "“b@”"),
        ("", "1 to 200"),
        (",".join(f"p{number}@example.com" for number in range(201)), "1 to 200"),
    ],
)
def test_what_is_no_address_is_named_and_nobody_is_invited(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_addresses(text)


@pytest.mark.usefixtures("live_database")
async def test_whoever_is_invited_is_let_in_sees_what_was_chosen_and_is_told(database: str) -> None:
    alice = find_alice(database)
    until = datetime(2100, 1, 1, tzinfo=UTC)
    done = await invite(alice, "dan@example.com", "bob@example.com", access_until=until, note="Before Tuesday")
    assert (done.invited, done.known) == (["dan@example.com"], ["bob@example.com"])
    [person] = await query(
        "SELECT is_approved, sees_everything, access_until FROM users WHERE email = 'dan@example.com'"
    )
    assert tuple(person) == (True, False, until)
    [(kind, recipient, params)] = await list_mails()
    assert (kind, recipient) == ("invited", "dan@example.com")
    config = SignInConfig(b"key", "https://example.com/b", frozenset(), MAILS, is_open_in_log=False)
    mail = await mails.build_renderers(config)["invited"](recipient, params)
    assert mail
    assert mail.subject == "alice@example.com invites you to Backlog"
    for words in ("> Before Tuesday", "31 December 2099", "https://example.com/b/", "for reading", "dan@example.com"):
        assert words in mail.text


@pytest.mark.usefixtures("live_database")
async def test_nobody_is_invited_to_what_nobody_chose_nor_until_a_day_gone_by(database: str) -> None:
    alice = find_alice(database)
    with pytest.raises(InvalidInput, match="Choose what they see"):
        await invite(alice, "dan@example.com", scope=None)
    with pytest.raises(InvalidInput, match="already passed"):
        await invite(alice, "dan@example.com", access_until=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="no longer exists"):
        await invite(alice, "dan@example.com", scope=Scope((99,)))
    assert await invitations.list_open() == []
    assert await list_mails() == []


@pytest.mark.usefixtures("live_database")
async def test_admins_are_told_of_who_sees_everything(database: str) -> None:
    await invite(find_alice(database), "dan@example.com", scope=EVERYTHING)
    assert [kind for kind, *_ in await list_mails()] == ["invited", "sharing_widened"]


@pytest.mark.usefixtures("live_database")
async def test_an_invitation_can_be_sent_again_but_not_at_once(database: str) -> None:
    alice = find_alice(database)
    await invite(alice, "dan@example.com")
    [one] = await invitations.list_open()
    with pytest.raises(Conflict, match="ten minutes"):
        await invitations.send_again(MAILS, alice, one.id)
    await query("UPDATE invitations SET sent_at = now() - interval '11 minutes'")
    assert await invitations.send_again(MAILS, alice, one.id) == "dan@example.com"
    assert len(await list_mails()) == 2
    assert (await invitations.list_open())[0].sendings == 2


@pytest.mark.usefixtures("live_database")
async def test_what_is_withdrawn_lets_nobody_in_and_its_mail_is_no_longer_wanted(database: str) -> None:
    alice = find_alice(database)
    await invite(alice, "dan@example.com")
    [one] = await invitations.list_open()
    await invitations.withdraw_invitation(alice, one.id)
    assert await query("SELECT id FROM users WHERE email = 'dan@example.com'") == []
    assert await invitations.find_open(one.id) is None
    actions = [action for (action,) in await query("SELECT action FROM audit_logs ORDER BY id")]
    assert actions == ["person.invited", "invitation.withdrawn"]


@pytest.mark.usefixtures("live_database")
async def test_whoever_has_come_has_no_open_invitation_any_more(database: str) -> None:
    alice = find_alice(database)
    await invite(alice, "dan@example.com")
    [one] = await invitations.list_open()
    await query("UPDATE users SET last_access_at = now() WHERE email = 'dan@example.com'")
    assert await invitations.list_open() == []
    with pytest.raises(NotFound, match="they have come"):
        await invitations.withdraw_invitation(alice, one.id)
    assert await query("SELECT 1 FROM users WHERE email = 'dan@example.com'")


@pytest.mark.usefixtures("live_database")
async def test_beyond_twenty_times_an_hour_nobody_is_invited(database: str) -> None:
    alice = find_alice(database)
    for number in range(20):
        await invite(alice, f"p{number}@example.com")
    with pytest.raises(TooMany):
        await invite(alice, "dan@example.com")
