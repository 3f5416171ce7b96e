"""A mail as mail servers take it: nothing of its texts becomes a header, and it can be read back as it was."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shareable_backlog import plain_text
from shareable_backlog.errors import MailFailed
from shareable_backlog.mail import message
from shareable_backlog.mail.message import MailMessage

SENDER = "backlog@example.com"
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))
_always_alike = settings(derandomize=True, deadline=None)


def read_back(to: str = "bob@example.com", subject: str = "Hello", text: str = "Hello.\n") -> EmailMessage:
    """Write a mail, and read what goes over the wire."""
    sent = message.build_mail(MailMessage(to, subject, text), SENDER).as_bytes(policy=policy.SMTP)
    return message_from_bytes(sent, policy=policy.default)


def test_a_mail_has_just_the_headers_that_it_needs() -> None:
    assert sorted(name for name in read_back().keys()) == [  # noqa: SIM118 (one name for each header)
        *("Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version"),
        *("Message-ID", "Subject", "To"),
    ]


def test_each_mail_has_a_name_of_its_own_at_the_senders_domain() -> None:
    names = {read_back()["Message-ID"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.endswith("@example.com>") for name in names)


@_always_alike
@given(subject=_TEXT)
def test_any_subject_is_one_line_and_adds_no_header(subject: str) -> None:
    mail = read_back(subject=subject)
    assert str(mail["Subject"]).isprintable()
    assert len(mail.keys()) == 9


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("  Two\n\twords  ", "Two words"),
        ("", ""),
        ("\r\n", ""),
        ("Grüße — 😀", "Grüße — 😀"),
        ("\u202egnp.exe", "gnp.exe"),
        ("word " * 60, ("word " * 60).strip()),
    ],
)
def test_a_subject_keeps_its_words_and_loses_what_can_not_be_seen(given: str, line: str) -> None:
    assert read_back(subject=given)["Subject"] == line


@_always_alike
@given(text=_TEXT)
def test_any_text_arrives_line_by_line_as_it_was_written(text: str) -> None:
    arrived = read_back(text=text).get_content().replace("\r\n", "\n")
    assert arrived.removesuffix("\n") == plain_text.replace_controls(text).removesuffix("\n")


def test_no_line_on_the_wire_is_longer_than_mail_servers_take() -> None:
    sent = message.build_mail(MailMessage("bob@example.com", "ü" * 500, "ü" * 5000), SENDER).as_bytes(
        policy=policy.SMTP
    )
    assert max(map(len, sent.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("text", "username", "domain"),
    [
        ("bob@example.com", "bob", "example.com"),
        (" bob@example.com ", "bob", "example.com"),
        ("Bob.Birch+backlog@example.com", "Bob.Birch+backlog", "example.com"),
        ("bob@bücher.example", "bob", "xn--bcher-kva.example"),
        ("jürgen@example.com", "jürgen", "example.com"),
    ],
)
def test_an_address_has_a_name_and_a_domain_in_ascii(text: str, username: str, domain: str) -> None:
    address = message.parse_address(text)
    assert (address.username, address.domain) == (username, domain)


@pytest.mark.parametrize("text", ["", "bob", "bob@", "@example.com", "bob@example", "bob@example.com\n", "b ob@x.de"])
def test_what_is_no_address_fails_for_good_without_being_named(text: str) -> None:
    with pytest.raises(MailFailed) as caught:
        message.parse_address(text)
    assert caught.value.is_final
    assert str(caught.value) == "The recipient's address is not one that mail can be sent to."


@pytest.mark.parametrize("text", ["bob@a..example.com", "bob@" + "x" * 64 + ".com", "bob@\u00ad.com"])
def test_a_domain_that_can_not_be_is_no_address_either(text: str) -> None:
    with pytest.raises(MailFailed):
        message.build_mail(MailMessage(text, "Hello", "Hello."), SENDER)
