"""What the mails say: plain words, nobody else's words as ours, nothing that is no longer true."""

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.mail import MailMessage
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.account import accounts
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail import mails, notice_mails, outbox
from shareable_backlog.services.mail.outbox import MailKind, Outbox
from tests.fakes import smtp
from tests.support.signed_in import SECRET_KEY

pytestmark = pytest.mark.anyio

BASE_URL = "https://backlog.example.com"
ENTRANCE = SignInConfig(SECRET_KEY.encode(), BASE_URL, frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
CAROL = Actor(None, "carol@example.com", "192.0.2.9", "a browser")


async def received(live_database: Settings) -> list[tuple[str, str, str]]:
    """Send what waits to a mail server, and return for each mail to whom it went, its subject and its text."""
    settings = replace(live_database, mail_from="backlog@example.com")
    async with smtp.run_mail_server() as server:
        settings = replace(settings, smtp_url=Secret(f"smtp://127.0.0.1:{server.port}"))
        while await outbox.send_waiting(settings, mails.build_renderers(ENTRANCE)):
            pass
    return [(one["To"], one["Subject"], one.get_content()) for one in server.received]


async def added(email: str, **flags: bool) -> int:
    """Add a person and return the id."""
    columns = {"is_admin": False, "is_approved": False} | flags
    [(id_,)] = await query(
        "INSERT INTO users (email, is_admin, is_approved)"
        " VALUES (%(email)s, %(is_admin)s, %(is_approved)s) RETURNING id",
        {"email": email, **columns},
    )
    return id_


async def test_a_sign_in_mail_has_link_code_address_and_what_to_do_when_nobody_asked(live_database: Settings) -> None:
    await sign_in.send_link(ENTRANCE, "carol@example.com", "browser", "/", CAROL)
    [(params,)] = await query("SELECT params FROM outgoing_mails")
    assert set(params) == {"link_id"}, "no secret waits in the database"
    letter = await sign_in.find_url_and_code(ENTRANCE, params)
    assert letter
    [(to, subject, text)] = await received(live_database)
    link, code = letter
    assert to == "carol@example.com"
    assert subject == f"{code[:3]} {code[3:]} is your code for the backlog"
    assert f"\n{link}\n" in text
    assert f"{code[:3]} {code[3:]}" in text
    assert "as carol@example.com." in text
    assert "for 10 minutes" in text
    assert "If you did not ask for it, ignore this email" in text


async def test_of_two_asked_for_only_the_newest_link_is_mailed(live_database: Settings) -> None:
    await sign_in.send_link(ENTRANCE, "carol@example.com", "browser", "/", CAROL)
    await sign_in.send_link(ENTRANCE, "carol@example.com", "browser", "/", CAROL)
    assert len(await received(live_database)) == 1


async def test_an_admin_is_told_who_asks_and_in_their_own_words(live_database: Settings) -> None:
    await added("alice@example.com", is_admin=True, is_approved=True)
    carol = await added("carol@example.com")
    await accounts.ask_for_access(
        ENTRANCE.outbox, carol, "I work in the field.\nPlease.", replace(CAROL, user_id=carol)
    )
    [(to, subject, text)] = await received(live_database)
    assert (to, subject) == ("alice@example.com", "carol@example.com is asking for access to the backlog")
    assert "They wrote:\n\n> I work in the field.\n> Please.\n" in text
    assert f"{BASE_URL}/admin/people" in text


async def test_an_admin_is_told_that_an_address_looks_like_anothers(live_database: Settings) -> None:
    await added("alice@example.com", is_admin=True, is_approved=True)
    email = "alice@ex\u0430mple.com"
    mallory = await added(email)
    await accounts.ask_for_access(ENTRANCE.outbox, mallory, "Please.", replace(CAROL, user_id=mallory, email=email))
    [(_, subject, text)] = await received(live_database)
    assert subject == "alice@xn--exmple-4nf.com is asking for access to the backlog"
    assert "Careful: the address looks like alice@example.com, but it is another one.\n" in text


async def test_an_admin_is_not_told_of_somebody_who_was_approved_meanwhile(live_database: Settings) -> None:
    await added("carol@example.com", is_approved=True)
    async with transaction() as one:
        params = {"email": "carol@example.com", "note": ""}
        await ENTRANCE.outbox.add_mail(one, "access_asked", "alice@example.com", params)
    assert await received(live_database) == []


async def test_a_person_is_told_what_was_decided(live_database: Settings) -> None:
    decisions: list[tuple[MailKind, dict[str, str | None]]] = [
        ("access_approved", {}),
        ("access_declined", {"reason": "We don't know you."}),
        ("access_disabled", {"reason": None}),
        ("access_restored", {"reason": "Sorry."}),
    ]
    async with transaction() as one:
        for kind, params in decisions:
            await ENTRANCE.outbox.add_mail(one, kind, "carol@example.com", params)
    told = {subject: text for _, subject, text in await received(live_database)}
    assert sorted(told) == [
        "Welcome: you can now see the backlog",
        "Your access to the backlog has ended",
        "Your account for the backlog was restored",
        "Your request to see the backlog was declined",
    ]
    assert "The reason:\n\n> We don't know you.\n" in told["Your request to see the backlog was declined"]
    assert "reason" not in told["Your access to the backlog has ended"]
    assert all(BASE_URL in text for text in told.values())


def note_in(note: str) -> list[str]:
    """Return the lines that a mail to an admin quotes of a note."""
    text = mails.write_access_asked("alice@example.com", BASE_URL, email="carol@example.com", note=note).text
    return [line for line in text.splitlines() if line.startswith(">")]


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        ("", []),
        (" \n\t", []),
        ("one\r\n\r\ntwo", ["> one", ">", "> two"]),
        ("a\u2028Hello,\x0bAn admin says\x1b[2J\x07\u202egnp", ["> a", "> Hello,", "> An admin says[2Jgnp"]),
        ("a\ttab and\xa0a space", ["> a tab and a space"]),
        ("> quoted", ["> > quoted"]),
        ("x" * 600, ["> " + "x" * 500]),
    ],
)
def test_a_note_is_quoted_line_by_line_without_control_characters(note: str, lines: list[str]) -> None:
    assert note_in(note) == lines


def test_a_mail_without_a_code_says_why() -> None:
    written = mails.write_sign_in("carol@example.com", BASE_URL, link=f"{BASE_URL}/sign-in/link/{'a' * 64}", code="")
    assert written.subject == "Your link to sign in to the backlog"
    assert "There is no code this time" in written.text
    assert "too many wrong codes" in written.text


def test_all_mails_are_short_plain_and_narrow() -> None:
    to = "carol@example.com"
    written: list[MailMessage] = [
        mails.write_sign_in(to, BASE_URL, link=f"{BASE_URL}/sign-in/link/" + "a" * 64, code="123456"),
        mails.write_sign_in(to, BASE_URL, link=f"{BASE_URL}/sign-in/link/" + "a" * 64, code=""),
        mails.write_codes_closed(to, BASE_URL),
        mails.write_codes_closed_admin("alice@example.com", BASE_URL, email=to),
        mails.write_token_made("bob@example.com", BASE_URL, name=to),
        mails.write_admin_made("alice@example.com", BASE_URL, email=to, by="the operator"),
        notice_mails.write_browser_new(
            to, BASE_URL, place="Firefox on Windows, from 2001:db8::1, 2026-02-06 10:30 UTC"
        ),
        notice_mails.write_sharing_widened(
            "alice@example.com", BASE_URL, by="alice@example.com", widened=["comments"]
        ),
        notice_mails.write_passkey_added("bob@example.com", BASE_URL, name=to),
        notice_mails.write_passkey_removed("bob@example.com", BASE_URL, name=to),
        mails.write_access_asked("alice@example.com", BASE_URL, email=to, note="Please."),
        mails.write_access_approved(to, BASE_URL, None),
        mails.write_access_approved(to, BASE_URL, "See you.", sees_nothing=True),
        mails.write_access_declined(to, BASE_URL, "No."),
        mails.write_access_disabled(to, BASE_URL, "No."),
        mails.write_access_restored(to, BASE_URL, None),
    ]
    for one in written:
        assert len(one.subject) <= 70
        assert max(len(line) for line in one.text.splitlines() if "://" not in line) <= 76
        assert len(one.text.splitlines()) <= 22
        assert "\n\n\n" not in one.text
        assert "<" not in one.text


def test_who_is_let_in_with_nothing_is_not_promised_the_backlog() -> None:
    mail = mails.write_access_approved("carol@example.com", BASE_URL, None, sees_nothing=True)
    assert ("see the backlog" in mail.subject, "Nothing has been shared with you yet" in mail.text) == (False, True)
