"""Compare what a sweep saw in Linear with the mirror: what is gone, and what the mirror has otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec
from psycopg.sql import SQL, Identifier

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror.mirror import changed_rows
from shareable_backlog.database.mirror.mirror_rows import TABLES, BacklogItem, Row, Team


class SweepEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Hold a row of `sweep_entries`: a row that Linear has."""

    stream: str
    id: str
    updated_at: datetime
    archived_at: datetime | None
    trashed: bool
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """Count the rows of a stream that a sweep did not see any more, and all those that are shown.

    `examples` are the identifiers of some issues among the gone, the newest first.
    """

    gone: int
    live: int
    examples: Sequence[str] = ()


async def clear(transaction: Transaction) -> None:
    """Forget what the last sweep saw."""
    await transaction.query("TRUNCATE sweep_entries")


def adding(entries: Sequence[SweepEntry]) -> tuple[LiteralString, Mapping[str, object]]:
    """Give the statement that notes what a sweep sees; a row that is seen twice counts once."""
    return (
        """
        INSERT INTO sweep_entries (stream, id, updated_at, archived_at, trashed, parent_id)
        SELECT stream, id, updated_at, archived_at, trashed, parent_id
        FROM json_populate_recordset(NULL::sweep_entries, %(entries)s::json)
        ON CONFLICT (stream, id) DO NOTHING
        """,
        {"entries": msgspec.json.encode(entries).decode()},
    )


async def count_seen(stream: str) -> int:
    """Count the rows of a stream that the sweep saw."""
    [(count,)] = await query("SELECT count(*) FROM sweep_entries WHERE stream = %(stream)s", {"stream": stream})
    return count


async def different(stream: str, kind: type[Row]) -> list[str]:
    """Give the ids of rows that Linear has and the mirror has not, or has otherwise."""
    found = await query(
        SQL(
            "SELECT s.id FROM sweep_entries s LEFT JOIN {table} m ON m.id = s.id"
            " WHERE s.stream = %(stream)s AND (m.id IS NULL OR m.removed_at IS NOT NULL"
            " OR (m.updated_at, m.archived_at) IS DISTINCT FROM (s.updated_at, s.archived_at){trashed}{parent})"
        ).format(
            table=Identifier(TABLES[kind]),
            trashed=SQL(" OR m.trashed <> s.trashed") if kind is BacklogItem else SQL(""),
            parent=SQL(" OR m.parent_id IS DISTINCT FROM s.parent_id") if kind in (Team, BacklogItem) else SQL(""),
        ),
        {"stream": stream},
    )
    return [id_ for (id_,) in found]


async def referring_to_removed(kind: type[Row]) -> list[str]:
    """Give the ids of shown rows that refer to one that has been removed, which may have changed them too.

    That Linear takes a deleted label off its issues, or a project, need not move their `updatedAt`.
    """
    conditions = [
        SQL("EXISTS (SELECT 1 FROM {target} r WHERE r.removed_at IS NOT NULL AND r.id = {of})").format(
            target=Identifier(target),
            of=SQL("ANY (m.label_ids)") if column == "label_ids" else Identifier("m", column),
        )
        for column, target in _REFERENCES.items()
        if column in kind.__struct_fields__
    ] + ([_REMOVED_PARENT.format(Identifier(TABLES[kind]))] if "parent_id" in kind.__struct_fields__ else [])
    if not conditions:
        return []
    found = await query(
        SQL("SELECT m.id FROM {} m WHERE m.removed_at IS NULL AND ({})").format(
            Identifier(TABLES[kind]), SQL(" OR ").join(conditions)
        )
    )
    return [id_ for (id_,) in found]


_REMOVED_PARENT = SQL("EXISTS (SELECT 1 FROM {} r WHERE r.removed_at IS NOT NULL AND r.id = m.parent_id)")
# What a column refers to, whichever table it stands in; `parent_id` refers to its own table.
_REFERENCES = {
    "team_id": "teams",
    "state_id": "workflow_states",
    "label_ids": "labels",
    "status_id": "project_statuses",
    "project_id": "projects",
    "project_milestone_id": "project_milestones",
    "cycle_id": "cycles",
    "assignee_id": "people",
    "creator_id": "people",
    "lead_id": "people",
    "owner_id": "people",
    "user_id": "people",
    "issue_id": "backlog_items",
}


async def count_gone(transaction: Transaction, stream: str, kind: type[Row], *, created_before: datetime) -> Gone:
    """Count what `hide_gone` would hide."""
    [(gone, live)] = await transaction.query(
        SQL(
            "SELECT count(*) FILTER (WHERE created_at < %(created_before)s AND NOT EXISTS"
            " (SELECT 1 FROM sweep_entries s WHERE s.stream = %(stream)s AND s.id = m.id)), count(*)"
            " FROM {} m WHERE removed_at IS NULL"
        ).format(Identifier(TABLES[kind])),
        {"stream": stream, "created_before": created_before},
    )
    return Gone(gone, live)


async def gone_issues(transaction: Transaction, limit: int, *, created_before: datetime) -> list[str]:
    """Give the identifiers of up to `limit` issues that `hide_gone` would hide, the newest first."""
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
    transaction: Transaction, stream: str, kind: type[Row], *, created_before: datetime, removed_at: datetime
) -> int:
    """Mark the rows as removed that the sweep did not see and that were created before it began; count them."""
    hidden = SQL(
        "UPDATE {} m SET removed_at = %(removed_at)s"
        " WHERE removed_at IS NULL AND created_at < %(created_before)s AND NOT EXISTS"
        " (SELECT 1 FROM sweep_entries s WHERE s.stream = %(stream)s AND s.id = m.id)"
    ).format(Identifier(TABLES[kind]))
    [(count,)] = await transaction.query(
        changed_rows(kind, hidden) + SQL(" SELECT count(*) FROM stored"),
        {"stream": stream, "created_before": created_before, "removed_at": removed_at},
    )
    return count


async def delete_expired(transaction: Transaction, retention: timedelta) -> None:
    """Delete what was hidden longer than `retention` ago, items with all that hangs on them."""
    params: Mapping[str, object] = {"retention": retention}
    for table in ("comments", "attachments"):
        await transaction.query(
            SQL(
                "DELETE FROM {} o USING backlog_items i"
                " WHERE i.id = o.issue_id AND i.removed_at < now() - %(retention)s"
            ).format(Identifier(table)),
            params,
        )
    await transaction.query(
        "DELETE FROM item_relations o USING backlog_items i"
        " WHERE i.id IN (o.issue_id, o.related_issue_id) AND i.removed_at < now() - %(retention)s",
        params,
    )
    await transaction.query(
        "DELETE FROM search_entries o USING backlog_items i"
        " WHERE i.id = o.item_id AND i.removed_at < now() - %(retention)s",
        params,
    )
    for table in TABLES.values():
        await transaction.query(
            SQL("DELETE FROM {} WHERE removed_at < now() - %(retention)s").format(Identifier(table)), params
        )
