"""Read which projects came, or moved their target date, since a day, by what the mirror noted (migration 039)."""

from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.connection.query import query

_MOST = 10_000


class TargetChange(Struct, frozen=True):
    """A project that `is_new`, or whose target date was noted as another one; it may have gone there and back.

    `before` is what it was, a day and how exact it is, such as `2026-12-31 quarter`; None for none.
    """

    project_id: str
    is_new: bool
    before: str | None


async def list_target_changes(since: datetime) -> list[TargetChange]:
    """Return up to 10,000 projects, shown or not, of the newest changes; of each what it had when `since` began."""
    return await query(
        """
        SELECT p.id AS project_id, p.created_at >= %(since)s AS is_new, c.from_value AS before
        FROM (
          (SELECT entity_id AS id, max(changed_at) AS at FROM field_changes
          WHERE field = 'target_date' AND changed_at >= %(since)s GROUP BY entity_id)
          UNION ALL SELECT id, created_at FROM projects WHERE created_at >= %(since)s
          ORDER BY at DESC LIMIT %(most)s
        ) n JOIN projects p ON p.id = n.id
        LEFT JOIN LATERAL (
          SELECT from_value FROM field_changes c
          WHERE c.entity_id = p.id AND c.field = 'target_date' AND c.changed_at >= %(since)s
          ORDER BY c.changed_at, c.id LIMIT 1
        ) c ON TRUE
        """,
        {"since": since, "most": _MOST},
        row=TargetChange,
    )
