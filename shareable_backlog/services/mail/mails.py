"""Write the mails: every word that the product sends stands here."""

from collections.abc import Callable, Mapping
from typing import Any

from shareable_backlog.database import transaction
from shareable_backlog.database.access import users
from shareable_backlog.mail import Message
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.sign_in import LINK_LIVES_S, Entrance
from shareable_backlog.services.mail.outbox import Kind, Renderer

_LONGEST_QUOTE = 500


def renderers(entrance: Entrance) -> Mapping[Kind, Renderer]:
    """Give what writes each kind of mail for this installation.

    The params are `link_id` for "sign_in", `email` and `note` for "access_asked", and for the decisions an admin's
    `reason`, which may be missing or None.
    """
    base_url = entrance.base_url

    async def sign_in_mail(to: str, params: Mapping[str, Any]) -> Message | None:
        written = await sign_in.letter(entrance, params)
        return written and signing_in(to, base_url, link=written[0], code=written[1])

    async def asked(to: str, params: Mapping[str, Any]) -> Message | None:
        async with transaction() as opened:
            person = await users.by_email(opened, params["email"])
        still_waits = person is not None and person.state in ("pending", "expired")
        return access_asked(to, base_url, email=params["email"], note=params["note"]) if still_waits else None

    def telling(write: Callable[[str, str, str | None], Message]) -> Renderer:
        async def decided(to: str, params: Mapping[str, Any]) -> Message:
            return write(to, base_url, params.get("reason"))

        return decided

    return {
        "sign_in": sign_in_mail,
        "access_asked": asked,
        "access_approved": telling(access_approved),
        "access_declined": telling(access_declined),
        "access_disabled": telling(access_disabled),
        "access_restored": telling(access_restored),
    }


def signing_in(to: str, base_url: str, *, link: str, code: str) -> Message:
    """Write the mail that lets a person in, with a code of six digits."""
    return Message(
        to,
        f"{code[:3]} {code[3:]} is your code for the backlog",
        f"""\
Hello,

somebody, probably you, asked to sign in to the backlog at
{base_url} as {to}.

Open this link in the browser in which you asked:

{link}

Or type this code there:  {code[:3]} {code[3:]}

Only the newest mail counts; it works once and for {LINK_LIVES_S // 60} minutes.

If you did not ask for it, do nothing: nobody gets in without this
mail. Don't pass the link or the code on to anybody.
""",
    )


def access_asked(to: str, base_url: str, *, email: str, note: str | None) -> Message:
    """Tell an admin who asks for access, and what the person wrote."""
    return Message(
        to,
        f"{email} asks for access to the backlog",
        f"""\
Hello,

{email} has signed in and asks to see the backlog.{_quoted(note, "They write:")}

Approve or decline here:

{base_url}/admin/people

Until then they see nothing of it.
""",
    )


def access_approved(to: str, base_url: str, reason: str | None) -> Message:
    """Tell a person that an admin let them in."""
    return Message(
        to,
        "Welcome: you can see the backlog now",
        f"""\
Hello,

good news: an admin has approved your access to the backlog.
It is here:

{base_url}/{_quoted(reason, "They add:")}
""",
    )


def access_declined(to: str, base_url: str, reason: str | None) -> Message:
    """Tell a person that an admin did not let them in."""
    return Message(
        to,
        "Your request to see the backlog was declined",
        f"""\
Hello,

an admin has declined your request to see the backlog at
{base_url}.{_quoted(reason, "The reason:")}

If you think that is a mistake, please ask the admin whom you know.
""",
    )


def access_disabled(to: str, base_url: str, reason: str | None) -> Message:
    """Tell a person that an admin ended their access."""
    return Message(
        to,
        "Your access to the backlog has ended",
        f"""\
Hello,

an admin has ended your access to the backlog at
{base_url}.{_quoted(reason, "The reason:")}

You are signed out everywhere. If you think that is a mistake,
please ask the admin whom you know.
""",
    )


def access_restored(to: str, base_url: str, reason: str | None) -> Message:
    """Tell a person that an admin gave back what they had, which may be a place in the queue."""
    return Message(
        to,
        "Your account for the backlog is back",
        f"""\
Hello,

an admin has given you back your account for the backlog.
Sign in to see how things stand:

{base_url}/{_quoted(reason, "They add:")}
""",
    )


def _quoted(text: str | None, introduction: str) -> str:
    """Give a person's own words so that they can't pass for ours; nothing for no words."""
    lines = (text or "")[:_LONGEST_QUOTE].splitlines()
    words = ["".join(filter(str.isprintable, " ".join(line.split()))) for line in lines]
    if not any(words):
        return ""
    return f"\n\n{introduction}\n\n" + "\n".join(f"> {line}".rstrip() for line in words)
