"""Write the mails: every word that the product sends stands here and in `notice_mails.py`."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from shareable_backlog.database import transaction
from shareable_backlog.database.access import users
from shareable_backlog.mail import MailMessage
from shareable_backlog.services import invitations, places
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.lookalikes import find_lookalikes, format_ascii
from shareable_backlog.services.access.sign_in import LINK_LIVES_S, SignInConfig
from shareable_backlog.services.mail import notice_mails
from shareable_backlog.services.mail.outbox import MailKind, Renderer
from shareable_backlog.services.mail.quoting import quote_words


def build_renderers(config: SignInConfig) -> Mapping[MailKind, Renderer]:
    """Return what writes each kind of mail for this installation.

    The params are `link_id` for "sign_in", `email` for "codes_closed_admin", `place` for "browser_new", `email` and
    `by` for "admin_made", `name` for tokens and passkeys, `by` and `widened` for "sharing_widened", `invitation_id`
    for "invited", `email` and `note` for "access_asked", and for the decisions an admin's `reason`, which may be
    missing or None; "access_approved" has `sees_nothing` too.
    """
    base_url = config.base_url

    async def render_sign_in(to: str, params: Mapping[str, Any]) -> MailMessage | None:
        written = await sign_in.find_url_and_code(config, params)
        return written and write_sign_in(to, base_url, link=written[0], code=written[1])

    async def render_access_approved(to: str, params: Mapping[str, Any]) -> MailMessage:
        sees_nothing = bool(params.get("sees_nothing"))
        return write_access_approved(to, base_url, params.get("reason"), sees_nothing=sees_nothing)

    def build_decision_renderer(write: Callable[[str, str, str | None], MailMessage]) -> Renderer:
        async def render_decision(to: str, params: Mapping[str, Any]) -> MailMessage:
            return write(to, base_url, params.get("reason"))

        return render_decision

    def build_renderer(write: Callable[..., MailMessage], *names: str) -> Renderer:
        async def render(to: str, params: Mapping[str, Any]) -> MailMessage:
            return write(to, base_url, **{name: params[name] for name in names})

        return render

    return {
        "sign_in": render_sign_in,
        "codes_closed": build_renderer(write_codes_closed),
        "codes_closed_admin": build_renderer(write_codes_closed_admin, "email"),
        "browser_new": build_renderer(notice_mails.write_browser_new, "place"),
        "admin_made": build_renderer(write_admin_made, "email", "by"),
        "token_made": build_renderer(write_token_made, "name"),
        "passkey_added": build_renderer(notice_mails.write_passkey_added, "name"),
        "passkey_removed": build_renderer(notice_mails.write_passkey_removed, "name"),
        "sharing_widened": build_renderer(notice_mails.write_sharing_widened, "by", "widened"),
        "invited": partial(_render_invited, base_url),
        "access_asked": partial(_render_access_asked, base_url),
        "access_approved": render_access_approved,
        "access_declined": build_decision_renderer(write_access_declined),
        "access_disabled": build_decision_renderer(write_access_disabled),
        "access_restored": build_decision_renderer(write_access_restored),
    }


async def _render_access_asked(base_url: str, to: str, params: Mapping[str, Any]) -> MailMessage | None:
    async with transaction() as tx:
        person = await users.find_by_email(tx, params["email"])
    if person is None or person.state not in ("pending", "expired"):
        return None
    seen = (await find_lookalikes({person.id: person.email})).get(person.id)
    return write_access_asked(
        to,
        base_url,
        email=format_ascii(params["email"]),
        note=params["note"],
        looks_like=seen and seen.looks_like,
    )


async def _render_invited(base_url: str, to: str, params: Mapping[str, Any]) -> MailMessage | None:
    found = await invitations.find_open(params["invitation_id"])
    if found is None:
        return None
    last = found.access_until and found.access_until - timedelta(seconds=1)
    return notice_mails.write_invited(
        to,
        base_url,
        inviter=found.inviter or "An admin",
        place=(await places.read_place()).name,
        note=found.note,
        last_day=f"{last.day} {last:%B %Y}" if last else "",
    )


def write_sign_in(to: str, base_url: str, *, link: str, code: str) -> MailMessage:
    """Write the mail that lets a person in, with a code of six digits; "" while no code is taken for them."""
    number = f"{code[:3]} {code[3:]}"
    with_code = f"""\
Or type this code there:  {number}
In any other browser the link asks for the code.
"""
    without_code = """\
There is no code this time, and the link works in no other browser:
too many wrong codes were typed for your address in the last day.
"""
    return MailMessage(
        to,
        f"{number} is your code for the backlog" if code else "Your link to sign in to the backlog",
        f"""\
Hello,

Somebody, probably you, asked to sign in to the backlog at
{base_url} as {to}.

Open this link in the browser in which you asked:

{link}

{with_code if code else without_code}
Only the latest email works, once, for {LINK_LIVES_S // 60} minutes.

If you did not ask for it, ignore this email: nobody can sign in
without it. Don't share the link{" or the code" if code else ""} with anybody.
""",
    )


def write_codes_closed(to: str, base_url: str) -> MailMessage:
    """Tell a person that somebody typed wrong codes for them, and how they come in meanwhile."""
    return MailMessage(
        to,
        "Somebody typed wrong sign-in codes for your address",
        f"""\
Hello,

Too many wrong codes were typed to sign in as {to}
to the backlog at {base_url}.

Nobody got in that way, and for a day no code is taken for you. To
sign in, ask for a link and open it in the same browser.

If that was not you, you need not do anything. Tell an admin if it
happens again.
""",
    )


def write_codes_closed_admin(to: str, base_url: str, *, email: str) -> MailMessage:
    """Tell an admin for whom wrong codes were typed."""
    return MailMessage(
        to,
        "Somebody typed wrong sign-in codes for a person",
        f"""\
Hello,

Too many wrong codes were typed to sign in to the backlog as

{format_ascii(email)}

Nobody got in that way. For a day no code is taken for this person,
who was told and can sign in by the link in the email.

Where it came from stands in the audit log:

{base_url}/admin/audit?action=codes.closed
""",
    )


def write_admin_made(to: str, base_url: str, *, email: str, by: str) -> MailMessage:
    """Tell a new admin, or another one, who is an admin now and who made them one."""
    named = format_ascii(email)
    return MailMessage(
        to,
        f"{named} is now an admin of the backlog",
        f"""\
Hello,

{named} is now an admin of the backlog at
{base_url}: made one by {by}.

Admins see everything that is shown, decide who comes in and what is
shown, and read what everybody did. If that is not right, take these
rights back here:

{base_url}/admin/people
""",
    )


def write_token_made(to: str, base_url: str, *, name: str) -> MailMessage:
    """Tell a person that a token which reads in their name was made."""
    return MailMessage(
        to,
        "A token that reads the backlog in your name was created",
        f"""\
Hello,

A token was created for your account at
{base_url}.{quote_words(name, "Its name:")}

Programs that have it read what you may see. If that was not you,
revoke it, and end the sessions that you don't know:

{base_url}/account
""",
    )


def write_access_asked(
    to: str, base_url: str, *, email: str, note: str | None, looks_like: str | None = None
) -> MailMessage:
    """Tell an admin who asks for access, what the person wrote, and whose address theirs could be taken for."""
    careful = f"\n\nCareful: the address looks like {looks_like}, but it is another one." if looks_like else ""
    return MailMessage(
        to,
        f"{email} is asking for access to the backlog",
        f"""\
Hello,

{email} has signed in and is asking to see the backlog.{careful}{quote_words(note, "They wrote:")}

Approve or decline here:

{base_url}/admin/people

Until then they can't see any of it.
""",
    )


def write_access_approved(to: str, base_url: str, reason: str | None, *, sees_nothing: bool = False) -> MailMessage:
    """Tell a person that an admin let them in, and if nothing has been shared with them yet."""
    shared = "\n\nNothing has been shared with you yet: ask them what you should see." if sees_nothing else ""
    return MailMessage(
        to,
        "Welcome: you can now sign in to the backlog" if sees_nothing else "Welcome: you can now see the backlog",
        f"""\
Hello,

Good news: an admin has approved your access to the backlog.
You will find it here:

{base_url}/{shared}{quote_words(reason, "They added:")}
""",
    )


def write_access_declined(to: str, base_url: str, reason: str | None) -> MailMessage:
    """Tell a person that an admin did not let them in."""
    return MailMessage(
        to,
        "Your request to see the backlog was declined",
        f"""\
Hello,

An admin has declined your request to see the backlog at
{base_url}.{quote_words(reason, "The reason:")}

If you think that is a mistake, please ask an admin.
""",
    )


def write_access_disabled(to: str, base_url: str, reason: str | None) -> MailMessage:
    """Tell a person that an admin ended their access."""
    return MailMessage(
        to,
        "Your access to the backlog has ended",
        f"""\
Hello,

An admin has ended your access to the backlog at
{base_url}.{quote_words(reason, "The reason:")}

You are signed out everywhere. If you think that is a mistake,
please ask an admin.
""",
    )


def write_access_restored(to: str, base_url: str, reason: str | None) -> MailMessage:
    """Tell a person that an admin gave back what they had, which may be a place in the queue."""
    return MailMessage(
        to,
        "Your account for the backlog was restored",
        f"""\
Hello,

An admin has restored your account for the backlog.
Sign in to see where things stand:

{base_url}/{quote_words(reason, "They added:")}
""",
    )
