"""Bring the mirror up to date again and again while the server runs."""

import asyncio
import random

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness
from shareable_backlog.sync import pull
from shareable_backlog.sync.run import Report
from shareable_backlog.sync.store import Page

_LOG = logs.logger(__name__)

_NOT_READY_YET_S = 1.0
_JITTER = 0.1  # many mirrors of one workspace should not ask at the same moment


async def run(settings: Settings) -> None:
    """Run a sync now and then every SYNC_INTERVAL_S, for ever; a failed run is logged and the next one comes."""
    while True:
        if not readiness.is_ready():
            await asyncio.sleep(_NOT_READY_YET_S)
            continue
        try:
            await pull.run(settings, "automatic", _silent)
        except BacklogError as error:
            _LOG.warning("sync_failed", code=error.code, reason=str(error))
        except Exception:  # noqa: BLE001 (the next run must come whatever went wrong in this one)
            _LOG.error("sync_failed_unforeseen", exc_info=True)
        await asyncio.sleep(settings.sync_interval_s * (1 + random.uniform(0, _JITTER)))  # noqa: S311 (no secret)


def _silent(_report: Report, _page: Page) -> None:
    """Say nothing: the end of a run is in the log."""
