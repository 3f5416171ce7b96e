"""Do background work in a process of its own, until a signal ends it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

from shareable_backlog import app, logs, service_manager, stop
from shareable_backlog.config import Settings
from shareable_backlog.errors import ConfigurationInvalid

_BEAT_S = 1.0
_NO_KEY = "LINEAR_API_KEY is not set, nor LINEAR_OAUTH_CLIENT_ID: there is nobody to ask again and again"


def keep_mirror(settings: Settings) -> int:
    """Keep the mirror fresh until a signal: `slb sync --watch`. Raises ConfigurationInvalid without a key."""
    if not (settings.linear_api_key or settings.linear_oauth_client_id):
        raise ConfigurationInvalid((_NO_KEY,))
    return run_inside(settings, app.keep_mirror(settings), service_manager.tell_alive)


def run_inside(settings: Settings, work: AbstractAsyncContextManager[None], on_beat: Callable[[], None]) -> int:
    """Stay inside the context `work` until a signal, call `on_beat` once a second, and return the exit code.

    A stop is no failure. The process has ended within 15 s of the signal.
    """
    logs.configure_logs(settings.log_level, settings.log_format, queued=True)
    with suppress(stop.Stopped):
        stop.run_until_stopped(_stay_inside(work, on_beat))
    return 0


async def _stay_inside(work: AbstractAsyncContextManager[None], on_beat: Callable[[], None]) -> None:
    async with work:
        service_manager.tell_state(service_manager.READY)
        while True:
            on_beat()
            await asyncio.sleep(_BEAT_S)
