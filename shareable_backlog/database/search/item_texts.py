"""Read the texts of items that a search looks through beside their titles."""

from collections.abc import Sequence

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ItemTexts(Struct, frozen=True):
    """The markdown of an item; each is "" where there is none, or where none is shown.

    `comments` has the newest 50, the newest first.
    """

    id: str
    description: str
    comments: str


async def list_texts(scope: Scope, ids: Sequence[str], max_chars: int) -> list[ItemTexts]:
    """Return the texts of the items of these ids that may be shown, each up to `max_chars` long, in no order."""
    return await query(
        f"""
        SELECT i.id, CASE WHEN {visibility.DESCRIPTIONS} THEN left(coalesce(i.description, ''), %(most)s) ELSE '' END
                 AS description,
               coalesce(left(said.bodies, %(most)s), '') AS comments
        FROM backlog_items i
        LEFT JOIN LATERAL (
          SELECT string_agg(left(c.body, %(most)s), E'\\n' ORDER BY c.created_at DESC) AS bodies
          FROM (
            SELECT body, created_at FROM comments
            WHERE issue_id = i.id AND {visibility.COMMENT} AND {visibility.COMMENTS}
            ORDER BY created_at DESC LIMIT 50
          ) c
        ) said ON true
        WHERE i.id = ANY (%(ids)s::text[]) AND {visibility.ITEM}
        """,
        {**visibility.build_params(scope), "ids": list(ids), "most": max_chars},
        row=ItemTexts,
    )
