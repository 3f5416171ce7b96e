"""Read how items relate to others."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ItemRelation(Struct, frozen=True):
    """How an item relates to the item `other_id`, which need not be one that may be shown.

    `type` is Linear's: blocks, duplicate, related, similar. `is_inverse` when it is the other one that blocks it.
    """

    type: str
    is_inverse: bool
    other_id: str


async def list_relations(scope: Scope, item_id: str, limit: int) -> list[ItemRelation]:
    """Return up to `limit` relations of an item, the oldest first; none where it is not shown.

    Relations to what is gone from Linear are left out; those to what is not mirrored are not.
    """
    return await query(
        f"""
        SELECT r.type, r.is_inverse, r.other_id
        FROM (
          SELECT id, created_at, type, FALSE AS is_inverse, related_issue_id AS other_id FROM item_relations
          WHERE issue_id = %(item_id)s AND removed_at IS NULL AND archived_at IS NULL
          UNION ALL
          SELECT id, created_at, type, TRUE, issue_id FROM item_relations
          WHERE related_issue_id = %(item_id)s AND removed_at IS NULL AND archived_at IS NULL
        ) r
        LEFT JOIN backlog_items o ON o.id = r.other_id
        WHERE EXISTS (SELECT FROM backlog_items i WHERE i.id = %(item_id)s AND {visibility.ITEM})
          AND (o.id IS NULL OR (o.removed_at IS NULL AND NOT o.trashed))
        ORDER BY r.created_at, r.id LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "item_id": item_id, "limit": limit},
        row=ItemRelation,
    )
