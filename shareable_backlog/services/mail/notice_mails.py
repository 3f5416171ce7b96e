"""Write the mails that tell people what was done to their account, or to what is shown."""

from collections.abc import Sequence

from shareable_backlog.mail import MailMessage
from shareable_backlog.services.access.lookalikes import format_ascii
from shareable_backlog.services.mail.quoting import clean_line, quote_words

_MOST_LINES = 20


def write_browser_new(to: str, base_url: str, *, place: str) -> MailMessage:
    """Tell a person that somebody signed in as them where they never did before."""
    return MailMessage(
        to,
        "A new browser signed in to the backlog as you",
        f"""\
Hello,

Somebody, probably you, signed in as {to} to the backlog at
{base_url} in a browser that was never used for it before:

{clean_line(place)}

If that was you, there is nothing to do. If not, somebody can read
your email or use your account there: end that session here, and
tell an admin:

{base_url}/account
""",
    )


def write_passkey_added(to: str, base_url: str, *, name: str) -> MailMessage:
    """Tell a person that a passkey signs in as them from now on."""
    return MailMessage(
        to,
        "A passkey was added to your account for the backlog",
        f"""\
Hello,

A passkey was added to your account at
{base_url}.{quote_words(name, "Its name:")}

Whoever has that device and can unlock it signs in as you. If that
was not you, remove it, end the sessions that you don't know, and
tell an admin:

{base_url}/account
""",
    )


def write_passkey_removed(to: str, base_url: str, *, name: str) -> MailMessage:
    """Tell a person that a passkey signs in as them no more."""
    return MailMessage(
        to,
        "A passkey was removed from your account for the backlog",
        f"""\
Hello,

A passkey was removed from your account at
{base_url}.{quote_words(name, "Its name:")}

It lets nobody in any more. If that was neither you nor an admin whom
you asked, look at where you are signed in, and tell an admin:

{base_url}/account
""",
    )


def write_sharing_widened(to: str, base_url: str, *, by: str, widened: Sequence[str]) -> MailMessage:
    """Tell an admin what people see from now on that they did not, and who chose so."""
    named, more = format_ascii(by), len(widened) - _MOST_LINES
    lines = [f"- {clean_line(line)}" for line in widened[:_MOST_LINES]]
    return MailMessage(
        to,
        f"{named} widened what people see in the backlog",
        f"""\
Hello,

{named} widened what people see in the backlog at
{base_url}. New is:

{chr(10).join([*lines, f"- and {more} more"] if more > 0 else lines)}

If that is not right, take it back under Admin, Sharing and People:

{base_url}/admin

If that was not {"you" if to == by else named}, somebody else uses this account: end its
sessions under Admin, People, and tell the other admins.
""",
    )


def write_invited(
    to: str, base_url: str, *, inviter: str, place: str, note: str | None, last_day: str
) -> MailMessage:
    """Invite a person: by whom, where to, what it is, until when ("" for no end), with a line of the admin's own."""
    inviter, place = format_ascii(clean_line(inviter)), clean_line(place)
    until = f"\n\nYou can look until {last_day} (UTC)." if last_day else ""
    return MailMessage(
        to,
        f"{inviter} invites you to {place}",
        f"""\
Hello,

{inviter} invites you to {place}: a page that shows what is being
worked on, what comes next and how far it is. It is for reading: you
can break nothing, and need no other account.{quote_words(note, "They wrote:")}

Sign in with this address, {to}, here:

{base_url}/{until}

If you don't know {inviter}, ignore this email: nothing happens.
""",
    )
