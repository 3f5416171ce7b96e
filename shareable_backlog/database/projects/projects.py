"""Read the projects."""

from datetime import date

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ShownProject(Struct, frozen=True):
    """What is told of a project."""

    id: str
    name: str
    status: str | None
    start_date: date | None
    start_date_resolution: str | None
    target_date: date | None
    target_date_resolution: str | None


async def list_projects(scope: Scope, after_id: str | None, limit: int) -> list[ShownProject]:
    """Return up to `limit` projects of which an item that is not archived is shown, by id, from after `after_id`."""
    return await query(
        f"""
        SELECT p.id, p.name, s.name AS status,
               p.start_date, p.start_date_resolution, p.target_date, p.target_date_resolution
        FROM projects p LEFT JOIN project_statuses s ON s.id = p.status_id
        WHERE p.removed_at IS NULL AND p.archived_at IS NULL AND NOT p.trashed
          AND (%(after_id)s::text IS NULL OR p.id > %(after_id)s::text COLLATE "C")
          AND EXISTS (
            SELECT FROM backlog_items i WHERE i.project_id = p.id AND i.archived_at IS NULL AND {visibility.ITEM}
          )
        ORDER BY p.id LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "after_id": after_id, "limit": limit},
        row=ShownProject,
    )
