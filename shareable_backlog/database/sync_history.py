"""Keep `sync_history`: one row for every run of the mirror."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.types.json import Jsonb

from shareable_backlog.database.query import query
from shareable_backlog.database.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SyncRun:
    """Hold a row of `sync_history`.

    `status` is pending, running, succeeded, partial, failed or interrupted; `trigger_type` is automatic, manual,
    webhook or import; `is_full` runs also look for what is gone. `completed_at` and `duration_ms` are None while it
    runs. `streams` counts by stream what was fetched, created, updated, unchanged, removed and failed; `requests`
    and `points` are what it spent at Linear; `next_step` is what a person should do, None for nothing.
    """

    id: int
    status: str
    trigger_type: str
    is_full: bool
    started_at: datetime
    completed_at: datetime | None
    duration_ms: int | None
    items_synced: int
    items_failed: int
    error_message: str | None
    streams: dict[str, dict[str, int]]
    requests: int | None
    points: int | None
    next_step: str | None


async def start(transaction: Transaction, trigger_type: str, *, run_id: int | None, is_full: bool) -> int:
    """Record a run that begins now, as a row of its own or in that of the request `run_id`, and give its id."""
    params = {"trigger_type": trigger_type, "is_full": is_full, "run_id": run_id}
    started = await transaction.query(
        "UPDATE sync_history SET status = 'running', started_at = now()"
        " WHERE id = %(run_id)s AND status = 'pending' RETURNING id",
        params,
    ) or await transaction.query(
        "INSERT INTO sync_history (status, trigger_type, is_full)"
        " VALUES ('running', %(trigger_type)s, %(is_full)s) RETURNING id",
        params,
    )
    return started[0][0]


async def request(
    transaction: Transaction, trigger_type: str, *, triggered_by: int | None, is_full: bool, removals_allowed: bool
) -> int:
    """Ask for a run, and give its id; a pending request that asks for as much is joined."""
    params = {
        "trigger_type": trigger_type,
        "triggered_by": triggered_by,
        "is_full": is_full,
        "removals_allowed": removals_allowed,
    }
    requested = await transaction.query(
        "SELECT id FROM sync_history WHERE status = 'pending' AND is_full >= %(is_full)s"
        " AND removals_allowed >= %(removals_allowed)s ORDER BY id LIMIT 1",
        params,
    ) or await transaction.query(
        "INSERT INTO sync_history (status, trigger_type, triggered_by, is_full, removals_allowed)"
        " VALUES ('pending', %(trigger_type)s, %(triggered_by)s, %(is_full)s, %(removals_allowed)s) RETURNING id",
        params,
    )
    return requested[0][0]


@dataclass(frozen=True, slots=True)
class PendingRun:
    """Hold what a pending row of `sync_history` asks for."""

    id: int
    trigger_type: str
    is_full: bool
    removals_allowed: bool


async def pending() -> PendingRun | None:
    """Give the oldest request that waits to be run; None when there is none."""
    found = await query(
        "SELECT id, trigger_type, is_full, removals_allowed FROM sync_history"
        " WHERE status = 'pending' ORDER BY id LIMIT 1",
        row=PendingRun,
    )
    return found[0] if found else None


async def last_full() -> datetime | None:
    """Give when a full run last began that came to its end; None when none ever did."""
    [(began_at,)] = await query(
        "SELECT max(started_at) FROM sync_history WHERE is_full AND status IN ('succeeded', 'partial')"
    )
    return began_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Hold what `sync_history` keeps of how a run ended; the objects are JSON, None for nothing to tell.

    `requests` and `points` are what it spent at Linear, `next_step` is what a person should do.
    """

    status: str
    is_full: bool
    items_synced: int
    items_failed: int
    error_message: str | None
    error_details: object
    streams: object
    requests: int | None
    points: int | None
    next_step: str | None


async def finish(transaction: Transaction, run_id: int, ending: Ending) -> bool:
    """Record how a running run ended; False when it was not running any more, then nothing is changed."""
    rows = await transaction.query(
        """
        UPDATE sync_history
        SET status = %(status)s, is_full = %(is_full)s, completed_at = now(),
            duration_ms = round(extract(epoch FROM now() - started_at) * 1000),
            items_synced = %(items_synced)s, items_failed = %(items_failed)s,
            error_message = %(error_message)s, error_details = %(error_details)s,
            streams = %(streams)s, requests = %(requests)s, points = %(points)s, next_step = %(next_step)s
        WHERE id = %(run_id)s AND status = 'running'
        RETURNING id
        """,
        asdict(ending)
        | {
            "run_id": run_id,
            "error_details": None if ending.error_details is None else Jsonb(ending.error_details),
            "streams": Jsonb(ending.streams),
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


_RUN: LiteralString = """
    SELECT id, status, trigger_type, is_full, started_at, completed_at, duration_ms,
           coalesce(items_synced, 0) AS items_synced, coalesce(items_failed, 0) AS items_failed,
           error_message, coalesce(streams, '{}') AS streams, requests, points, next_step
    FROM sync_history
"""


async def latest(limit: int) -> list[SyncRun]:
    """Give the newest `limit` runs, newest first, requests that still wait among them."""
    return await query(f"{_RUN} ORDER BY started_at DESC, id DESC LIMIT %(limit)s", {"limit": limit}, row=SyncRun)


async def last_ended() -> SyncRun | None:
    """Give the run that ended last; None when none ever did."""
    found = await query(
        f"{_RUN} WHERE completed_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT 1", row=SyncRun
    )
    return found[0] if found else None


async def by_id(run_id: int) -> SyncRun | None:
    """Give one run; None when there is no such row."""
    found = await query(f"{_RUN} WHERE id = %(run_id)s", {"run_id": run_id}, row=SyncRun)
    return found[0] if found else None


async def running() -> SyncRun | None:
    """Give the run that is under way; None when none is. One that was killed may still stand as running."""
    found = await query(f"{_RUN} WHERE status = 'running' ORDER BY id DESC LIMIT 1", row=SyncRun)
    return found[0] if found else None
