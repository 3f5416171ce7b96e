"""Answer `/account` and `/waiting`: what is a person's own."""

from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.account import preferences
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sessions
from shareable_backlog.services.account import accounts, tokens
from shareable_backlog.web.fields import Id, Otherwise, Text


class SessionPath(Struct, frozen=True):
    """Which session it is."""

    session_id: Annotated[Id, Otherwise(NotFound, "There is no such session.")]


class NoteForm(Struct, frozen=True):
    """What somebody who waits has to say."""

    note: Text = ""


async def show(request: Request) -> Response:
    """Show who is signed in, and where."""
    visitor = auth.visitor(request)
    return auth.page(
        request,
        "account/account.html",
        account=await accounts.account(visitor.user_id),
        sessions=await sessions.of_user(visitor.user_id, auth.access(request).limits),
        tokens=await tokens.of_user(visitor.user_id),
        **await preferences.offered(),
    )


async def end_session(request: Request, path: SessionPath) -> Response:
    """End one of the person's own sessions."""
    await sessions.revoke(auth.actor(request), auth.visitor(request).user_id, path.session_id)
    return RedirectResponse("/account?notice=ended", 303)


async def show_waiting(request: Request) -> Response:
    """Show whoever waits for an admin what happens next, and everybody else the backlog."""
    visitor = auth.visitor(request)
    if visitor.state == "active":
        return RedirectResponse("/", 303)
    has_mail = auth.access(request).settings.smtp_url is not None
    return auth.page(
        request, "account/waiting.html", account=await accounts.account(visitor.user_id), has_mail=has_mail
    )


async def ask_for_access(request: Request, form: NoteForm) -> Response:
    """Take the note to the admins."""
    outbox, user_id = auth.access(request).entrance.outbox, auth.visitor(request).user_id
    await accounts.ask_for_access(outbox, user_id, form.note, auth.actor(request))
    return RedirectResponse("/waiting?notice=sent", 303)
