"""Answer `/sign-in` and below: ask for a link, use it or its code, sign out."""

import secrets

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.config.values import parse_email
from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import DatabaseUnavailable, SignInFailed
from shareable_backlog.services import readiness
from shareable_backlog.services.access import open_links, sessions, sign_in
from shareable_backlog.services.access.open_links import CodeState, OpenLink
from shareable_backlog.services.access.proofs import ceremonies, known_browsers
from shareable_backlog.services.access.proofs.known_browsers import BrowserMarks
from shareable_backlog.services.access.sign_in import NewSession
from shareable_backlog.web import cookies, forms
from shareable_backlog.web.fields import OwnPath, Text
from shareable_backlog.web.pages import words


class NextQuery(Struct, frozen=True):
    """Which page was wanted."""

    next: OwnPath = "/"


class SignInForm(Struct, frozen=True):
    """Who wants to come in, and to which page; what is no mail address is told on the same page."""

    email: Text = ""
    next: OwnPath = "/"


class CodeForm(Struct, frozen=True):
    """The code of a mail."""

    code: str = ""


class LinkPath(Struct, frozen=True):
    """The secret of a link."""

    token: str


class SignInWaysContext(Struct, frozen=True, kw_only=True):
    """Which ways in are set up; without a mail server links may be in the log.

    `has_passkeys` says whether browsers have passkeys at this address, whoever has one.
    """

    has_mail: bool
    is_mail_in_log: bool
    oidc_name: str | None
    has_proxy: bool
    has_passkeys: bool


class SignInContext(Struct, frozen=True):
    """The page with the ways in: where they lead to, and what was wrong with the last try."""

    next_path: str = "/"
    problem: str | None = None
    email: str = ""
    """What was typed."""


class SignInCodeContext(Struct, frozen=True):
    """The page that asks for the code of a mail, or says what to do where none works."""

    state: CodeState
    problem: str | None = None
    code: str = ""
    """What was typed."""


class SignInLinkContext(Struct, frozen=True):
    """The page to which a link leads; in another browser it asks for the code, too, or offers a link for this one."""

    link: OpenLink
    problem: str | None = None


async def show_sign_in(request: Request, query: NextQuery) -> Response:
    """Show the ways in that are set up."""
    if request.state.visitor is not None:
        return RedirectResponse(query.next, 303)
    await readiness.require_database()
    return await render_page(request, "account/sign_in.html", SignInContext(query.next))


async def send_link(request: Request, form: SignInForm) -> Response:
    """Send a link and a code to the mail address that was typed, and ask for the code; the same for everybody."""
    try:
        email = parse_email(form.email)
    except ValueError:
        words = "That isn't an email address. Enter one like person@example.com."
        context = SignInContext(form.next, words, form.email)
        return await render_page(request, "account/sign_in.html", context, status=400)
    browser, config = cookies.read_cookie(request, auth.BROWSER) or "", auth.read_config(request).sign_in
    try:
        await sign_in.send_link(config, email, browser, form.next, auth.read_actor(request))
    except DatabaseUnavailable as error:
        context = SignInContext(form.next, f"{error} Nothing was sent; what you typed is still here.", email)
        return await _render_unavailable(request, "account/sign_in.html", context)
    return RedirectResponse("/sign-in/code", 303)


async def _render_unavailable(request: Request, template: str, context: Struct) -> Response:
    """Return the page once more, with what was typed, to be sent again in a few seconds."""
    page = await render_page(request, template, context, status=503)
    page.headers["Retry-After"] = "5"
    return page


async def show_code(request: Request) -> Response:
    """Ask for the code of the mail."""
    state = await open_links.read_code_state(cookies.read_cookie(request, auth.BROWSER))
    # For whom no mail is sent there is no link either, and nobody is told.
    context = SignInCodeContext("closed" if state == "closed" else "open")
    return await render_page(request, "account/sign_in_code.html", context)


async def use_code(request: Request, form: CodeForm) -> Response:
    """Sign in by the code."""
    browser = cookies.read_cookie(request, auth.BROWSER)
    try:
        entered = await sign_in.redeem_code(
            auth.read_config(request).sign_in, browser, form.code, auth.read_actor(request)
        )
    except SignInFailed as error:
        context = SignInCodeContext(await open_links.read_code_state(browser), str(error))
        return await render_page(request, "account/sign_in_code.html", context, status=403)
    except DatabaseUnavailable as error:
        context = SignInCodeContext("open", f"{error} The code is still good; send it again.", form.code)
        return await _render_unavailable(request, "account/sign_in_code.html", context)
    return await start_session(request, entered)


async def show_link(request: Request, path: LinkPath) -> Response:
    """Ask whether to sign in, as programs open links too: looking at it uses nothing up."""
    return await _render_link(request, path.token)


async def use_link(request: Request, path: LinkPath, form: CodeForm) -> Response:
    """Sign in by the link."""
    entrance, browser = auth.read_config(request).sign_in, cookies.read_cookie(request, auth.BROWSER)
    try:
        entered = await sign_in.redeem_link(entrance, path.token, browser, form.code, auth.read_actor(request))
    except SignInFailed as error:
        return await _render_link(request, path.token, problem=str(error))
    return await start_session(request, entered)


async def _render_link(request: Request, token: str, *, problem: str | None = None) -> Response:
    """Return the page of a link, with what was wrong with the last try; for a link that is used up, the ways in."""
    try:
        link = await open_links.read_link(token, cookies.read_cookie(request, auth.BROWSER))
    except SignInFailed as error:
        return await render_refusal(request, problem or str(error))
    context = SignInLinkContext(link, problem)
    return await render_page(request, "account/sign_in_link.html", context, status=403 if problem else 200)


async def render_refusal(request: Request, problem: str, status: int = 403) -> Response:
    """Offer the ways in again, and say what was wrong."""
    return await render_page(request, "account/sign_in.html", SignInContext(problem=problem), status=status)


async def sign_out(request: Request) -> Response:
    """End the session."""
    await sessions.end_session(auth.require_user(request), auth.read_actor(request))
    response = RedirectResponse("/sign-in?notice=signed-out", 303)
    cookies.delete_cookie(request, response, auth.SESSION)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def start_session(request: Request, session: NewSession) -> Response:
    """Return the new session's cookie, end the one that was there before, and lead to the page that was wanted."""
    config, actor, visitor = auth.read_config(request), auth.read_actor(request), auth.find_user(request)
    name = words.describe_browser(actor.user_agent)
    marks = BrowserMarks(cookies.read_cookie(request, auth.KNOWN), name, visitor and visitor.user_id)
    known = await known_browsers.welcome_browser(config.sign_in, session, marks, actor)
    if visitor is not None:
        await sessions.end_session(visitor, actor)
    response = RedirectResponse(forms.choose_own_path(session.next_path), 303)
    cookies.set_cookie(request, response, auth.SESSION, session.token, config.limits.max_days * 86_400)
    cookies.set_cookie(request, response, auth.KNOWN, known, known_browsers.LIVES_S)
    return response


async def render_page(request: Request, template: str, context: Struct, *, status: int = 200) -> Response:
    """Return a page of the ways in, and give the browser its secret where nobody is signed in yet."""
    if request.state.secret is None:
        request.state.secret = request.state.new_cookies[auth.BROWSER] = secrets.token_urlsafe(24)
    return auth.render_page(request, template, list_ways(request), context, status=status)


def list_ways(request: Request) -> SignInWaysContext:
    """Return which ways in are set up."""
    settings = auth.read_config(request).settings
    return SignInWaysContext(
        has_mail=settings.smtp_url is not None or auth.read_config(request).sign_in.is_open_in_log,
        is_mail_in_log=settings.smtp_url is None,
        oidc_name=settings.oidc_name if settings.oidc_issuer else None,
        has_proxy=settings.auth_proxy_header is not None,
        has_passkeys=ceremonies.find_relying_party(auth.read_config(request).sign_in.base_url) is not None,
    )
