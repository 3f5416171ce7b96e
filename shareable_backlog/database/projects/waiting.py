"""Read which projects wait for which."""

from collections.abc import Sequence

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.projects.project_names import HAS_NAMESAKE, NamedProject

_MOST = 1_000


class AwaitedProject(NamedProject, frozen=True, kw_only=True):
    """A project that is neither completed nor canceled, which the project of `waiting_id` waits for."""

    waiting_id: str


async def list_awaited(scope: Scope, waiting_ids: Sequence[str]) -> list[AwaitedProject]:
    """Return up to 1,000 projects that may be shown of those that others wait for, by target date.

    As in Linear's own timeline the one that has the relation comes first, unless its start hangs on the other's end.
    """
    return await query(
        f"""
        SELECT DISTINCT ON (p.target_date, lower(p.name), p.id, w.waiting_id)
               w.waiting_id, p.id, p.slug_id, p.name, {HAS_NAMESAKE} AS has_namesake
        FROM (
          SELECT CASE WHEN is_turned THEN project_id ELSE related_project_id END AS waiting_id,
                 CASE WHEN is_turned THEN related_project_id ELSE project_id END AS awaited_id
          FROM (
            SELECT r.*, coalesce((r.anchor_type, r.related_anchor_type) = ('start', 'end'), FALSE) AS is_turned
            FROM project_relations r
            WHERE (r.project_id = ANY (%(ids)s::text[]) OR r.related_project_id = ANY (%(ids)s::text[]))
              AND r.project_id <> r.related_project_id AND r.removed_at IS NULL AND r.archived_at IS NULL
          ) r
        ) w
        JOIN projects p ON p.id = w.awaited_id LEFT JOIN project_statuses s ON s.id = p.status_id
        WHERE w.waiting_id = ANY (%(ids)s::text[]) AND coalesce(s.type, '') NOT IN ('completed', 'canceled')
          AND p.archived_at IS NULL AND {visibility.PROJECT}
        ORDER BY p.target_date NULLS LAST, lower(p.name), p.id, w.waiting_id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "ids": list(waiting_ids), "most": _MOST},
        row=AwaitedProject,
    )
