"""Close connections whose requests come too slowly, and end answers without an end when the server stops."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WHOLE_WITHIN_S = 30.0
"""How long a request may take to arrive, from its first byte to its last, and a connection to send a first one."""
STOPPING = "stopping"
"""The name in a request's state of the event that its answer, if it has no end of its own, wants to be told by."""


class ReadTimeoutProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with a limit to how long a request may take to arrive.

    uvicorn itself has one between requests only. Answers may take as long as they like; a few clients who send
    slowly must not hold all the connections that there are.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (as uvicorn's)
        """Wait for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._limit_wait()

    def shutdown(self) -> None:
        """Let the answer under way be the last one, and end it if it waits for that."""
        super().shutdown()
        # Before the first request there is no scope at all.
        stopping: asyncio.Event | None = (self.scope or {}).get("state", {}).get(STOPPING)
        if stopping is not None:
            stopping.set()

    def on_message_begin(self) -> None:
        """Wait for the rest of the request."""
        super().on_message_begin()
        self._start_timer()

    def on_message_complete(self) -> None:
        """Have the whole request."""
        super().on_message_complete()
        self._stop_timer()

    def _limit_wait(self) -> None:
        """Limit the wait for a request of which only empty lines have come, which end uvicorn's own wait for it."""
        if self._deadline is None and not (self.cycle and not self.cycle.response_complete):
            self._start_timer()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._deadline = self.loop.call_later(WHOLE_WITHIN_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
