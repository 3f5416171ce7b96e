"""Send a page's changes to the browser as they happen: server-sent events."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shareable_backlog.errors import BacklogError
from shareable_backlog.web.connections.read_timeout import STOPPING

_LOOK_EVERY_S = 1.0
_HEARTBEAT_S = 15.0  # proxies close connections that are silent for longer, often after a minute

News: TypeAlias = Mapping[str, object]
Look: TypeAlias = Callable[[], Awaitable[News | None]]
"""Give what the reader should see now, as JSON; None once the reader may not see it any more."""


class EventStreams:
    """The streams of one process: at most `limit` at a time, as each asks the database once a second.

    One person has at most `limit_of_one`, so that nobody shuts the others out.
    """

    def __init__(self, limit: int, limit_of_one: int) -> None:
        self._max_open, self._max_of_one = limit, limit_of_one
        self._open = Counter[int]()

    @property
    def open(self) -> int:
        """Return how many are open."""
        return self._open.total()

    def build_response(self, request: Request, user_id: int, look: Look) -> Response:
        """Answer with a stream of what `look` gives, whenever that changes; 503 when there are too many.

        It ends when `look` gives None, the reader goes, or the server is about to stop. While `look` raises
        BacklogError nothing is sent.
        """
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        if self._open.total() >= self._max_open or self._open[user_id] >= self._max_of_one:
            return Response("Too many pages are open right now. Reload this page to see changes.\n", 503)
        return _EventStreamResponse(self, user_id, _iterate_events(request, look))

    async def count_while_sending(self, user_id: int, response: Awaitable[None]) -> None:
        """Await an answer, which is one of the person's open streams meanwhile."""
        self._open[user_id] += 1
        try:
            await response
        finally:
            self._open -= Counter({user_id: 1})  # keeps nothing of who has none


class _EventStreamResponse(StreamingResponse):
    media_type = "text/event-stream"

    def __init__(self, streams: EventStreams, user_id: int, events: AsyncGenerator[str]) -> None:
        # nginx would keep the events back until it has 4 KB of them.
        super().__init__(events, headers={"X-Accel-Buffering": "no"})
        self._streams, self._user_id = streams, user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.count_while_sending(self._user_id, super().__call__(scope, receive, send))


async def _iterate_events(request: Request, look: Look) -> AsyncGenerator[str]:
    stopping = asyncio.Event()
    request.scope["state"][STOPPING] = stopping
    last: News = {}
    sent_at = monotonic()
    yield ": hello\n\n"
    while not stopping.is_set():
        news: News | None = last
        with suppress(BacklogError):
            news = await look()
        if news is None:
            return
        if news != last:
            last, sent_at = news, monotonic()
            yield f"data: {json.dumps(news)}\n\n"
        elif monotonic() - sent_at >= _HEARTBEAT_S:
            sent_at = monotonic()
            yield ": still here\n\n"
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await stopping.wait()
