"""Ask people to sign in again before what matters; what they filled in is kept and done once they say so again."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth, sign_in
from shareable_backlog.controllers.access.sign_in import SignInWaysContext
from shareable_backlog.errors import NotAllowed, NotFound
from shareable_backlog.services.access.proofs import held_forms
from shareable_backlog.services.access.proofs.held_forms import HeldForm
from shareable_backlog.services.account import passkeys
from shareable_backlog.web import cookies, forms
from shareable_backlog.web.errors import needs_json
from shareable_backlog.web.fields import Id, Otherwise
from shareable_backlog.web.sub_path import drop_sub_path

PATH = "/sign-in/again/{form_id}"
_AGAIN = "This needs a sign-in within the last ten minutes. Nothing was changed. Sign in again and repeat it."
# What people filled in, by the names of their fields; others are hidden ones, such as versions.
_LABELS = {
    "decision": "Decision",
    "email": "Email address",
    "name": "Name",
    "sees": "Sees",
    "last_day": "Last day",
    "emails": "Email addresses",
    "csv": "From the file",
    "note": "A line of yours",
    "reason": "Reason",
}


class HeldFormPath(Struct, frozen=True):
    """Which form it is."""

    form_id: Annotated[Id, Otherwise(NotFound, "There is nothing to go on with here. Nothing was changed.")]


class StepUpContext(Struct, frozen=True, kw_only=True):
    """The page between a form and its being done: it asks to sign in again, or, after that, whether to go on.

    `fields` are all that was sent, `told` what of it people can read; `can_mail` when a code reaches this person, who
    `can_use_passkey` if they have one.
    """

    act: str
    form_path: str
    back_path: str
    next_path: str
    fields: list[tuple[str, str]]
    told: list[tuple[str, str]]
    is_proven: bool
    can_mail: bool
    can_use_passkey: bool


async def require_proof(request: Request, act: str) -> Response | None:
    """Return None for who signed in within ten minutes; else keep the form, and lead to the page that asks to.

    Raises NotAllowed for a program.
    """
    user = auth.require_user(request)
    if user.is_proven:
        return None
    if needs_json(request):
        raise NotAllowed(_AGAIN)
    browser = cookies.read_cookie(request, auth.BROWSER)
    if browser is None:
        browser = request.state.new_cookies[auth.BROWSER] = secrets.token_urlsafe(24)
    query = f"?{request.url.query}" if request.url.query else ""
    form = HeldForm(
        act=act,
        path=request.url.path + query,
        back_path=_read_back_path(request),
        fields=held_forms.encode_fields(forms.get_form(request).multi_items()),
    )
    form_id = await held_forms.hold_form(user.user_id, browser, form)
    return RedirectResponse(PATH.format(form_id=form_id), 303)


async def show_step_up(request: Request, path: HeldFormPath) -> Response:
    """Ask to sign in again; whoever has is asked whether to go on."""
    user = auth.require_user(request)
    browser = cookies.read_cookie(request, auth.BROWSER)
    form = await held_forms.read_form(path.form_id, user.user_id, browser)
    ways, fields = sign_in.list_ways(request), held_forms.decode_fields(form)
    context = StepUpContext(
        act=form.act,
        form_path=form.path,
        back_path=form.back_path,
        next_path=request.url.path,
        fields=fields,
        told=[(_LABELS[name], value) for name, value in fields if name in _LABELS and value.strip()],
        is_proven=user.is_proven,
        can_mail=_can_mail(ways, user.email),
        can_use_passkey=ways.has_passkeys and bool(await passkeys.list_passkeys(user.user_id)),
    )
    return await sign_in.render_page(request, "account/step_up.html", context)


def _can_mail(ways: SignInWaysContext, email: str) -> bool:
    """Return whether a code reaches somebody: there are addresses that only stand in the log."""
    return ways.has_mail and (ways.is_mail_in_log or not email.endswith(".invalid"))


def _read_back_path(request: Request) -> str:
    """Return the page that the form was on, as the browser says."""
    try:
        page = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    return forms.choose_own_path(drop_sub_path(page.path) + (f"?{page.query}" if page.query else ""))
