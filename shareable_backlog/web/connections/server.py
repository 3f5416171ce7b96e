"""Serve with uvicorn, and stop when told to."""

import math
import signal
import socket
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from shareable_backlog import service_manager, stop
from shareable_backlog.web.connections.connection_limit import MOST_CONNECTIONS, ConnectionLimitProtocol

_TICKS_A_SECOND = 10


class Server(uvicorn.Server):
    """Uvicorn's server: SIGTERM leaves `drain_s`, then requests `grace_s`, and both together the process `within_s`.

    While it drains it serves, but keeps no connection open, so that none is cut when it closes. SIGINT spares it
    that, as whoever pressed Ctrl-C waits; after a second signal the process has 5 s. `on_beat` is called once a
    second from the event loop as long as that goes round.
    """

    def __init__(
        self, app: ASGIApp, *, drain_s: float, grace_s: int, within_s: float, on_beat: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ConnectionLimitProtocol,
                limit_concurrency=MOST_CONNECTIONS,
                proxy_headers=False,  # whom to believe is TRUSTED_PROXIES' to say
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=grace_s,
            )
        )
        self._drain_s, self._within_s, self._on_beat = drain_s, within_s, on_beat
        self._closes_at = math.inf

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so."""
        await super().startup(sockets)
        service_manager.tell_state(service_manager.READY)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to close now, asked ten times a second."""
        if counter % _TICKS_A_SECOND == 0:
            self._on_beat()
        self.should_exit |= monotonic() >= self._closes_at
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; unlike uvicorn this does not raise the signal once more at the end: a stop is no failure."""
        del frame
        if stop.is_stopping():
            stop.end_within(stop.AFTER_SECOND_S)
            self.should_exit = True
            for task in self.server_state.tasks:
                task.get_loop().call_soon_threadsafe(task.cancel)
            return
        drain_s = self._drain_s if self.started and sig == signal.SIGTERM else 0
        stop.begin_stop(drain_s + self._within_s)
        self._closes_at = monotonic() + drain_s
        self.config.encoded_headers.append((b"connection", b"close"))
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        self.should_exit = not drain_s
