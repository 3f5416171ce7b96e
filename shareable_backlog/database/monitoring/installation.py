"""Count what waits and how far the record goes: each by an index, up to a limit, or as the database estimates it."""

from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.mirror.freshness import NOT_ADOPTED

MOST_COUNTED = 10_000
"""What waits is counted so far: whoever reads the number need not know how much more it is."""
_ESTIMATED_FROM = 50_000


class Backlog(Struct, frozen=True):
    """How many rows wait, up to `MOST_COUNTED`, and since how many seconds the oldest of them (None: none waits)."""

    waiting: int
    oldest_s: float | None


class MailBacklog(Struct, frozen=True):
    """How many mails wait, since when the oldest of them, and how many were given up in the last week."""

    waiting: int
    oldest_s: float | None
    given_up: int


class AuditBacklog(Struct, frozen=True):
    """How many rows the record has, and as a `Backlog` those that wait for a seal."""

    rows: int
    waiting: int
    oldest_s: float | None


class EndedRun(Struct, frozen=True):
    """How the run that ended last did; None is what it did not say."""

    status: str
    ended_at_s: float
    duration_s: float | None
    requests: int | None
    points: int | None
    failed_rows: int


async def count_items() -> int:
    """Return how many items the mirror has; from 50,000 on as the last ANALYZE has it, also with what is gone."""
    [(estimate,)] = await query(
        "SELECT reltuples::bigint FROM pg_class WHERE oid = 'backlog_items'::regclass",
    )
    if estimate >= _ESTIMATED_FROM:
        return estimate
    [(count,)] = await query(
        "SELECT count(*) FROM (SELECT FROM backlog_items WHERE removed_at IS NULL LIMIT %(most)s) AS found",
        {"most": 2 * _ESTIMATED_FROM},  # a new table has no estimate yet
    )
    return count


async def find_last_ended_run() -> EndedRun | None:
    """Return how the run that ended last did; None before the first."""
    found = await query(
        f"""
        SELECT status, extract(epoch FROM completed_at)::float8 AS ended_at_s,
               duration_ms / 1000.0::float8 AS duration_s, requests, points, coalesce(items_failed, 0) AS failed_rows
        FROM sync_history WHERE completed_at IS NOT NULL AND {NOT_ADOPTED}
        ORDER BY started_at DESC, id DESC LIMIT 1
        """,
        row=EndedRun,
    )
    return found[0] if found else None


async def count_refusals() -> dict[str, int]:
    """Count by kind (list, field, node, hole) what Linear refused when it was last asked."""
    return dict(
        await query(
            "SELECT kind, count(*) FROM (SELECT kind FROM sync_refusals LIMIT %(most)s) AS r GROUP BY kind",
            {"most": MOST_COUNTED},
        )
    )


async def count_deliveries() -> dict[str, int]:
    """Count by what became of them the deliveries of the last hour, and those that are yet to be applied."""
    return dict(
        await query(
            """
            SELECT outcome, count(*) FROM webhook_deliveries WHERE applied_at > now() - interval '1 hour' GROUP BY 1
            UNION ALL
            SELECT 'waiting', count(*) FROM (
              SELECT FROM webhook_deliveries WHERE applied_at IS NULL LIMIT %(most)s
            ) AS w
            """,
            {"most": MOST_COUNTED},
        )
    )


async def read_mail_backlog() -> MailBacklog:
    """Return what of mails waits, and what was given up; mails that went out are not kept, and these for a week."""
    [found] = await query(
        f"""
        SELECT count(*) FILTER (WHERE given_up_at IS NULL) AS waiting,
               max({_render_age("created_at")}) FILTER (WHERE given_up_at IS NULL) AS oldest_s,
               count(*) FILTER (WHERE given_up_at >= now() - interval '7 days') AS given_up
        FROM (SELECT given_up_at, created_at FROM outgoing_mails LIMIT %(most)s) AS m
        """,
        {"most": MOST_COUNTED},
        row=MailBacklog,
    )
    return found


async def read_search_backlog() -> Backlog:
    """Return how many items and updates the search knows in older words only."""
    [found] = await query(
        f"""
        SELECT count(*) AS waiting, {_render_age("min(stale_since)")} AS oldest_s FROM (
          (SELECT stale_since FROM search_entries WHERE stale_since IS NOT NULL ORDER BY 1 LIMIT %(most)s)
          UNION ALL
          (SELECT stale_since FROM update_entries WHERE stale_since IS NOT NULL ORDER BY 1 LIMIT %(most)s)
        ) AS s
        """,
        {"most": MOST_COUNTED},
        row=Backlog,
    )
    return found


async def read_audit_backlog() -> AuditBacklog:
    """Return how long the record is, by its last seal, and what waits for the next."""
    [found] = await query(
        f"""
        WITH unsealed AS (SELECT id FROM unsealed_audit_logs ORDER BY id LIMIT %(most)s),
        counted AS (
          SELECT count(*) AS waiting,
            {_render_age("(SELECT created_at FROM audit_logs WHERE id = (SELECT min(id) FROM unsealed))")} AS oldest_s
          FROM unsealed
        )
        SELECT waiting + coalesce(
            (SELECT position - pruned_position FROM audit_seals ORDER BY number DESC LIMIT 1), 0
          )::bigint AS rows,
          waiting, oldest_s
        FROM counted
        """,
        {"most": MOST_COUNTED},
        row=AuditBacklog,
    )
    return found


def _render_age(since: LiteralString) -> LiteralString:
    return f"extract(epoch FROM now() - {since})::float8"
