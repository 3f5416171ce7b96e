"""Read what was said of projects and of their updates."""

from collections.abc import Sequence
from dataclasses import dataclass

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.comments import ShownComment
from shareable_backlog.database.connection.query import query


@dataclass(frozen=True, slots=True)
class PlanComment(ShownComment):
    """A comment of a project, or of the update of this id."""

    update_id: str | None


async def list_comments(scope: Scope, project_id: str, update_ids: Sequence[str], limit: int) -> list[PlanComment]:
    """Return the newest `limit` comments of a project and of these updates of it, oldest first.

    There are none where they, or the project, are not shown; of updates none where those are not. What one quotes of
    a description is read where those are shown.
    """
    return await query(
        f"""
        SELECT c.id, c.parent_id, coalesce(a.name, c.external_user_name, c.bot_actor_name) AS author,
               c.body, CASE WHEN {visibility.DESCRIPTIONS} OR c.project_update_id IS NOT NULL THEN c.quoted_text
               END AS quoted_text, c.created_at, c.edited_at, c.resolved_at, c.project_update_id AS update_id
        FROM (
          SELECT * FROM comments
          WHERE (
            project_id = %(project_id)s AND project_update_id IS NULL AND issue_id IS NULL
            OR project_update_id = ANY (ARRAY(
              SELECT u.id FROM project_updates u
              WHERE u.id = ANY (%(update_ids)s::text[]) AND u.project_id = %(project_id)s
                AND u.removed_at IS NULL AND u.archived_at IS NULL AND {visibility.UPDATES}
            ))
          ) AND {visibility.COMMENT} AND {visibility.COMMENTS}
            AND EXISTS (SELECT FROM projects p WHERE p.id = %(project_id)s AND {visibility.PROJECT})
          ORDER BY created_at DESC, id DESC LIMIT %(limit)s
        ) c
        LEFT JOIN people a ON a.id = c.user_id
        ORDER BY c.created_at, c.id
        """,
        {
            **visibility.build_params(scope),
            "project_id": project_id,
            "update_ids": list(update_ids),
            "limit": limit,
        },
        row=PlanComment,
    )
