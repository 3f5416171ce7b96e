"""Serve with uvicorn, and stop when told to."""

from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from shareable_backlog import stop
from shareable_backlog.web.connections.connection_limit import MOST_CONNECTIONS, ConnectionLimitProtocol


class Server(uvicorn.Server):
    """Uvicorn's server: a signal leaves requests `grace_s` and the process `within_s`, a second one 5 s."""

    def __init__(self, app: ASGIApp, *, grace_s: int, within_s: float) -> None:
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
        self._within_s = within_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; unlike uvicorn this does not raise the signal once more at the end: a stop is no failure."""
        del sig, frame
        stop.end_within(stop.AFTER_SECOND_S if self.should_exit else self._within_s)
        if self.should_exit:
            for task in self.server_state.tasks:
                task.get_loop().call_soon_threadsafe(task.cancel)
        self.should_exit = True
