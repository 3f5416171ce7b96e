"""Read what is attached to items: links to what lies elsewhere."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ItemAttachment(Struct, frozen=True):
    """One attachment; `url` is None when it is no address of the web, `source_type` is Linear's word."""

    title: str
    subtitle: str | None
    url: str | None
    source_type: str | None


async def list_attachments(scope: Scope, item_id: str, limit: int) -> list[ItemAttachment]:
    """Return up to `limit` attachments of an item, the oldest first; none where they, or the item, are not shown."""
    return await query(
        f"""
        SELECT a.title, a.subtitle, CASE WHEN a.url ~* '^https?://[^/]' THEN a.url END AS url, a.source_type
        FROM attachments a
        WHERE a.issue_id = %(item_id)s AND a.removed_at IS NULL AND a.archived_at IS NULL AND {visibility.ATTACHMENTS}
          AND EXISTS (SELECT FROM backlog_items i WHERE i.id = %(item_id)s AND {visibility.ITEM})
        ORDER BY a.created_at, a.id LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "item_id": item_id, "limit": limit},
        row=ItemAttachment,
    )
