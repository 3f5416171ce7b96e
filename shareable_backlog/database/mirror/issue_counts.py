"""Keep how many issues Linear last counted in each team; another count means that something came or went."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class TeamCount(Struct, frozen=True):
    """Count the issues of a team, and those of them that are not archived."""

    team_id: str
    all: int
    unarchived: int


async def list_changed(counts: Sequence[TeamCount]) -> list[TeamCount]:
    """Return those of Linear's counts that are not what they were when `store_counts` stored them."""
    known = await query(
        'SELECT id AS team_id, coalesce(issue_count, -1) AS "all",'
        " coalesce(unarchived_issue_count, -1) AS unarchived FROM teams WHERE removed_at IS NULL",
        row=TeamCount,
    )
    return list(set(counts) - set(known))


async def count_mirrored(team_ids: Sequence[str]) -> list[TeamCount]:
    """Count the mirror's own items in these teams."""
    return await query(
        """
        SELECT t.id AS team_id, count(i.id) AS "all", count(i.id) FILTER (WHERE i.archived_at IS NULL) AS unarchived
        FROM unnest(%(team_ids)s::text[]) t (id)
        LEFT JOIN backlog_items i ON i.team_id = t.id AND i.removed_at IS NULL
        GROUP BY t.id
        """,
        {"team_ids": list(team_ids)},
        row=TeamCount,
    )


async def store_counts(transaction: Transaction, counts: Sequence[TeamCount]) -> None:
    """Store Linear's counts as those that the mirror was held against."""
    await transaction.query(
        """
        UPDATE teams t SET issue_count = c."all", unarchived_issue_count = c.unarchived
        FROM json_to_recordset(%(counted)s::json) c (team_id text, "all" integer, unarchived integer)
        WHERE t.id = c.team_id
        """,
        {"counted": msgspec.json.encode(counts).decode()},
    )
