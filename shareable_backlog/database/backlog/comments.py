"""Read the comments of items."""

from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ShownComment(Struct, frozen=True):
    """One comment; `author` is None for a bot without a name, `parent_id` is None for the first of a thread."""

    id: str
    parent_id: str | None
    author: str | None
    body: str
    quoted_text: str | None
    created_at: datetime
    edited_at: datetime | None
    resolved_at: datetime | None


async def list_comments(scope: Scope, item_id: str, limit: int) -> list[ShownComment]:
    """Return the newest `limit` comments of an item, oldest first; none where they, or the item, are not shown."""
    return await query(
        f"""
        SELECT c.id, c.parent_id, coalesce(u.name, c.external_user_name, c.bot_actor_name) AS author,
               c.body, c.quoted_text, c.created_at, c.edited_at, c.resolved_at
        FROM (
          SELECT * FROM comments
          WHERE issue_id = %(item_id)s AND {visibility.COMMENT} AND {visibility.COMMENTS}
            AND EXISTS (SELECT FROM backlog_items i WHERE i.id = %(item_id)s AND {visibility.ITEM})
          ORDER BY created_at DESC, id DESC LIMIT %(limit)s
        ) c
        LEFT JOIN people u ON u.id = c.user_id
        ORDER BY c.created_at, c.id
        """,
        {**visibility.build_params(scope), "item_id": item_id, "limit": limit},
        row=ShownComment,
    )
