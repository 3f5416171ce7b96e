"""Read what was said of projects, of initiatives, and of the updates of both."""

from collections.abc import Mapping, Sequence
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.comments import ShownComment
from shareable_backlog.database.connection.query import query

PlanKind: TypeAlias = Literal["project", "initiative"]


class PlanComment(ShownComment, frozen=True):
    """A comment of a project or an initiative, or of the update of this id."""

    update_id: str | None


class _Subject(Struct, frozen=True):
    """The columns of a comment that name a plan and an update of it, the updates, and whether the plan is shown."""

    plan_id: LiteralString
    update_id: LiteralString
    updates: LiteralString
    shown: LiteralString


_SUBJECTS: Mapping[PlanKind, _Subject] = {
    "project": _Subject(
        "project_id",
        "project_update_id",
        "project_updates",
        f"SELECT FROM projects p WHERE p.id = %(plan_id)s AND {visibility.PROJECT}",
    ),
    "initiative": _Subject(
        "initiative_id",
        "initiative_update_id",
        "initiative_updates",
        f"SELECT FROM initiatives n WHERE n.id = %(plan_id)s AND {visibility.render_initiative()}",
    ),
}


async def list_comments(
    scope: Scope, kind: PlanKind, plan_id: str, update_ids: Sequence[str], limit: int
) -> list[PlanComment]:
    """Return the newest `limit` comments of a plan and of these updates of it, oldest first.

    There are none where they, or the plan, are not shown; of updates none where those are not. What one quotes of
    a description is read where those are shown.
    """
    of = _SUBJECTS[kind]
    return await query(
        f"""
        SELECT c.id, c.parent_id, coalesce(a.name, c.external_user_name, c.bot_actor_name) AS author,
               c.body, CASE WHEN {visibility.DESCRIPTIONS} OR c.{of.update_id} IS NOT NULL THEN c.quoted_text
               END AS quoted_text, c.created_at, c.edited_at, c.resolved_at, c.{of.update_id} AS update_id
        FROM (
          SELECT * FROM comments
          WHERE (
            {of.plan_id} = %(plan_id)s AND {of.update_id} IS NULL AND issue_id IS NULL
            OR {of.update_id} = ANY (ARRAY(
              SELECT u.id FROM {of.updates} u
              WHERE u.id = ANY (%(update_ids)s::text[]) AND u.{of.plan_id} = %(plan_id)s
                AND u.removed_at IS NULL AND u.archived_at IS NULL AND {visibility.UPDATES}
            ))
          ) AND {visibility.COMMENT} AND {visibility.COMMENTS}
            AND EXISTS ({of.shown})
          ORDER BY created_at DESC, id DESC LIMIT %(limit)s
        ) c
        LEFT JOIN people a ON a.id = c.user_id
        ORDER BY c.created_at, c.id
        """,
        {**visibility.build_params(scope), "plan_id": plan_id, "update_ids": list(update_ids), "limit": limit},
        row=PlanComment,
    )
