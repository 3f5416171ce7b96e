"""Write a mail as mail servers take it."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid

from msgspec import Struct

from shareable_backlog import plain_text
from shareable_backlog.config import values
from shareable_backlog.errors import MailFailed


class MailMessage(Struct, frozen=True):
    """A mail to one person: plain text, its lines as they are to be read; `author` is the name it comes from."""

    to: str
    subject: str
    text: str
    author: str = ""


def build_mail(message: MailMessage, sender: str) -> EmailMessage:
    """Return the mail with its headers, into which nothing of its texts can add another.

    The subject becomes one line. Raises a final MailFailed for a recipient that is no mail address.
    """
    mail = EmailMessage()
    author = parse_address(sender)
    name = _join_lines(message.author)
    mail["From"] = Address(name, author.username, author.domain) if name else author
    mail["To"] = parse_address(message.to)
    mail["Subject"] = _join_lines(message.subject)
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain=author.domain)
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday notice answers
    mail.set_content(plain_text.replace_controls(message.text), charset="utf-8", cte="quoted-printable")
    return mail


def parse_address(text: str) -> Address:
    """Return a mail address with its domain in ASCII. Raises a final MailFailed when it is none."""
    try:
        values.parse_email(text)
        name, _, domain = text.strip().rpartition("@")
        if not text.isprintable():
            raise ValueError  # noqa: TRY301 (the same fault as the others)
        return Address(username=name, domain=domain.encode("idna").decode())
    except ValueError:
        raise MailFailed("The recipient's address is not one that mail can be sent to.", is_final=True) from None


def _join_lines(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
