"""Keep `sync_history`: one row for every run of the mirror."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from shareable_backlog.database.query import query
from shareable_backlog.database.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SyncRun:
    """Hold a row of `sync_history`.

    `status` is pending, running, succeeded, partial, failed or interrupted; `trigger_type` is automatic,
    manual, webhook or import. `completed_at` and `duration_ms` are None while it runs.
    """

    id: int
    status: str
    trigger_type: str
    started_at: datetime
    completed_at: datetime | None
    duration_ms: int | None
    items_synced: int
    items_failed: int
    error_message: str | None


async def start(transaction: Transaction, trigger_type: str) -> int:
    """Record a run that begins now, and give its id."""
    [(run_id,)] = await transaction.query(
        "INSERT INTO sync_history (status, trigger_type) VALUES ('running', %(trigger_type)s) RETURNING id",
        {"trigger_type": trigger_type},
    )
    return run_id


async def finish(
    transaction: Transaction,
    run_id: int,
    *,
    status: str,
    items_synced: int,
    items_failed: int,
    error_message: str | None,
    error_details: object,
) -> bool:
    """Record how a running run ended; False when it was not running any more, then nothing is changed."""
    rows = await transaction.query(
        """
        UPDATE sync_history
        SET status = %(status)s, completed_at = now(),
            duration_ms = round(extract(epoch FROM now() - started_at) * 1000),
            items_synced = %(items_synced)s, items_failed = %(items_failed)s,
            error_message = %(error_message)s, error_details = %(error_details)s
        WHERE id = %(run_id)s AND status = 'running'
        RETURNING id
        """,
        {
            "run_id": run_id,
            "status": status,
            "items_synced": items_synced,
            "items_failed": items_failed,
            "error_message": error_message,
            "error_details": None if error_details is None else Jsonb(error_details),
        },
    )
    return bool(rows)


async def interrupt_running(transaction: Transaction) -> int:
    """Mark runs that stand as running as interrupted and count them; call it only under the sync lock."""
    rows = await transaction.query(
        """
        UPDATE sync_history
        SET status = 'interrupted', completed_at = now(),
            duration_ms = round(extract(epoch FROM now() - started_at) * 1000),
            error_message = 'The program ended before the run did.'
        WHERE status = 'running'
        RETURNING id
        """
    )
    return len(rows)


async def last_good() -> datetime | None:
    """Give when the mirror was last brought up to date; None when it never was."""
    rows = await query("SELECT max(completed_at) FROM sync_history WHERE status IN ('succeeded', 'partial')")
    return rows[0][0]


async def latest(limit: int) -> list[SyncRun]:
    """Give the newest `limit` runs, newest first."""
    return await query(
        """
        SELECT id, status, trigger_type, started_at, completed_at, duration_ms,
               coalesce(items_synced, 0) AS items_synced, coalesce(items_failed, 0) AS items_failed,
               error_message
        FROM sync_history ORDER BY started_at DESC, id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
        row=SyncRun,
    )
