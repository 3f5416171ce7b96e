"""Bring the mirror up to date again and again while the server runs, and at once when someone asks."""

import asyncio
import random
from datetime import UTC, datetime
from time import monotonic

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.errors import BacklogError
from shareable_backlog.linear.errors import AuthenticationFailed, RateLimited
from shareable_backlog.services import readiness
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.sync.runs import RunReport, SyncUnderWay
from shareable_backlog.sync.store import StreamPage

_LOG = logs.get_logger(__name__)

_LOOK_AGAIN_S = 1.0
_REVOKED_KEY_S = 300.0  # a key that Linear refused is not asked with more often than this
_JITTER = 0.1  # many mirrors of one workspace should not ask at the same moment


async def run_schedule(settings: Settings) -> None:
    """Run a sync now, then every SYNC_INTERVAL_S and whenever one is asked for, for ever.

    A failed run is logged, and the next one comes: once the budget is back, and with a refused key after five
    minutes at the earliest.
    """
    due_at = monotonic()
    while True:
        if readiness.is_ready():
            wanted = await _find_request(is_due=monotonic() >= due_at)
            if wanted:
                due_at = monotonic() + await run_once(settings, wanted)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _find_request(*, is_due: bool) -> SyncRequest | None:
    """Return what is asked for, or else what is due."""
    try:
        pending = await sync_history.find_pending_run()
    except BacklogError:
        return None  # the probe has it in the log; a sync would fail too
    if pending:
        return SyncRequest("manual", pending.is_full, pending.removals_allowed, pending.id)
    return SyncRequest("automatic") if is_due else None


async def run_once(settings: Settings, request: SyncRequest) -> float:
    """Run once, log a failure, and return after how many seconds the next run is due."""
    interval_s = settings.sync_interval_s * (1 + random.uniform(0, _JITTER))  # noqa: S311 (no secret)
    try:
        await pull.run_sync(settings, request, _ignore_page)
    except SyncUnderWay:
        _LOG.debug("sync_left_to_another_process")
    except AuthenticationFailed as error:
        _LOG.warning("sync_failed", code=error.code, reason=str(error))
        return max(interval_s, _REVOKED_KEY_S)
    except RateLimited as error:
        _LOG.warning("sync_failed", code=error.code, reason=str(error))
        if error.retry_at:
            return (error.retry_at - datetime.now(UTC)).total_seconds()
    except BacklogError as error:
        _LOG.warning("sync_failed", code=error.code, reason=str(error))
    except Exception:  # noqa: BLE001 (the next run must come whatever went wrong in this one)
        _LOG.error("sync_failed_unforeseen", exc_info=True)
    return interval_s


def _ignore_page(_report: RunReport, _page: StreamPage) -> None:
    """Say nothing: the end of a run is in the log."""
