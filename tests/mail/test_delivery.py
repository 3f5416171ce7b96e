"""Mails to a real mail server, which takes them, refuses them, or is not well."""

from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from shareable_backlog import mail
from shareable_backlog.config import Secret, Settings, parse_settings
from shareable_backlog.errors import MailFailed
from shareable_backlog.mail import MailMessage, delivery
from tests.fakes import smtp
from tests.fakes.smtp import PASSWORD, USER, MailServer

pytestmark = pytest.mark.anyio

MESSAGE = MailMessage("bob@example.com", "A word — to you", "Grüße,\n\nfrom here.\n")
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"


def by(port: int, scheme: str = "smtp", login: str = "") -> Settings:
    """Return settings that name the mail server at `port`."""
    return parse_settings(
        {
            "SMTP_URL": f"{scheme}://{login}127.0.0.1:{port}",
            "MAIL_FROM": "backlog@example.com",
            "BASE_URL": "https://backlog.example.com",
        }
    )


async def failure(settings: Settings, message: MailMessage = MESSAGE) -> tuple[str, bool]:
    """Send in vain, and return the words and whether they are final."""
    with pytest.raises(MailFailed) as caught:
        await mail.send_message(settings, message)
    return str(caught.value), caught.value.is_final


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with smtp.run_mail_server() as server:
        await mail.send_message(by(server.port), MESSAGE)
    [received] = server.received
    assert received.get_content() == "Grüße,\n\nfrom here.\n"
    assert (received["From"], received["To"]) == ("backlog@example.com", "bob@example.com")
    assert received["Subject"] == "A word — to you"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Message-ID"].endswith("@example.com>")
    assert received["Date"].datetime.tzinfo
    assert server.envelopes == [("backlog@example.com", ["bob@example.com"])]


async def test_a_long_link_arrives_whole() -> None:
    link = "https://backlog.example.com/sign-in/link/" + "0123456789abcdef" * 12
    async with smtp.run_mail_server() as server:
        await mail.send_message(
            by(server.port), MailMessage("bob@example.com", "Link", f"Open\n\n{link}\n\n.\nand so on\n")
        )
    assert server.received[0].get_content() == f"Open\n\n{link}\n\n.\nand so on\n"


async def test_a_subject_of_several_lines_adds_no_header() -> None:
    async with smtp.run_mail_server() as server:
        subject = "Hello\r\nBcc: mallory@example.com\n\nbody\x00\x1b[31m \u2028end"
        await mail.send_message(by(server.port), replace(MESSAGE, subject=subject))
    [received] = server.received
    assert received["Bcc"] is None
    assert received["Subject"] == "Hello Bcc: mallory@example.com body [31m end"
    assert server.envelopes == [("backlog@example.com", ["bob@example.com"])]


@pytest.mark.parametrize(
    "to",
    [
        "bob@example.com\r\nBcc: mallory@example.com",
        "bob@example.com\n",
        "bob@example.com, mallory@example.com",
        "bob@example.com> SIZE=1",
        "<bob@example.com>",
        "b\x00b@example.com",
        "b@b@example.com",
        "bob",
        "",
        "bob@" + "x" * 64 + ".example.com",
    ],
)
async def test_a_recipient_that_is_no_address_gets_nothing_for_good(to: str) -> None:
    async with smtp.run_mail_server() as server:
        words, is_final = await failure(by(server.port), replace(MESSAGE, to=to))
    assert (words, is_final) == ("The recipient's address is not one that mail can be sent to.", True)
    assert server.envelopes == []


async def test_a_domain_in_other_letters_is_written_in_ascii() -> None:
    async with smtp.run_mail_server() as server:
        await mail.send_message(by(server.port), replace(MESSAGE, to="bob@bücher.example"))
    assert server.envelopes[0][1] == ["bob@xn--bcher-kva.example"]


async def test_a_name_in_other_letters_is_refused_for_good_by_a_server_that_does_not_know_them() -> None:
    async with smtp.run_mail_server() as server:
        words, is_final = await failure(by(server.port), replace(MESSAGE, to="jürgen@example.com"))
    assert (words, is_final) == (
        "The mail server does not support addresses with letters like the recipient's.",
        True,
    )


@pytest.mark.parametrize(
    ("answers", "words", "is_final"),
    [
        (
            {"on_recipient": "550 No such user"},
            "The mail server does not accept mail for this recipient (550).",
            True,
        ),
        ({"on_recipient": "450 Come again"}, "The mail server does not accept mail for this recipient (450).", False),
        ({"on_data": "554 Spam"}, "The mail server did not accept the mail (554).", True),
        ({"on_data": "451 Come again"}, "The mail server did not accept the mail (451).", False),
        ({"on_data": "421 Closing"}, "The mail server did not accept the mail (421).", False),
        ({"on_data": ""}, "The mail server dropped the connection.", False),
        ({"on_sender": "550 Not you"}, "The mail server did not accept MAIL_FROM as the sender (550).", False),
    ],
)
async def test_a_refusal_is_told_in_plain_words(answers: dict[str, str], words: str, *, is_final: bool) -> None:
    async with smtp.run_mail_server() as server:
        for name, answer in answers.items():
            setattr(server, name, answer)
        assert await failure(by(server.port)) == (words, is_final)
        assert server.received == []


async def test_a_server_that_is_down_can_be_tried_again() -> None:
    async with smtp.silent() as port:
        pass
    assert await failure(by(port)) == ("The mail server can't be reached.", False)


async def test_a_host_that_nobody_knows_is_not_named() -> None:
    settings = replace(by(1), smtp_url=Secret("smtp://nowhere.invalid:25"))
    assert await failure(settings) == ("The mail server's host name in SMTP_URL can't be found.", False)


async def test_a_server_that_says_nothing_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_DEADLINE_S", 0.2)
    async with smtp.silent() as port:
        assert await failure(by(port)) == ("The mail server did not answer in time.", False)
        assert await failure(by(port, "smtps")) == ("The mail server did not answer in time.", False)


async def test_all_steps_together_have_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_DEADLINE_S", 0.2)
    async with smtp.run_mail_server() as server:
        server.answering.clear()
        assert await failure(by(server.port)) == ("The mail server did not answer in time.", False)


async def test_user_and_password_of_the_url_are_decoded() -> None:
    async with smtp.run_mail_server(takes_logins=True) as server:
        await mail.send_message(by(server.port, login=LOGIN), MESSAGE)
    assert server.logins == [(USER, PASSWORD)]
    assert len(server.received) == 1


async def test_a_wrong_password_is_the_operators_to_set_right_and_stands_in_no_word() -> None:
    async with smtp.run_mail_server(takes_logins=True) as server:
        words, is_final = await failure(by(server.port, login="postmaster:guessed-wrong@"))
    assert (words, is_final) == ("The mail server did not accept the user and password of SMTP_URL (535).", False)


async def test_a_server_without_logins_is_told_from_one_that_refuses_them() -> None:
    async with smtp.run_mail_server() as server:
        words, _ = await failure(by(server.port, login=LOGIN))
    assert words == "The mail server does not accept a user and password, but SMTP_URL has them."


async def test_a_password_goes_to_no_other_machine_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "is_loopback", lambda _host: False)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] (as if it were another machine)
    async with smtp.run_mail_server(takes_logins=True) as server:
        words, is_final = await failure(by(server.port, login=LOGIN))
    assert words == "The mail server does not offer TLS, without which the password of SMTP_URL is not sent."
    assert (is_final, server.logins) == (False, [])


async def sent_encrypted(server: MailServer, settings: Settings, trusted: Path, patch: pytest.MonkeyPatch) -> None:
    """Send with the server's certificate among those that are trusted."""
    patch.setenv("SSL_CERT_FILE", str(trusted))
    await mail.send_message(settings, MESSAGE)
    assert server.was_encrypted == [True]


async def test_tls_is_taken_where_it_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = smtp.make_certificate(tmp_path)
    async with smtp.run_mail_server(starttls=context, takes_logins=True) as server:
        await sent_encrypted(server, by(server.port, login=LOGIN), trusted, monkeypatch)
    assert server.logins == [(USER, PASSWORD)]


async def test_smtps_speaks_tls_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = smtp.make_certificate(tmp_path)
    async with smtp.run_mail_server(tls=context, takes_logins=True) as server:
        await sent_encrypted(server, by(server.port, "smtps", LOGIN), trusted, monkeypatch)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path, scheme: str) -> None:
    context, _ = smtp.make_certificate(tmp_path)
    starttls, tls = (context, None) if scheme == "smtp" else (None, context)
    async with smtp.run_mail_server(starttls=starttls, tls=tls) as server:
        words = await failure(by(server.port, scheme, LOGIN))
    assert words == ("The mail server could not prove its identity (TLS certificate).", False)
    assert (server.received, server.logins) == ([], [])


async def test_a_trusted_certificate_of_another_host_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = smtp.make_certificate(tmp_path, "192.0.2.7")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with smtp.run_mail_server(tls=context) as server:
        words, _ = await failure(by(server.port, "smtps"))
    assert words == "The mail server could not prove its identity (TLS certificate)."


async def test_smtps_to_a_server_that_speaks_plainly_says_what_to_look_at() -> None:
    async with smtp.run_mail_server() as server:
        words, is_final = await failure(by(server.port, "smtps"))
    assert words == "The mail server does not use TLS the way SMTP_URL says (smtps:// or smtp://)."
    assert not is_final
