"""Put the program together: settings, database, background work, middleware, routes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shareable_backlog import database, routes
from shareable_backlog.config import Settings
from shareable_backlog.database import schema
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness, search_index
from shareable_backlog.services.deliveries import Inbox
from shareable_backlog.sync import deliveries, images, sample, schedule
from shareable_backlog.web import errors
from shareable_backlog.web.headers import SecurityHeaders

_FIRST_LOOK_S = 0.5
_COMPRESSED_FROM_BYTES = 1000
# A page of another site must not reach a server without sign-in through a name of its own (DNS rebinding).
_HOSTS = ["localhost", "127.0.0.1", "[::1]", "::1"]


class Program:
    """Be the ASGI application; `around` is entered before the first request and left after the last one.

    What kept it from starting is in `failure`, for whoever runs it to say in plain words.
    """

    def __init__(self, app: ASGIApp, around: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._app, self._around = app, around
        self.failure: BacklogError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        try:
            async with self._around():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except BacklogError as error:
            self.failure = error
            await send({"type": "lifespan.startup.failed", "message": ""})
        else:
            await send({"type": "lifespan.shutdown.complete"})


def create(settings: Settings, *, with_sample: bool = False) -> Program:
    """Give the web application, which opens the database, starts the background work and ends both.

    `with_sample` fills an empty mirror with the sample backlog. The embedded server is migrated at the start; a
    server of one's own is left as it is, and pages say what to do when its schema is behind.
    """

    @asynccontextmanager
    async def around() -> AsyncGenerator[None]:
        async with database.opened(settings) as conninfo:
            await readiness.migrate_embedded(settings, conninfo)
            if with_sample:
                await sample.load_if_wanted()
            looked = asyncio.Event()
            app.state.inbox = inbox = Inbox()
            async with (
                images.opened(settings) as app.state.fetch_image,
                _background(
                    schema.watch(looked), _syncs(settings), deliveries.keep_up(inbox.arrived), search_index.keep_up()
                ),
            ):
                # Else the first page would be a refusal; a database that does not answer keeps nobody waiting.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FIRST_LOOK_S):
                        await looked.wait()
                yield

    app = FastAPI(openapi_url=None)
    app.state.webhook_secrets = settings.linear_webhook_secrets
    app.add_exception_handler(BacklogError, errors.on_backlog_error)
    app.add_exception_handler(HTTPException, errors.on_http_error)
    app.add_exception_handler(Exception, errors.on_any_error)
    routes.add_to(app)
    app.add_middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM_BYTES)
    # Outside of FastAPI's own error handling, so that its last-resort answer has the headers too.
    return Program(SecurityHeaders(TrustedHostMiddleware(app, allowed_hosts=_HOSTS, www_redirect=False)), around)


async def _syncs(settings: Settings) -> None:
    if settings.linear_api_key or settings.linear_oauth_client_id:
        await schedule.run(settings)


@asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run `work` beside the server; at the end each is cancelled and may finish what it must."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
