"""Bring the mirror up to date again and again while the server runs, and at once when someone asks."""

import asyncio
import contextlib
import random
from time import monotonic

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.database.mirror import sync_history, sync_schedule
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness
from shareable_backlog.services import settings as place_settings
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.sync.runs import RunReport, SyncUnderWay
from shareable_backlog.sync.store import StreamPage

_LOG = logs.get_logger(__name__)

_LOOK_AGAIN_S = 1.0
_JITTER = 0.1  # many mirrors of one workspace should not ask at the same moment


async def run_schedule(settings: Settings) -> None:
    """Run a sync SYNC_INTERVAL_S after the last one ended, whoever ran it, and whenever one is asked for, for ever.

    Where the environment does not say it, the interval is what an admin chose.

    A failed run is logged, and the next one comes: once the budget is back, and with a refused key after five
    minutes at the earliest. When that is stands in the database, so that restarts and other processes add no run.
    """
    spread = 1 + random.uniform(0, _JITTER)  # noqa: S311 (no secret)
    looks_at, interval_s = 0.0, settings.sync_interval_s * spread
    while True:
        if readiness.is_ready():
            with contextlib.suppress(BacklogError):  # as below
                interval_s = await place_settings.choose_sync_interval_s(settings) * spread
            request = await _find_request(interval_s, may_be_due=monotonic() >= looks_at)
            if request:
                with logs.log_with(request_id=request.request_id):
                    is_done = await run_once(settings, request)
                looks_at = looks_at if is_done else monotonic() + interval_s  # also when no run could be recorded
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _find_request(interval_s: float, *, may_be_due: bool) -> SyncRequest | None:
    """Return what is asked for, or else what is due."""
    with contextlib.suppress(BacklogError):  # the probe has it in the log; a sync would fail too
        if pending := await sync_history.find_pending_run():
            return SyncRequest(
                "manual", pending.is_full, pending.removals_allowed, pending.id, request_id=pending.request_id
            )
        if may_be_due and not await sync_schedule.find_due_in_s(interval_s):
            return SyncRequest("automatic", interval_s=interval_s)
    return None


async def run_once(settings: Settings, request: SyncRequest) -> bool:
    """Run once, log a failure, and return whether this process brought the mirror up to date."""
    try:
        await pull.run_sync(settings, request, _ignore_page)
    except SyncUnderWay:
        _LOG.debug("sync_left_to_another_process")
    except BacklogError as error:
        _LOG.warning("sync_failed", code=error.code, reason=str(error))
    except Exception:  # noqa: BLE001 (the next run must come whatever went wrong in this one)
        _LOG.error("sync_failed_unforeseen", exc_info=True)
    else:
        return True
    return False


def _ignore_page(_report: RunReport, _page: StreamPage) -> None:
    """Say nothing: the end of a run is in the log."""
