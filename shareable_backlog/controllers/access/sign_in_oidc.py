"""Answer `/sign-in/oidc` and its callback: sign in by an identity provider."""

import base64
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import time
from typing import Any, cast

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import oidc
from shareable_backlog.config import Settings
from shareable_backlog.config.values import is_same_issuer, parse_email
from shareable_backlog.controllers.access import auth, sign_in
from shareable_backlog.controllers.access.sign_in import NextQuery
from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import Authorization, Identity, Provider
from shareable_backlog.services.access import identities, user_scopes
from shareable_backlog.services.access import sign_in as signing_in
from shareable_backlog.services.access.identities import ProvidedIdentity
from shareable_backlog.web import cookies, params
from shareable_backlog.web.fields import Ticked

CALLBACK = "/sign-in/oidc/callback"
_FLOW = "oidc"
_LIVES_S = 600
_LONGEST_NEXT = 500  # in bytes, for the cookie to stay small enough
_NO_GROUPS = (
    "The identity provider didn't say which groups you are in, and only members of some may sign in. Tell an admin."
)
_NOT_AGAIN = "The identity provider let you in without asking who you are again. Sign out there, then try once more."
_STALE = "This sign-in wasn't started in this browser, or was started more than ten minutes ago. Start again."


class CallbackQuery(Struct, frozen=True):
    """What the provider sends along with the browser, by the names of its protocol."""

    state: str = ""
    code: str = ""
    iss: str | None = None


@asynccontextmanager
async def open_provider(settings: Settings, base_url: str) -> AsyncGenerator[Provider | None]:
    """Yield the identity provider of the settings; None without one."""
    if settings.oidc_issuer is None or settings.oidc_client_secret is None:
        yield None
        return
    client = oidc.OidcClient(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=settings.oidc_client_secret.reveal(),
        redirect_uri=f"{base_url}{CALLBACK}",
        scopes=settings.oidc_scopes,
        email_claim=settings.oidc_email_claim,
        groups_claim=settings.oidc_groups_claim,
        trusts_emails=is_same_issuer(settings.oidc_trusted_email_issuer or "", settings.oidc_issuer),
        wants_groups=bool(settings.oidc_allowed_groups or settings.oidc_admin_group or settings.oidc_viewer_groups),
    )
    async with oidc.open_client() as http:
        yield Provider(http, client)


class StartQuery(NextQuery, frozen=True):
    """Which page was wanted, and whether the provider is to ask who they are `again`."""

    again: Ticked = False


async def start_sign_in(request: Request, query: StartQuery) -> Response:
    """Send the browser to the provider, with a cookie that knows the way back; nothing else is begun."""
    # A link leads here and no form: browsers hold a form's redirects to the pages' policy, which names no provider.
    # From a page that is not ours it leads to the sign-in page, as nobody is to be signed in by somebody else's link.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return RedirectResponse(params.build_url("/sign-in", query), 303)
    try:
        begun = await _require_provider(request).start_sign_in(again=query.again)
    except SignInFailed as error:
        return await _render_refusal(request, error)
    response = RedirectResponse(begun.url, 303)
    cookies.set_cookie(request, response, _FLOW, _seal_flow(request, begun, query), _LIVES_S)
    return response


async def finish_sign_in(request: Request, query: CallbackQuery) -> Response:
    """Sign in whom the provider sends back, if this browser began it."""
    try:
        entered = await _let_in(request, query)
    except SignInFailed as error:
        response = await _render_refusal(request, error)
    else:
        response = await sign_in.start_session(request, entered)
    cookies.delete_cookie(request, response, _FLOW)
    return response


async def _render_refusal(request: Request, error: SignInFailed) -> Response:
    status = 503 if isinstance(error, oidc.ProviderUnavailable) else 403
    return await sign_in.render_refusal(request, str(error), status)


async def _let_in(request: Request, query: CallbackQuery) -> signing_in.NewSession:
    """Let in whom the provider means; a refusal of what was begun here is recorded. Raises SignInFailed."""
    access, actor = auth.read_config(request), auth.read_actor(request)
    flow = _unseal_flow(request)
    if flow is None:  # what anybody can send leaves no trace
        raise SignInFailed(_STALE)
    try:
        _require_answer(flow, query.state)
        found = await _fetch_identity(request, query, flow)
    except SignInFailed as error:
        await signing_in.record_refusal(actor, str(error))
        raise
    admin_group = access.settings.oidc_admin_group
    identity = ProvidedIdentity(
        issuer=found.issuer,
        subject=found.subject,
        email=_parse_email(found),
        is_email_verified=found.is_email_verified,
        name=found.name,
        viewer_groups=user_scopes.map_groups(access.settings.oidc_viewer_groups, found.groups),
    )
    return await identities.accept_identity(
        access.sign_in,
        identity,
        is_admin=None if admin_group is None or found.groups is None else admin_group in found.groups,
        next_path=flow["next"],
        actor=actor,
    )


def _require_answer(flow: dict[str, Any], state: str) -> None:
    """Raise SignInFailed unless the provider answers to what was begun in this browser, in time."""
    is_young = 0 <= time() - flow["at"] <= _LIVES_S
    if not is_young or not hmac.compare_digest(state.encode(), str(flow["state"]).encode()):
        raise SignInFailed(_STALE)


async def _fetch_identity(request: Request, query: CallbackQuery, flow: dict[str, Any]) -> Identity:
    if not query.code:
        raise SignInFailed("The identity provider didn't sign you in. Try again, or ask an admin.")
    found = await _require_provider(request).redeem_code(
        code=query.code, nonce=flow["nonce"], verifier=flow["verifier"], issuer=query.iss
    )
    if flow["again"] and found.proved_at is not None and found.proved_at < flow["at"] - oidc.PROVES_FOR_S:
        raise SignInFailed(_NOT_AGAIN)
    allowed = auth.read_config(request).settings.oidc_allowed_groups
    if allowed and found.groups is None:
        raise SignInFailed(_NO_GROUPS)
    if allowed and not set(allowed) & set(found.groups or ()):
        raise SignInFailed("Your account there isn't in any of the groups that may sign in. Ask an admin.")
    return found


def _require_provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise HTTPException(404)
    return provider


def _parse_email(identity: Identity) -> str | None:
    """Return the mail address in small letters; None for one that can't be, or that can be nobody's."""
    try:
        email = parse_email(identity.email or "")
    except ValueError:
        return None
    return None if email.endswith(".invalid") else email


def _seal_flow(request: Request, begun: Authorization, query: StartQuery) -> str:
    """Return what the callback has to know as a cookie's text that nobody else could have written."""
    flow = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "next": query.next if len(query.next.encode()) <= _LONGEST_NEXT else "/",
        "again": query.again,
        "at": int(time()),
    }
    text = base64.urlsafe_b64encode(json.dumps(flow, ensure_ascii=False).encode()).decode().rstrip("=")
    return f"{text}.{_compute_seal(request, text)}"


def _unseal_flow(request: Request) -> dict[str, Any] | None:
    """Return what `_seal_flow` wrote into this browser's cookie; None unless it is there and ours."""
    text, _, seal = (cookies.read_cookie(request, _FLOW) or "").partition(".")
    if not text or not hmac.compare_digest(seal.encode(), _compute_seal(request, text).encode()):
        return None
    return cast("dict[str, Any]", json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def _compute_seal(request: Request, text: str) -> str:
    key = auth.read_config(request).sign_in.secret_key
    return hmac.digest(key, b"oidc flow " + text.encode(), "sha256").hex()
