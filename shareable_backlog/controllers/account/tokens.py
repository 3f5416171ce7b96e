"""Answer `/account/tokens`: people's tokens for their programs."""

from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import tokens
from shareable_backlog.web.fields import Day, Id, Otherwise, OwnPath, Text


class TokenForm(Struct, frozen=True):
    """What a new token is called, what it may read, and when it ends."""

    name: Text = ""
    right: tuple[str, ...] = ()
    last_day: Day | None = None


class TokenPath(Struct, frozen=True):
    """Which token it is."""

    token_id: Annotated[
        Id, Otherwise(InvalidInput, "There is no such token, so nothing was changed. Reload the page.")
    ]


class RevokeForm(Struct, frozen=True):
    """Where to go on: admins come here from another person's page."""

    next: OwnPath = "/account?notice=token-revoked"


class NewTokenContext(Struct, frozen=True):
    """The page that shows a new token."""

    name: str
    token: str

    def __repr__(self) -> str:
        """Show the token to nobody who only prints this."""
        return "NewTokenContext(…)"


async def create_token(request: Request, form: TokenForm) -> Response:
    """Create a token and show it, this once."""
    actor, user_id = auth.read_actor(request), auth.require_user(request).user_id
    outbox = auth.read_config(request).sign_in.outbox
    token = await tokens.create_token(outbox, actor, user_id, form.name, form.right, form.last_day)
    return auth.render_page(request, "account/new_token.html", NewTokenContext(form.name, token))


async def revoke_token(request: Request, path: TokenPath, form: RevokeForm) -> Response:
    """End a token, and go on to where the form says."""
    await tokens.revoke_token(auth.read_actor(request), auth.require_user(request), path.token_id)
    return RedirectResponse(form.next, 303)
