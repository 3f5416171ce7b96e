"""Close connections whose requests come too slowly: a few clients must not hold all that there are."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WHOLE_WITHIN_S = 30.0
"""How long a request may take to arrive, from its first byte to its last, and a connection to send a first one."""


class ImpatientProtocol(HttpToolsProtocol):
    """Be uvicorn's protocol with a limit to how long a request may take to arrive.

    uvicorn itself has one between requests only. Answers may take as long as they like.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (as uvicorn's)
        """Wait for the first request."""
        super().connection_made(transport)
        self._begin_to_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of the request."""
        super().on_message_begin()
        self._begin_to_wait()

    def on_message_complete(self) -> None:
        """Have the whole request."""
        super().on_message_complete()
        self._stop_waiting()

    def _begin_to_wait(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(WHOLE_WITHIN_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
