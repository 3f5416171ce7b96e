"""Put the program together: settings, database, background work, middleware, routes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shareable_backlog import database, logs, routes
from shareable_backlog.config import Settings
from shareable_backlog.config.values import is_loopback, parse_origin
from shareable_backlog.controllers.access import sign_in_oidc
from shareable_backlog.controllers.access.auth import AccessConfig
from shareable_backlog.controllers.access.proxy_header import ProxyHeader
from shareable_backlog.database import plans
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import deployment, readiness, sample_place
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.access.sign_in_limits import SignInLimits
from shareable_backlog.services.audit import audit_retention, audit_sealing, strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.audit.audit_sealing import build_seal_config
from shareable_backlog.services.mail import mails, outbox
from shareable_backlog.services.mail.outbox import Outbox
from shareable_backlog.services.mirror.deliveries import Inbox
from shareable_backlog.services.projects import forecast
from shareable_backlog.services.search import search_index
from shareable_backlog.sync import deliveries, images, sample, schedule
from shareable_backlog.sync.pasts import state_pasts
from shareable_backlog.tasks import end_tasks
from shareable_backlog.tracing import spans
from shareable_backlog.web import errors
from shareable_backlog.web.dev_panel import DevPanel
from shareable_backlog.web.headers import SecurityHeaders
from shareable_backlog.web.network import NetworkGate
from shareable_backlog.web.request_log import RequestLog
from shareable_backlog.web.sub_path import SubPath

_LOG = logs.get_logger(__name__)

Works: TypeAlias = Sequence[Coroutine[Any, Any, None]]
"""What goes on for ever beside the requests."""

_FIRST_LOOK_S = 0.5
_COMPRESSED_FROM_BYTES = 1000
_COMPRESSION = 5  # 9 takes twice the time for 5 % fewer bytes of a list


class Program:
    """The ASGI application; `lifespan` is entered before the first request and left after the last one.

    What kept it from starting is in `failure`, for whoever runs it to say in plain words.
    """

    def __init__(self, app: ASGIApp, lifespan: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._app, self._lifespan = app, lifespan
        self.failure: BacklogError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        try:
            async with self._lifespan():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except BacklogError as error:
            self.failure = error
            await send({"type": "lifespan.startup.failed", "message": ""})
        else:
            await send({"type": "lifespan.shutdown.complete"})


def create_app(
    settings: Settings,
    *,
    default_url: str = "http://127.0.0.1:8000",
    with_sample: bool = False,
    with_background: bool = True,
    with_sync: bool = True,
    is_dev: bool = False,
    on_link: Callable[[str], None] = lambda _link: None,
) -> Program:
    """Return the web application, which opens the database, starts the background work and ends both.

    Without `with_background` it leaves to `run_background()` in another process what one does for all, and without
    `with_sync` all asking of Linear but for images to whoever runs `keep_mirror()`.

    `default_url` is where people reach it when BASE_URL does not say; SECRET_KEY has to be among the settings.
    `with_sample` fills an empty mirror with the sample backlog, and tells `on_link` a link by which to sign in as its
    admin. The embedded server is migrated at the start; a server of one's own is left as it is, and pages say what to
    do when its schema is behind. `is_dev` adds to answers what they asked of PostgreSQL, for whoever develops.
    """

    @asynccontextmanager
    async def run_lifespan() -> AsyncGenerator[None]:
        async with _open_database(settings):
            if with_sample:
                await _offer_sample(access.sign_in, on_link)
            app.state.inbox = inbox = Inbox()
            async with (
                images.open_images(settings) as app.state.fetch_image,
                sign_in_oidc.open_provider(settings, access.sign_in.base_url) as app.state.oidc,
                _run_beside(
                    settings,
                    *(_list_mirror_work(settings, inbox.arrived, with_sync=with_sync) if with_background else ()),
                    *(_list_other_work(settings, access) if with_background else ()),
                ),
            ):
                yield

    app = Starlette()
    # Its redirect to an address without a last slash names http:// behind whoever ends TLS.
    app.router.redirect_slashes = False
    app.state.webhook_secrets = settings.linear_webhook_secrets
    app.state.access = access = _build_access(settings, default_url)
    app.state.is_https = access.sign_in.base_url.startswith("https:")
    errors.add_handlers(app)
    sub_path = urlsplit(access.sign_in.base_url).path
    routes.add_routes(app, sub_path)
    app.add_middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM_BYTES, compresslevel=_COMPRESSION)
    return Program(_wrap_app(app, settings, sub_path, is_dev=is_dev), run_lifespan)


@asynccontextmanager
async def run_background(
    settings: Settings, *, default_url: str, with_sample: bool, with_sync: bool, on_link: Callable[[str], None]
) -> AsyncGenerator[None]:
    """Do inside the context what one process does for all, for applications that are made without it."""
    access = _build_access(settings, default_url)
    async with _open_database(settings):
        if with_sample:
            await _offer_sample(access.sign_in, on_link)
        async with _run_beside(
            settings,
            *_list_mirror_work(settings, asyncio.Event(), with_sync=with_sync),
            *_list_other_work(settings, access),
        ):
            yield


@asynccontextmanager
async def keep_mirror(settings: Settings) -> AsyncGenerator[None]:
    """Keep the mirror fresh inside the context, for a server that is told to leave that alone."""
    async with (
        _open_database(settings),
        _run_beside(settings, *_list_mirror_work(settings, asyncio.Event(), with_sync=True)),
    ):
        yield


@asynccontextmanager
async def _open_database(settings: Settings) -> AsyncGenerator[None]:
    async with (
        spans.send_spans(settings.otel_exporter_otlp_endpoint),
        database.open_database(settings) as conninfo,
    ):
        await readiness.migrate_embedded(settings, conninfo)
        yield


def _list_mirror_work(settings: Settings, arrived: asyncio.Event, *, with_sync: bool) -> Works:
    """Return the work that keeps the mirror fresh; deliveries are applied at once when `arrived` is set."""
    asking = _read_linear(settings) if with_sync else ()
    return *asking, deliveries.keep_applying(arrived), search_index.keep_indexing()


def _list_other_work(settings: Settings, access: AccessConfig) -> Works:
    """Return all else that one process does for all."""
    return (
        sign_in.keep_deleting_old(access.limits),
        outbox.keep_sending(settings, mails.build_renderers(access.sign_in)),
        audit_retention.keep_pruning(build_seal_config(settings), settings.audit_retention_days),
        deployment.keep_warning(settings),
        forecast.keep_judging(),
    )


@asynccontextmanager
async def _run_beside(settings: Settings, *shared: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Do what each process has to do for itself, and `shared` beside it, which ends with the record sealed."""
    looked = asyncio.Event()
    sealing = [audit_sealing.keep_sealing(build_seal_config(settings))] if shared else []
    async with (
        # This ends last, as it seals what the others record last.
        _run_background(*sealing),
        _run_background(
            schema_watch.watch_schema(looked), readiness.watch_mirror(settings), strangers.keep_summing(), *shared
        ),
    ):
        await _wait_for_first_look(looked)
        yield


async def _wait_for_first_look(looked: asyncio.Event) -> None:
    """Wait until the schema is known, that first pages need not; a database that is silent keeps nobody waiting."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_LOOK_S):
            await looked.wait()


def _wrap_app(app: Starlette, settings: Settings, sub_path: str, *, is_dev: bool) -> ASGIApp:
    # Outside of Starlette's own error handling, so that its last-resort answer has the headers too.
    gated = NetworkGate(
        DevPanel(app, plans.explain_statement) if is_dev else app,
        base_url=settings.base_url,
        allowed=settings.allowed_networks,
        proxies=settings.trusted_proxies,
        open_paths=routes.OPEN_PATHS,
        on_refused=_record_stranger,
    )
    logged = RequestLog(gated, settings.trusted_proxies)
    below = SubPath(logged, sub_path) if sub_path else logged
    return SecurityHeaders(
        below,
        is_https=app.state.is_https,
        sub_path=sub_path,
        hsts_subdomains=settings.hsts_subdomains == "yes",
    )


def _build_access(settings: Settings, default_url: str) -> AccessConfig:
    """Return what decides who gets in."""
    assert settings.secret_key is not None  # noqa: S101 (whoever calls this has made sure)
    base_url = settings.base_url or default_url
    is_here_alone = is_loopback(urlsplit(base_url).hostname or "")
    entrance = SignInConfig(
        settings.secret_key.reveal().encode(),
        base_url,
        frozenset(settings.admin_emails),
        Outbox(is_set_up=settings.smtp_url is not None),
        is_open_in_log=settings.smtp_url is None and is_here_alone,
        limits=SignInLimits(
            mails_per_network=settings.sign_in_mails_per_network,
            mails_per_person=settings.sign_in_mails_per_person,
            mails_per_person_day=settings.sign_in_mails_per_person_day,
            newcomers=settings.sign_in_newcomers,
            tries_per_network=settings.sign_in_tries_per_network,
            wrong_codes_per_day=settings.sign_in_wrong_codes_per_day,
        ),
    )
    limits = SessionLimits(settings.session_idle_hours, settings.session_max_days)
    header = settings.auth_proxy_header and ProxyHeader(
        settings.auth_proxy_header,
        settings.auth_proxy_prefix or "",
        settings.trusted_proxies,
        settings.auth_proxy_groups_header or "",
        settings.auth_proxy_viewer_groups,
    )
    origin = settings.base_url and parse_origin(settings.base_url)
    return AccessConfig(entrance, limits, origin, header or None, settings)


async def _record_stranger(why: str, ip_address: str, path: str, user_agent: str) -> None:
    """Record who was refused for their network, all but the first as a sum; who named another host is in the log."""
    stranger, shown = Actor(None, None, ip_address, user_agent), errors.hide_secret(path)[:500]
    if why != "network":
        strangers.log_trick(stranger, why, shown)
        return
    with contextlib.suppress(BacklogError):  # they are refused all the same
        await strangers.record_stranger(None, stranger, Action.NETWORK_REFUSED, "", {"path": shown}, refused=True)


async def _offer_sample(config: SignInConfig, on_link: Callable[[str], None]) -> None:
    """Load the sample backlog if it is wanted here, and tell how to sign in to it."""
    if not await sample.load_if_wanted():
        return
    with contextlib.suppress(BacklogError):  # the probe has it in the log, and pages say it
        if link := await sign_in.create_sample_link(config):
            on_link(link)
            await _fill_sample_place()


async def _fill_sample_place() -> None:
    try:
        await sample_place.fill_place()
    except BacklogError as error:  # the sample can be looked at without its people
        _LOG.warning("sample_place_not_filled", reason=str(error))


def _read_linear(settings: Settings) -> Works:
    """Return the work that asks Linear, none without a key."""
    if not (settings.linear_api_key or settings.linear_oauth_client_id):
        return ()
    return schedule.run_schedule(settings), state_pasts.keep_reading_pasts(settings)


@asynccontextmanager
async def _run_background(*work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run `work` beside the server; at the end each is cancelled and may finish what it must."""
    tasks = [asyncio.create_task(one, name=one.__qualname__) for one in work]
    for task in tasks:
        task.add_done_callback(_tell_of_failure)
    try:
        yield
    finally:
        await end_tasks(*tasks)


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    """Log at once what nobody foresaw: nothing waits for the work before the end, and pages are served without it."""
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("background_work_failed", work=task.get_name(), exc_info=error)
