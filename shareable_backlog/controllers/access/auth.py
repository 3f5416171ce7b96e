"""Let a request in: find out who asks, refuse who may not, and check that what is posted comes from our own pages."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shareable_backlog.config import Settings
from shareable_backlog.controllers.access import proxy_header
from shareable_backlog.controllers.access.proxy_header import ProxyHeader
from shareable_backlog.errors import NotAllowed, NotSignedIn
from shareable_backlog.services import places, readiness
from shareable_backlog.services.access import page_users, sign_in
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.access.sign_in import ProxyUser, SignInConfig
from shareable_backlog.services.account import preferences, reading_limits, tokens
from shareable_backlog.services.account.preferences import Preferences
from shareable_backlog.services.audit import audit_actions, strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mirror.freshness import Freshness
from shareable_backlog.services.places import Brand
from shareable_backlog.vocabulary import FIRST_PAGES, PageName
from shareable_backlog.web import cookies, forms, params
from shareable_backlog.web.errors import hide_secret, needs_json
from shareable_backlog.web.pages import locales, rendering, unseen_marks
from shareable_backlog.web.pages.locales import LocalFormat

Who: TypeAlias = Literal["anyone", "signer", "browser", "visitor", "person", "viewer", "member", "admin"]

_WITHOUT_FILTERS = {"/roadmap", "/changes", "/updates", "/done", "/meeting"}
SESSION, BROWSER, KNOWN = "session", "browser", "known"
FEED, UPDATES_FEED = "/feed.atom", "/updates.atom"


class NoticeQuery(Struct, frozen=True):
    """What a page tells of the form that led to it."""

    notice: str = ""


class FeedTokenQuery(Struct, frozen=True):
    """The token by which a feed reader comes in."""

    token: str | None = None


class AccessConfig(Struct, frozen=True):
    """What decides who gets in; app.py puts it into `app.state.access`."""

    sign_in: SignInConfig
    limits: SessionLimits
    origin: str | None
    proxy_header: ProxyHeader | None
    settings: Settings


class FrameContext(Struct, frozen=True, kw_only=True):
    """What every page shows around its content.

    `waiting` counts the people who wait for an admin, `here` is the path, `notice` names what a form has done;
    `mirror` tells how old the content is, None for who may not see any; `approver` is whom to ask for more; `brand`
    is what the whole is called and looks like; `unseen` counts the items that they have not seen, "" for none.
    """

    visitor: CurrentUser | None
    csrf: str
    waiting: int
    here: str
    notice: str
    preferences: Preferences
    local: LocalFormat
    mirror: Freshness | None
    approver: str | None
    brand: Brand
    unseen: str


def read_config(request: Request) -> AccessConfig:
    """Return what decides who gets in."""
    return request.app.state.access


def find_user(request: Request) -> CurrentUser | None:
    """Return the signed-in person of a request that was let in; None for nobody."""
    return request.state.visitor


def require_user(request: Request) -> CurrentUser:
    """Return the signed-in person of a request to a route that only they may ask for."""
    found = find_user(request)
    if found is None:
        raise NotSignedIn("Please sign in first.")
    return found


def read_actor(request: Request) -> Actor:
    """Return whoever asks, as the audit log knows them."""
    found: CurrentUser | None = getattr(request.state, "visitor", None)
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
    bearer = _find_bearer(request)
    if bearer is not None:
        request.state.visitor, request.state.reader = await _authenticate(request, bearer), None
        request.state.new_cookies = dict[str, str]()
    else:
        await _recognise_user(request)
        reader: PageUser | None = request.state.reader
        request.state.place = await places.read_place(reader and reader.settings_mark)
        request.state.frame = partial(build_frame, request)
    refusal = await _check_access(request, who)
    if refusal is None and request.method == "POST" and bearer is None:
        await _require_own_form(request)
    return refusal


def require_page(request: Request, page: PageName) -> Response | None:
    """Return None for who may use the page; who has no list is led to where they begin instead.

    Raises NotAllowed.
    """
    off = require_user(request).pages_off
    if page not in off:
        return None
    first = next((path for name, path in FIRST_PAGES.items() if name not in off), None)
    if page == "list" and first is not None and not needs_json(request):
        keeps_filters = request.url.query and first not in _WITHOUT_FILTERS
        return RedirectResponse(f"{first}?{request.url.query}" if keeps_filters else first, 303)
    raise NotAllowed("An admin has switched this off here. Ask them if you need it.")


def log_trick(request: Request, kind: str) -> None:
    """Log a request that no honest page or program sends; `kind` is one of few."""
    strangers.log_trick(read_actor(request), kind, hide_secret(request.url.path))


async def _authenticate(request: Request, bearer: str) -> CurrentUser:
    try:
        return await tokens.authenticate(bearer)
    except NotSignedIn:
        log_trick(request, "wrong token")
        raise


async def _require_own_form(request: Request) -> None:
    form = await forms.read(request)
    try:
        forms.require_own(request, form, request.state.secret, read_config(request).origin)
    except NotAllowed:
        log_trick(request, "forged form")
        raise


def _find_bearer(request: Request) -> str | None:
    """Return the token that a program comes with, as a header of the API or, for a feed reader, in the address."""
    path: str = request.scope["path"]
    if path.startswith("/api/v1/"):
        return request.headers.get("authorization")
    token = params.read_query(request, FeedTokenQuery).token if path in {FEED, UPDATES_FEED} else None
    return token and tokens.format_bearer(token)


def set_new_cookies(request: Request, response: Response) -> None:
    """Give the answer the cookies that came up on the way."""
    new: dict[str, str] = request.state.new_cookies
    for what, value in new.items():
        cookies.set_cookie(request, response, what, value)


def render_page(request: Request, template: str, *contexts: Struct, status: int = 200) -> HTMLResponse:
    """Return a page for this visitor, of the fields of `contexts`."""
    return rendering.render_page(template, build_frame(request), *contexts, status=status)


def require_page_user(request: Request) -> PageUser:
    """Return the signed-in person of a request to a page, with what is around it. Raises NotSignedIn."""
    found: PageUser | None = request.state.reader
    if found is None:
        raise NotSignedIn("Please sign in first.")
    return found


def find_unseen(request: Request) -> Sequence[str] | None:
    """Return the ids of what whoever reads has not seen, be it with another's eyes; None beside any page."""
    found: PageUser | None = request.state.reader
    return found.unseen if found else None


def read_local_format(request: Request) -> LocalFormat:
    """Return how whoever asks writes dates, times and numbers."""
    return _build_local_format(request, _read_preferences(request))


def read_form_token(request: Request) -> str:
    """Return what the forms of this browser carry; "" for one that has no secret."""
    return forms.compute_token(request.state.secret) if request.state.secret else ""


def build_frame(request: Request) -> FrameContext:
    """Return what every page shows around its content for whoever asks."""
    found: PageUser | None = request.state.reader
    chosen = _read_preferences(request)
    return FrameContext(
        visitor=found and found.user,
        csrf=read_form_token(request),
        waiting=found.waiting if found else 0,
        here=request.url.path,
        notice=params.read_query(request, NoticeQuery).notice,
        preferences=chosen,
        local=_build_local_format(request, chosen),
        mirror=found.mirror if found and found.user.state == "active" else None,
        approver=found and found.approver,
        brand=getattr(request.state, "place", places.USUAL),
        unseen=unseen_marks.format_unseen(len(found.unseen)) if found and found.unseen else "",
    )


def _read_preferences(request: Request) -> Preferences:
    found: PageUser | None = request.state.reader
    return found.preferences if found else Preferences()


def _build_local_format(request: Request, chosen: Preferences) -> LocalFormat:
    # Our script says it, as browsers send no header for it.
    named = request.cookies.get("zone", "")
    zone = chosen.time_zone or (named if named and preferences.is_time_zone(named) else preferences.UTC)
    return LocalFormat(zone, locales.choose_locale(chosen.locale, request.headers.get("accept-language", "")))


async def _recognise_user(request: Request) -> None:
    """Find the visitor of the session's cookie, or whom a trusted proxy names, and the secret for forms."""
    token = cookies.read_cookie(request, SESSION)
    found = await page_users.find_page_user(token, read_config(request).limits) if token else None
    request.state.new_cookies = dict[str, str]()
    named = proxy_header.find_user(request, read_config(request).proxy_header)
    if found is not None and found.user.method == "proxy" and not _is_named(request, named, found, token):
        found = None
    if found is None and named is not None:
        token, found = await _find_proxy_session(request, named)
        request.state.new_cookies = {SESSION: token}
    request.state.reader, request.state.visitor = found, found and found.user
    request.state.secret = token if found else cookies.read_cookie(request, BROWSER)


def _is_named(request: Request, named: ProxyUser | None, found: PageUser, token: str | None) -> bool:
    """Return whether a proxy's session is still that of whom it names, in the groups that it names."""
    if named is None or found.user.email.lower() != named.email:
        return False
    key, user_agent = read_config(request).sign_in.secret_key, read_actor(request).user_agent
    return not named.viewer_groups or token == sign_in.compute_proxy_token(key, named, user_agent)


async def _find_proxy_session(request: Request, named: ProxyUser) -> tuple[str, PageUser | None]:
    """Return the token of the session of whom the proxy names, and who that is: the one there is, or a new one."""
    request.state.visitor = None
    config, actor = read_config(request), read_actor(request)
    token = sign_in.compute_proxy_token(config.sign_in.secret_key, named, actor.user_agent)
    found = await page_users.find_page_user(token, config.limits)
    if found is None or found.user.email.lower() != named.email:
        token = (await sign_in.accept_proxy_user(config.sign_in, named, actor)).token
        found = await page_users.find_page_user(token, config.limits)
    return token, found


async def _check_access(request: Request, who: Who) -> Response | None:
    found: CurrentUser | None = request.state.visitor
    if who == "visitor":
        return None
    if (found is None or found.state != "active") and request.headers.get("accept") == "text/event-stream":
        return Response(status_code=204)  # by which a browser stops asking, and complains of nothing
    if found is None:
        if needs_json(request) or request.method == "POST":
            raise NotSignedIn("Please sign in first. Nothing was changed.")
        await readiness.require_database()  # else a page to sign in would promise what can't be done
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in" + (f"?{urlencode({'next': path})}" if path != "/" else ""), 303)
    if who == "person":
        return None
    if found.state != "active":
        if needs_json(request) or request.method == "POST":
            raise NotAllowed("An admin has to approve you first. Nothing was changed.")
        return RedirectResponse("/waiting", 303)
    if request.state.reader is not None:  # a token has a limit of its own
        await reading_limits.limit_pages(found.user_id, read_config(request).settings.pages_per_minute)
    await _require_role(request, found, who)
    return None


async def _require_role(request: Request, found: CurrentUser, who: Who) -> None:
    """Record, and raise NotAllowed, when somebody asks for what only others may."""
    if who == "admin" and not found.is_admin:
        words = "Only admins can see or do this."
    elif who == "member" and not (found.is_admin or found.is_team_member):
        words = "Only admins and team members can do this."
    else:
        return
    details = {"path": request.url.path[:500]}
    await audit_actions.record(None, read_actor(request), Action.ACCESS_REFUSED, details=details, refused=True)
    raise NotAllowed(words)
