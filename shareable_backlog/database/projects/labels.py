"""Read the labels."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ShownLabel(Struct, frozen=True):
    """What is told of a label."""

    id: str
    name: str
    color: str | None


async def list_labels(scope: Scope, after_id: str | None, limit: int) -> list[ShownLabel]:
    """Return up to `limit` labels let through that a shown item has which is not archived, by id after `after_id`."""
    return await query(
        f"""
        SELECT l.id, l.name, l.color FROM labels l
        WHERE l.is_offered AND l.removed_at IS NULL AND l.archived_at IS NULL
          AND (%(after_id)s::text IS NULL OR l.id > %(after_id)s::text COLLATE "C")
          AND EXISTS (
            SELECT FROM backlog_items i
            WHERE i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[l.id COLLATE "default"]
              AND i.archived_at IS NULL AND {visibility.ITEM}
          )
        ORDER BY l.id LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "after_id": after_id, "limit": limit},
        row=ShownLabel,
    )
