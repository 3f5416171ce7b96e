"""Read how the due date, priority, project and estimate of an item moved, which the database notes by itself."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

FIELDS: LiteralString = "('due_date', 'priority', 'project', 'estimate')"
"""The fields of an item whose changes are read here; the database notes others too."""
_MOST = 500


class ItemChange(Struct, frozen=True):
    """One change; `before` and `after` are a name, a number or an ISO day, None for nothing.

    `changed_at` is when it happened, as far as the item told when it was mirrored.
    """

    changed_at: datetime
    field: Literal["due_date", "priority", "project", "estimate"]
    before: str | None
    after: str | None

    @property
    def days(self) -> Sequence[date | None]:
        """The due date that it had, and the one that it got."""
        return [date.fromisoformat(one) if one else None for one in (self.before, self.after)]

    @property
    def numbers(self) -> Sequence[float | None]:
        """The estimate, or the priority, that it had, and the one that it got."""
        return [float(one) if one else None for one in (self.before, self.after)]

    @property
    def is_slip(self) -> bool:
        """Whether a due date was put off."""
        return self.field == "due_date" and bool(self.before and self.after and self.before < self.after)


def _render_project(name: LiteralString, column: LiteralString) -> LiteralString:
    return f"""LEFT JOIN LATERAL (
          SELECT p.name FROM projects p WHERE c.field = 'project' AND p.id = {column} AND {visibility.PROJECT}
        ) {name} ON true"""


async def list_item_changes(scope: Scope, item_id: str) -> list[ItemChange]:
    """Return the newest 500 changes of an item that the mirror saw, the oldest first; none where it is not shown.

    What led to or from a project that is not shown is left out, as are estimates where they are not shown.
    """
    return await query(
        f"""
        SELECT c.changed_at, c.field,
               CASE c.field WHEN 'project' THEN f.name ELSE c.from_value END AS before,
               CASE c.field WHEN 'project' THEN t.name ELSE c.to_value END AS after
        FROM (
          SELECT * FROM field_changes
          WHERE entity_id = %(item_id)s AND field IN {FIELDS}
          ORDER BY changed_at DESC, id DESC LIMIT %(most)s
        ) c
        JOIN backlog_items i ON i.id = c.entity_id
        {_render_project("f", "c.from_value")}
        {_render_project("t", "c.to_value")}
        WHERE {visibility.ITEM} AND CASE c.field
          WHEN 'project' THEN (c.from_value IS NULL) = (f.name IS NULL) AND (c.to_value IS NULL) = (t.name IS NULL)
          WHEN 'estimate' THEN {visibility.ESTIMATES} AND (
            SELECT m.issue_estimation_type IS DISTINCT FROM 'notUsed' FROM teams m WHERE m.id = i.team_id)
          ELSE true END
        ORDER BY c.changed_at, c.id
        """,
        {**visibility.build_params(scope), "item_id": item_id, "most": _MOST},
        row=ItemChange,
    )
