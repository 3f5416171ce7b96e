"""Answer `/account` and `/waiting`: what is a person's own."""

from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth, sign_in
from shareable_backlog.controllers.account import preferences
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import ListedSession
from shareable_backlog.services.account import accounts, passkeys, tokens
from shareable_backlog.services.account.accounts import UserRow
from shareable_backlog.services.account.passkeys import ListedPasskey
from shareable_backlog.services.account.tokens import ListedToken
from shareable_backlog.web.fields import LongId, Otherwise, Text


class SessionPath(Struct, frozen=True):
    """Which session it is."""

    session_id: Annotated[LongId, Otherwise(NotFound, "There is no such session.")]


class NoteForm(Struct, frozen=True):
    """What somebody who waits has to say."""

    note: Text = ""


class AccountContext(Struct, frozen=True, kw_only=True):
    """The page of a person's own: who is signed in, where, their tokens and passkeys, and if they can have some."""

    account: UserRow
    sessions: list[ListedSession]
    tokens: list[ListedToken]
    passkeys: list[ListedPasskey]
    has_passkeys: bool


class WaitingContext(Struct, frozen=True):
    """The page of who waits for an admin; with a mail server the answer comes by mail."""

    account: UserRow
    has_mail: bool


async def show_account(request: Request) -> Response:
    """Show who is signed in, and where."""
    user = auth.require_user(request)
    return auth.render_page(
        request,
        "account/account.html",
        AccountContext(
            account=await accounts.read_account(user.user_id),
            sessions=await sessions.list_sessions(user.user_id, auth.read_config(request).limits),
            tokens=await tokens.list_tokens(user.user_id),
            passkeys=await passkeys.list_passkeys(user.user_id),
            has_passkeys=sign_in.list_ways(request).has_passkeys,
        ),
        await preferences.list_choices(),
    )


async def end_session(request: Request, path: SessionPath) -> Response:
    """End one of the person's own sessions."""
    await sessions.revoke_session(auth.read_actor(request), auth.require_user(request).user_id, path.session_id)
    return RedirectResponse("/account?notice=ended", 303)


async def show_waiting(request: Request) -> Response:
    """Show whoever waits for an admin what happens next, and everybody else the backlog."""
    user = auth.require_user(request)
    if user.state == "active":
        return RedirectResponse("/", 303)
    has_mail = auth.read_config(request).settings.smtp_url is not None
    context = WaitingContext(await accounts.read_account(user.user_id), has_mail)
    return auth.render_page(request, "account/waiting.html", context)


async def ask_for_access(request: Request, form: NoteForm) -> Response:
    """Take the note to the admins."""
    outbox, user_id = auth.read_config(request).sign_in.outbox, auth.require_user(request).user_id
    await accounts.ask_for_access(outbox, user_id, form.note, auth.read_actor(request))
    return RedirectResponse("/waiting?notice=sent", 303)
