"""Compare what a sweep saw in Linear with the mirror: what is gone, and what the mirror has otherwise."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror.mirror import encode_rows, render_change
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.columns import PartOf
from shareable_backlog.streams.stream import Stream


class SweepEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `sweep_entries`: a row that Linear has, with what is compared of it (`ComparedColumn`)."""

    stream: str
    id: str
    updated_at: datetime
    archived_at: datetime | None = None
    trashed: bool = False
    parent_id: str | None = None
    sort_order: float | None = None
    priority_sort_order: float | None = None
    sub_issue_sort_order: float | None = None
    added_to_project_at: datetime | None = None
    added_to_cycle_at: datetime | None = None
    sla_breaches_at: datetime | None = None


class GoneCounts(Struct, frozen=True):
    """Count the rows of a stream that a sweep did not see any more, and all those that are shown.

    `examples` are the identifiers of some issues among the gone, the newest first.
    """

    gone: int
    live: int
    examples: Sequence[str] = ()


async def clear_entries(transaction: Transaction) -> None:
    """Forget what the last sweep saw."""
    await transaction.query("TRUNCATE sweep_entries")


def build_insert(entries: Sequence[SweepEntry]) -> tuple[LiteralString, Mapping[str, object]]:
    """Return the statement that notes what a sweep sees; a row that is seen twice counts once."""
    return (
        """
        INSERT INTO sweep_entries (
          stream, id, updated_at, archived_at, trashed, parent_id, sort_order, priority_sort_order,
          sub_issue_sort_order, added_to_project_at, added_to_cycle_at, sla_breaches_at
        )
        SELECT
          stream, id, updated_at, archived_at, trashed, parent_id, sort_order, priority_sort_order,
          sub_issue_sort_order, added_to_project_at, added_to_cycle_at, sla_breaches_at
        FROM json_populate_recordset(NULL::sweep_entries, %(entries)s::json)
        ON CONFLICT (stream, id) DO NOTHING
        """,
        {"entries": encode_rows(entries)},
    )


async def find_latest_creation(streams: Sequence[Stream]) -> datetime | None:
    """Return when the newest of all rows of these streams was created; None when there are none."""
    newest = SQL(" UNION ALL ").join(
        SQL("SELECT max(created_at) AS created_at FROM {}").format(Identifier(stream.table)) for stream in streams
    )
    [(created_at,)] = await query(SQL("SELECT max(created_at) FROM ({}) n").format(newest))
    return created_at


async def count_seen(stream: Stream) -> int:
    """Return how many rows of a stream the sweep saw."""
    [(count,)] = await query("SELECT count(*) FROM sweep_entries WHERE stream = %(stream)s", {"stream": stream.name})
    return count


async def list_differing_ids(stream: Stream, *, without: Collection[str] = ()) -> list[str]:
    """Return the ids of rows that Linear has and the mirror has not, or has otherwise but for columns `without`."""
    compared = [name for name in ("updated_at", "archived_at", *stream.compared) if name not in without]
    found = await query(
        SQL(
            "SELECT s.id FROM sweep_entries s LEFT JOIN {table} m ON m.id = s.id"
            " WHERE s.stream = %(stream)s AND (m.id IS NULL OR m.removed_at IS NOT NULL"
            " OR ({mirrored}) IS DISTINCT FROM ({seen}))"
        ).format(
            table=Identifier(stream.table),
            mirrored=SQL(", ").join(Identifier("m", column) for column in compared),
            seen=SQL(", ").join(Identifier("s", column) for column in compared),
        ),
        {"stream": stream.name},
    )
    return [id_ for (id_,) in found]


async def list_dangling_ids(stream: Stream) -> list[str]:
    """Return the ids of shown rows that refer to one that has been removed, which may have changed them too.

    That Linear takes a deleted label off its issues, or a project, need not move their `updatedAt`.
    """
    conditions = [
        SQL("EXISTS (SELECT 1 FROM {target} r WHERE r.removed_at IS NOT NULL AND r.id = {of})").format(
            target=Identifier(STREAMS[column.refers.stream].table),
            of=SQL("{}" if column.is_reference else "ANY ({})").format(Identifier("m", column.name)),
        )
        for column in stream.columns
        if column.refers
    ]
    if not conditions:
        return []
    found = await query(
        SQL("SELECT m.id FROM {} m WHERE m.removed_at IS NULL AND ({})").format(
            Identifier(stream.table), SQL(" OR ").join(conditions)
        )
    )
    return [id_ for (id_,) in found]


async def count_gone(transaction: Transaction, stream: Stream, *, created_before: datetime) -> GoneCounts:
    """Count what `hide_gone` would hide."""
    [(gone, live)] = await transaction.query(
        SQL(
            "SELECT count(*) FILTER (WHERE created_at < %(created_before)s AND NOT EXISTS"
            " (SELECT 1 FROM sweep_entries s WHERE s.stream = %(stream)s AND s.id = m.id)), count(*)"
            " FROM {} m WHERE removed_at IS NULL"
        ).format(Identifier(stream.table)),
        {"stream": stream.name, "created_before": created_before},
    )
    return GoneCounts(gone, live)


async def list_gone_identifiers(transaction: Transaction, limit: int, *, created_before: datetime) -> list[str]:
    """Return the identifiers of up to `limit` issues that `hide_gone` would hide, the newest first."""
    found = await transaction.query(
        """
        SELECT identifier FROM backlog_items m
        WHERE removed_at IS NULL AND created_at < %(created_before)s AND NOT EXISTS
          (SELECT 1 FROM sweep_entries s WHERE s.stream = 'issues' AND s.id = m.id)
        ORDER BY updated_at DESC, id DESC LIMIT %(limit)s
        """,
        {"created_before": created_before, "limit": limit},
    )
    return [identifier for (identifier,) in found]


async def hide_gone(
    transaction: Transaction, stream: Stream, *, created_before: datetime, removed_at: datetime
) -> int:
    """Mark the rows as removed that the sweep did not see and that were created before it began; count them."""
    hidden = SQL(
        "UPDATE {} m SET removed_at = %(removed_at)s"
        " WHERE removed_at IS NULL AND created_at < %(created_before)s AND NOT EXISTS"
        " (SELECT 1 FROM sweep_entries s WHERE s.stream = %(stream)s AND s.id = m.id)"
    ).format(Identifier(stream.table))
    [(count,)] = await transaction.query(
        render_change(stream.kind, hidden) + SQL(" SELECT count(*) FROM stored"),
        {"stream": stream.name, "created_before": created_before, "removed_at": removed_at},
    )
    return count


async def delete_expired(transaction: Transaction, retention: timedelta) -> None:
    """Delete what was hidden longer than `retention` ago, each row with all that is part of it."""
    params: Mapping[str, object] = {"retention": retention}
    for stream in STREAMS.values():
        for column in stream.columns:
            if isinstance(column.refers, PartOf):
                await transaction.query(
                    SQL(
                        "DELETE FROM {} part USING {} whole"
                        " WHERE whole.id = {} AND whole.removed_at < now() - %(retention)s"
                    ).format(
                        Identifier(stream.table),
                        Identifier(STREAMS[column.refers.stream].table),
                        Identifier("part", column.name),
                    ),
                    params,
                )
    await transaction.query(
        "DELETE FROM search_entries o USING backlog_items i"
        " WHERE i.id = o.item_id AND i.removed_at < now() - %(retention)s",
        params,
    )
    for stream in STREAMS.values():
        await transaction.query(
            SQL("DELETE FROM {} WHERE removed_at < now() - %(retention)s").format(Identifier(stream.table)), params
        )
