"""Limit how many connections there are, and how long one may take to read its answer."""

import asyncio
from time import monotonic
from typing import cast

from shareable_backlog.web.connections.head_limit import HeadLimitProtocol

MOST_CONNECTIONS = 800
"""So many at once; most systems let a process open 1,024 files, of which the database and the log need some."""
READ_WITHIN_S = 60.0
"""How long a client may read nothing of an answer that waits for it."""


class ConnectionLimitProtocol(HeadLimitProtocol):
    """A protocol that makes room for a new connection by ending the one that has waited longest for a request.

    To refuse new ones would let whoever opens enough of them keep all others out. Those that are being answered stay;
    when there are too many of them, uvicorn's own limit answers 503.
    """

    waits_since: float | None = None
    """Since when a whole request is waited for (`time.monotonic()`); None while one is answered."""
    _reading_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (as uvicorn's)
        """Make room."""
        super().connection_made(transport)
        self.waits_since = monotonic()
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self._end_longest_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_reading_timer()
        super().connection_lost(exc)

    def on_message_complete(self) -> None:
        """Have the whole request, which is answered now."""
        super().on_message_complete()
        self.waits_since = None

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.pipeline:
            self.waits_since = monotonic()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._stop_reading_timer()
        self._reading_deadline = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, as the client has read something."""
        self._stop_reading_timer()
        super().resume_writing()

    def _stop_reading_timer(self) -> None:
        if self._reading_deadline is not None:
            self._reading_deadline.cancel()
            self._reading_deadline = None

    def _end_longest_wait(self) -> None:
        connections = cast("set[ConnectionLimitProtocol]", self.connections)
        waiting = [(one.waits_since, one) for one in connections if one is not self and one.waits_since is not None]
        if waiting:
            _, longest = min(waiting, key=lambda pair: pair[0])
            connections.discard(longest)
            longest.transport.abort()
