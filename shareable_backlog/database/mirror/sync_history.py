"""Keep `sync_history`: one row for every run of the mirror."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, LiteralString

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from psycopg.types.json import Jsonb

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror.freshness import NOT_ADOPTED


class SyncRun(Struct, frozen=True):
    """A row of `sync_history`.

    `status` is pending, running, succeeded, partial, failed or interrupted; `trigger_type` is automatic, manual,
    webhook or import, `requested_by` the mail address of who asked for it, None for nobody; `is_full` runs also look
    for what is gone, with `removals_allowed` however much that is. `completed_at` and `duration_ms` are None while it
    runs. `activity` says in words what it is at, None once it has ended. `streams` counts by stream what was fetched,
    created, updated, unchanged, removed and failed; `requests` and `points` are what it spent at Linear; `held` tells
    by stream how many of the `live` rows were found `gone`, which were too many to hide, with some identifiers as
    `examples`; `next_step` is what a person should do, None for nothing.
    """

    id: int
    status: str
    trigger_type: str
    requested_by: str | None
    is_full: bool
    removals_allowed: bool
    created_at: datetime
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
    activity: str | None
    held: dict[str, dict[str, Any]] | None

    @property
    def gone(self) -> int:
        """Count the rows that were found gone and not hidden."""
        return sum(counts["gone"] for counts in (self.held or {}).values())


class RateBudget(msgspec.Struct, frozen=True):
    """What Linear said of a key's budget: requests, and complexity in points; None is what it did not say."""

    requests_limit: int | None = None
    requests_remaining: int | None = None
    requests_reset_at: datetime | None = None
    complexity_limit: int | None = None
    complexity_remaining: int | None = None
    complexity_reset_at: datetime | None = None


class FailedRow(Struct, frozen=True):
    """A row of Linear that a run could not store: the field (None: the whole row), and why."""

    stream: str
    id: str
    field: str | None
    reason: str


async def start_run(transaction: Transaction, trigger_type: str, *, run_id: int | None, is_full: bool) -> int:
    """Record a run that begins now, as a row of its own or in that of the request `run_id`, and return its id."""
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


async def request_run(
    transaction: Transaction,
    trigger_type: str,
    *,
    triggered_by: int | None,
    request_id: str | None,
    is_full: bool,
    removals_allowed: bool,
) -> int:
    """Ask for a run, and return its id; a pending request that asks for as much is joined.

    `request_id` is that of the log's events of who asks, None for no request of a browser.
    """
    params = {
        "trigger_type": trigger_type,
        "triggered_by": triggered_by,
        "request_id": request_id,
        "is_full": is_full,
        "removals_allowed": removals_allowed,
    }
    requested = await transaction.query(
        "SELECT id FROM sync_history WHERE status = 'pending' AND is_full >= %(is_full)s"
        " AND removals_allowed >= %(removals_allowed)s ORDER BY id LIMIT 1",
        params,
    ) or await transaction.query(
        "INSERT INTO sync_history (status, trigger_type, triggered_by, request_id, is_full, removals_allowed)"
        " VALUES ('pending', %(trigger_type)s, %(triggered_by)s, %(request_id)s, %(is_full)s, %(removals_allowed)s)"
        " RETURNING id",
        params,
    )
    return requested[0][0]


class PendingRun(Struct, frozen=True):
    """What a pending row of `sync_history` asks for."""

    id: int
    trigger_type: str
    is_full: bool
    removals_allowed: bool
    request_id: str | None


async def find_pending_run() -> PendingRun | None:
    """Return the oldest request that waits to be run; None when there is none."""
    found = await query(
        "SELECT id, trigger_type, is_full, removals_allowed, request_id FROM sync_history"
        " WHERE status = 'pending' ORDER BY id LIMIT 1",
        row=PendingRun,
    )
    return found[0] if found else None


async def delete_older(transaction: Transaction, retention: timedelta) -> None:
    """Delete the runs that ended longer than `retention` ago, but for the newest of each kind."""
    await transaction.query(
        f"""
        DELETE FROM sync_history
        WHERE completed_at < now() - %(retention)s AND {NOT_ADOPTED} AND id NOT IN
          (SELECT max(id) FROM sync_history GROUP BY status, is_full, held IS NULL, budget IS NULL)
        """,
        {"retention": retention},
    )


class RunEnding(Struct, frozen=True, kw_only=True):
    """What `sync_history` keeps of how a run ended; the objects are JSON, None for nothing to tell.

    `requests` and `points` are what it spent at Linear, `next_step` is what a person should do; the next automatic
    run comes `pause_s` later at the earliest.
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
    budget: RateBudget | None
    held: object
    next_step: str | None
    pause_s: float
    error_code: str | None = None


async def record_progress(
    run_id: int,
    *,
    activity: str,
    streams: Mapping[str, object],
    requests: int | None,
    points: int | None,
    budget: RateBudget | None,
) -> None:
    """Note how a running run gets on; one that has ended is left as it is."""
    await query(
        """
        UPDATE sync_history
        SET activity = %(activity)s, streams = %(streams)s, requests = %(requests)s, points = %(points)s,
            budget = coalesce(%(budget)s, budget)
        WHERE id = %(run_id)s AND status = 'running'
        """,
        {
            "run_id": run_id,
            "activity": activity,
            "streams": Jsonb(streams),
            "requests": requests,
            "points": points,
            "budget": _encode_jsonb(budget),
        },
    )


# The column is an integer, which ends after 25 days, and a clock may have been put back.
_DURATION_MS: LiteralString = "greatest(0, least(2147483647, round(extract(epoch FROM now() - started_at) * 1000)))"


async def finish_run(transaction: Transaction, run_id: int, ending: RunEnding) -> bool:
    """Record how a running run ended; False when it was not running any more, then nothing is changed."""
    rows = await transaction.query(
        f"""
        UPDATE sync_history
        SET status = %(status)s, is_full = %(is_full)s, completed_at = now(),
            duration_ms = {_DURATION_MS},
            items_synced = %(items_synced)s, items_failed = %(items_failed)s,
            error_message = %(error_message)s, error_code = %(error_code)s, error_details = %(error_details)s,
            streams = %(streams)s, requests = %(requests)s, points = %(points)s, next_step = %(next_step)s,
            activity = NULL, budget = coalesce(%(budget)s, budget), held = %(held)s,
            retry_at = now() + make_interval(secs => %(pause_s)s)
        WHERE id = %(run_id)s AND status = 'running'
        RETURNING id
        """,
        asdict(ending)
        | {
            "run_id": run_id,
            "error_details": _encode_jsonb(ending.error_details),
            "streams": Jsonb(ending.streams),
            "budget": _encode_jsonb(ending.budget),
            "held": _encode_jsonb(ending.held),
        },
    )
    return bool(rows)


def _encode_jsonb(value: object) -> Jsonb | None:
    return None if value is None else Jsonb(msgspec.to_builtins(value))


async def mark_interrupted(transaction: Transaction) -> int:
    """Mark runs that stand as running as interrupted and count them; call it only under the sync lock."""
    rows = await transaction.query(
        f"""
        UPDATE sync_history
        SET status = 'interrupted', completed_at = now(),
            duration_ms = {_DURATION_MS},
            error_message = 'The program ended before the run did.', activity = NULL
        WHERE status = 'running'
        RETURNING id
        """
    )
    return len(rows)


async def find_last_good_at() -> datetime | None:
    """Return when the mirror was last brought up to date; None when it never was."""
    rows = await query(
        f"SELECT max(completed_at) FROM sync_history WHERE status IN ('succeeded', 'partial') AND {NOT_ADOPTED}"
    )
    return rows[0][0]


_RUN: LiteralString = """
    SELECT id, status, trigger_type, is_full, removals_allowed, created_at, started_at, completed_at, duration_ms,
           coalesce(items_synced, 0) AS items_synced, coalesce(items_failed, 0) AS items_failed,
           error_message, coalesce(streams, '{}') AS streams, requests, points, next_step, activity, held,
           (SELECT email FROM users WHERE users.id = triggered_by) AS requested_by
    FROM sync_history
"""


async def list_latest_runs(limit: int) -> list[SyncRun]:
    """Return the newest `limit` runs, newest first, requests that still wait among them."""
    return await query(f"{_RUN} ORDER BY started_at DESC, id DESC LIMIT %(limit)s", {"limit": limit}, row=SyncRun)


async def list_runs_before(started_at: datetime, run_id: int, limit: int) -> list[SyncRun]:
    """Return the newest `limit` runs that began before the run `run_id`, which began at `started_at`."""
    return await query(
        f"{_RUN} WHERE (started_at, id) < (%(started_at)s, %(run_id)s)"
        " ORDER BY started_at DESC, id DESC LIMIT %(limit)s",
        {"started_at": started_at, "run_id": run_id, "limit": limit},
        row=SyncRun,
    )


async def list_unfinished_runs() -> list[SyncRun]:
    """Return the runs that are under way or asked for, the oldest first."""
    return await query(f"{_RUN} WHERE status IN ('running', 'pending') ORDER BY status DESC, id", row=SyncRun)


async def find_last_sweep() -> SyncRun | None:
    """Return the newest run that looked for what is gone and came to its end; None when none ever did."""
    found = await query(
        f"{_RUN} WHERE status IN ('succeeded', 'partial') AND (is_full OR held IS NOT NULL)"
        " ORDER BY started_at DESC, id DESC LIMIT 1",
        row=SyncRun,
    )
    return found[0] if found else None


async def find_last_budget() -> tuple[datetime, RateBudget] | None:
    """Return what Linear last said of the key's budget, and until when that run went; None when it never did."""
    found = await query(
        "SELECT coalesce(completed_at, now()), budget FROM sync_history WHERE budget IS NOT NULL"
        " ORDER BY started_at DESC, id DESC LIMIT 1"
    )
    return (found[0][0], msgspec.convert(found[0][1], RateBudget)) if found else None


async def list_failed_rows(run_id: int) -> list[FailedRow]:
    """Return the rows that a run could not store, the first hundred; what the Node service noted is one more."""
    return await query(
        """
        SELECT coalesce(e ->> 'stream', '') AS stream, coalesce(e ->> 'id', '') AS id, e ->> 'field' AS field,
               coalesce(e ->> 'reason', e ->> 'message', e::text) AS reason
        FROM sync_history, jsonb_path_query(error_details, 'lax $[*]') WITH ORDINALITY AS found (e, position)
        WHERE sync_history.id = %(run_id)s ORDER BY position LIMIT 100
        """,
        {"run_id": run_id},
        row=FailedRow,
    )


async def find_last_ended_run() -> SyncRun | None:
    """Return the run that ended last; None when none ever did."""
    found = await query(
        f"{_RUN} WHERE completed_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT 1", row=SyncRun
    )
    return found[0] if found else None


async def find_run(run_id: int) -> SyncRun | None:
    """Return one run; None when there is no such row."""
    found = await query(f"{_RUN} WHERE id = %(run_id)s", {"run_id": run_id}, row=SyncRun)
    return found[0] if found else None


async def find_current_run() -> SyncRun | None:
    """Return the run that is under way; None when none is. One that was killed may still stand as running."""
    found = await query(f"{_RUN} WHERE status = 'running' ORDER BY id DESC LIMIT 1", row=SyncRun)
    return found[0] if found else None
