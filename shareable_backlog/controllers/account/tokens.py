"""Answer `/account/tokens`: people's tokens for their programs."""

from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import tokens
from shareable_backlog.web import forms
from shareable_backlog.web.forms import Form


async def create(request: Request) -> Response:
    """Make a token and show it, this once."""
    form: Form = request.state.form
    name = form.get("name", "").strip()
    token = await tokens.create(
        auth.actor(request), auth.visitor(request).user_id, name, form.getlist("right"), _last_day(form)
    )
    return auth.page(request, "token.html", name=name, token=token)


async def revoke(request: Request) -> Response:
    """End a token, and go on to the form's `next`: admins come here from another person's page."""
    form: Form = request.state.form
    await tokens.revoke(
        auth.actor(request), auth.visitor(request), sharing_form.number(request.path_params["token_id"])
    )
    return RedirectResponse(forms.own_path(form.get("next", "/account?notice=token-revoked")), 303)


def _last_day(form: Form) -> date | None:
    given = form.get("last_day", "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise InvalidInput("The token's last day is no date. Nothing was made.") from None
