"""Tell when the next run is due, by what `sync_history` has of the last ones."""

from datetime import timedelta
from typing import LiteralString

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror.freshness import NOT_ADOPTED


async def is_full_run_older_than(interval: timedelta) -> bool:
    """Return whether the last full run that came to its end began longer than that ago, or none ever did."""
    [(is_older,)] = await query(
        "SELECT coalesce(now() - max(started_at) >= %(interval)s, true) FROM sync_history"
        " WHERE is_full AND status IN ('succeeded', 'partial')",
        {"interval": interval},
    )
    return is_older


_DUE_IN: LiteralString = f"""
    SELECT CASE WHEN status <> 'interrupted' AND completed_at <= now()
      THEN greatest(0, extract(epoch FROM
        greatest(completed_at + make_interval(secs => %(interval_s)s), retry_at) - now()))::float8
      ELSE 0 END
    FROM sync_history WHERE trigger_type IN ('automatic', 'manual') AND status <> 'pending' AND {NOT_ADOPTED}
      AND started_at <= now()
    ORDER BY started_at DESC, id DESC LIMIT 1
"""
"""All processes and restarts go by this. A run that was cut off goes on at once; one that a clock since put back says
is yet to come counts for nothing.
"""


async def find_due_in_s(interval_s: float) -> float:
    """Return in how many seconds the next automatic run is due, `interval_s` after the last run; 0 for now."""
    found = await query(_DUE_IN, {"interval_s": interval_s})
    return found[0][0] if found else 0.0


async def is_due(transaction: Transaction, interval_s: float) -> bool:
    """Return whether the next automatic run is due; call it only under the sync lock."""
    found = await transaction.query(_DUE_IN, {"interval_s": interval_s})
    return not found or found[0][0] <= 0
