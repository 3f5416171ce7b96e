"""Let a request in: find out who asks, refuse who may not, and check that what is posted comes from our own pages."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shareable_backlog.config import Network, Settings
from shareable_backlog.config.values import email
from shareable_backlog.errors import NotAllowed, NotSignedIn
from shareable_backlog.services.access import readers, sign_in
from shareable_backlog.services.access.readers import Reader
from shareable_backlog.services.access.sessions import Limits, Visitor
from shareable_backlog.services.access.sign_in import Entrance
from shareable_backlog.services.account import preferences, tokens
from shareable_backlog.services.account.preferences import Preferences
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.web import cookies, forms, network, params
from shareable_backlog.web.errors import wants_json
from shareable_backlog.web.pages import locales, rendering
from shareable_backlog.web.pages.locales import Local

Who: TypeAlias = Literal["anyone", "signer", "visitor", "person", "viewer", "admin"]

SESSION, BROWSER = "session", "browser"
FEED = "/feed.atom"


class NoticeQuery(Struct, frozen=True):
    """What a page tells of the form that led to it."""

    notice: str = ""


class FeedTokenQuery(Struct, frozen=True):
    """The token by which a feed reader comes in."""

    token: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Hold what decides who gets in; app.py puts it into `app.state.access`."""

    entrance: Entrance
    limits: Limits
    base_url: str | None
    proxy_header: str | None
    proxies: tuple[Network, ...]
    settings: Settings


def access(request: Request) -> Access:
    """Give what decides who gets in."""
    return request.app.state.access


def visitor(request: Request) -> Visitor:
    """Give the signed-in person of a request to a route that only they may ask for."""
    found: Visitor | None = request.state.visitor
    if found is None:
        raise NotSignedIn("Please sign in first.")
    return found


def actor(request: Request) -> Actor:
    """Give whoever asks, as the audit log knows them."""
    found: Visitor | None = getattr(request.state, "visitor", None)
    return Actor(
        found and found.user_id,
        found and found.email,
        getattr(request.state, "client", None),
        request.headers.get("user-agent"),
    )


async def admit(request: Request, who: Who) -> Response | None:
    """Find out who asks and let them on; else give the page that tells them what is missing, or raise.

    Leaves `visitor`, `reader` (None for who comes without a session) and, for pages of errors, `frame` in
    `request.state`, and has read what is posted. Raises NotSignedIn and NotAllowed.
    """
    bearer = _bearer(request)
    if bearer is not None:
        request.state.visitor, request.state.reader = await tokens.visitor(bearer), None
        request.state.new_cookies = dict[str, str]()
    else:
        await _recognise(request)
        request.state.frame = partial(frame, request)
    refusal = await _refusal(request, who)
    if refusal is None and request.method == "POST" and bearer is None:
        forms.require_own(request, await forms.read(request), request.state.secret, access(request).base_url)
    return refusal


def _bearer(request: Request) -> str | None:
    """Give the token that a program comes with, as a header of the API or, for a feed reader, in the address."""
    if request.url.path.startswith("/api/v1/"):
        return request.headers.get("authorization")
    token = params.read_query(request, FeedTokenQuery).token if request.url.path == FEED else None
    return token and tokens.bearer(token)


def finish(request: Request, response: Response) -> None:
    """Give the answer the cookies that came up on the way."""
    new: dict[str, str] = request.state.new_cookies
    for what, value in new.items():
        cookies.write(request, response, what, value)


def page(request: Request, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """Give a page for this visitor."""
    around: dict[str, Any] = frame(request) | context
    return rendering.page(template, status=status, **around)


def reader(request: Request) -> Reader:
    """Give the signed-in person of a request to a page, with what is around it. Raises NotSignedIn for a program."""
    found: Reader | None = request.state.reader
    if found is None:
        raise NotSignedIn("Please sign in first.")
    return found


def local(request: Request) -> Local:
    """Give how whoever asks writes dates, times and numbers."""
    return _local(request, _preferences(request))


def frame(request: Request) -> dict[str, Any]:
    """Give what every page shows around its content; `mirror` tells how old that is, if they may see any."""
    found: Reader | None = request.state.reader
    chosen = _preferences(request)
    return {
        "visitor": found and found.visitor,
        "csrf": forms.token(request.state.secret) if request.state.secret else "",
        "waiting": found.waiting if found else 0,
        "here": request.url.path,
        "notice": params.read_query(request, NoticeQuery).notice,
        "preferences": chosen,
        "local": _local(request, chosen),
        "mirror": found.mirror if found and found.visitor.state == "active" else None,
    }


def _preferences(request: Request) -> Preferences:
    found: Reader | None = request.state.reader
    return found.preferences if found else Preferences()


def _local(request: Request, chosen: Preferences) -> Local:
    # Our script says it, as browsers send no header for it.
    named = request.cookies.get("zone", "")
    zone = chosen.time_zone or (named if preferences.is_time_zone(named) else preferences.UTC)
    return Local(zone, locales.chosen(chosen.locale, request.headers.get("accept-language", "")))


async def _recognise(request: Request) -> None:
    """Find the visitor of the session's cookie, or whom a trusted proxy names, and the secret for forms."""
    token = cookies.read(request, SESSION)
    found = await readers.of_session(token, access(request).limits) if token else None
    request.state.new_cookies = dict[str, str]()
    named = _named_by_proxy(request)
    if found is not None and found.visitor.method == "proxy" and found.visitor.email.lower() != named:
        found = None
    if found is None and named is not None:
        request.state.visitor = None
        signed_in = await sign_in.by_proxy(access(request).entrance, named, actor(request))
        token = signed_in.token
        request.state.new_cookies = {SESSION: token}
        found = await readers.of_session(token, access(request).limits)
    request.state.reader, request.state.visitor = found, found and found.visitor
    request.state.secret = token if found else cookies.read(request, BROWSER)


def _named_by_proxy(request: Request) -> str | None:
    """Give the mail address that a trusted proxy's header names; None without one.

    A header that stands there twice, or whose name was spelt with underscores, is somebody else's.
    """
    header = access(request).proxy_header
    if header is None or not network.is_trusted_peer(request, access(request).proxies):
        return None
    named = [value for name, value in request.headers.items() if name.replace("_", "-") == header]
    if len(named) != 1 or header not in request.headers:
        return None
    try:
        return email(named[0])
    except ValueError:
        return None


async def _refusal(request: Request, who: Who) -> Response | None:
    found: Visitor | None = request.state.visitor
    if who == "visitor":
        return None
    if found is None:
        if wants_json(request) or request.method == "POST":
            raise NotSignedIn("Please sign in first; nothing was done.")
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in" + (f"?{urlencode({'next': path})}" if path != "/" else ""), 303)
    if who == "person":
        return None
    if found.state != "active":
        if wants_json(request) or request.method == "POST":
            raise NotAllowed("An admin has to approve you first; nothing was done.")
        return RedirectResponse("/waiting", 303)
    if who == "admin" and not found.is_admin:
        await audit_actions.record(
            None, actor(request), Action.ACCESS_REFUSED, details={"path": request.url.path[:500]}, refused=True
        )
        raise NotAllowed("Only admins can see or do this.")
    return None
