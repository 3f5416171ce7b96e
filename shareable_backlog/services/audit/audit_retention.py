"""Remove the oldest part of the audit log, if that is wanted; what remains can still be verified."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from shareable_backlog.database import transaction
from shareable_backlog.database.audit import audit_logs
from shareable_backlog.errors import BacklogError
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

_ROWS_AT_ONCE = 5000
_WITHIN_S = 60.0
_EVERY_S = 3600.0
_BACKGROUND = Actor(None, "background", None, None)


async def count_older(days: int) -> int:
    """Count the rows that `prune_entries` would remove."""
    return await audit_logs.count_prunable(_compute_limit(days))


async def prune_entries(actor: Actor, days: int) -> int:
    """Remove all rows that are older than `days` and return how many they were; each removal is recorded.

    It works in steps of 5000 rows, a transaction each, as nobody else can write to the log during one. A removal that
    breaks off keeps what it did.
    """
    limit, count = _compute_limit(days), 0
    while True:
        async with transaction(within_s=_WITHIN_S) as tx:
            pruned = await audit_logs.prune_entries(tx, limit, _ROWS_AT_ONCE)
            if pruned is None:
                return count
            await audit_actions.record(
                tx,
                actor,
                Action.AUDIT_PRUNED,
                details={
                    "rows": pruned.rows,
                    "through": pruned.through,
                    "hash": pruned.hash,
                    "older_than_days": days,
                },
            )
        count += pruned.rows


async def keep_pruning(days: int) -> None:
    """Remove what is older than `days`, for ever, once an hour; 0 keeps everything and returns at once."""
    while days:
        await asyncio.sleep(_EVERY_S)
        with contextlib.suppress(BacklogError):  # the probe, or the failed statement, has it in the log
            await prune_entries(_BACKGROUND, days)


def _compute_limit(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
