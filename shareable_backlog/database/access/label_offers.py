"""Read and change which labels admins have let through, to be named on items and offered as a filter."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class OfferedLabel(Struct, frozen=True):
    """A label as an admin decides of it; `is_offered` is None while nobody has, `detail` is its group and team.

    `items` are those that are in Linear and not archived, shown or not.
    """

    id: str
    name: str
    detail: str | None
    color: str | None
    is_offered: bool | None
    items: int


_LABELS: LiteralString = """
    SELECT l.id, l.name, nullif(concat_ws(', ', g.name, t.name), '') AS detail, l.color, l.is_offered, (
      SELECT count(*) FROM backlog_items i
      WHERE i.label_ids <> '{}' AND i.label_ids @> ARRAY[l.id COLLATE "default"]
        AND i.removed_at IS NULL AND i.archived_at IS NULL AND NOT i.trashed
    ) AS items
    FROM labels l LEFT JOIN labels g ON g.id = l.parent_id LEFT JOIN teams t ON t.id = l.team_id
"""
# A group of labels is on no item.
_TO_DECIDE: LiteralString = "l.removed_at IS NULL AND NOT l.is_group"


async def list_labels(text: str, limit: int) -> list[OfferedLabel]:
    """Return up to `limit` labels whose name has `text` in it, those that wait for an admin first, then by name."""
    return await query(
        f"""
        {_LABELS} WHERE {_TO_DECIDE} AND strpos(lower(l.name), lower(%(text)s)) > 0
        ORDER BY l.is_offered IS NOT NULL, lower(l.name), l.id LIMIT %(limit)s
        """,
        {"text": text, "limit": limit},
        row=OfferedLabel,
    )


async def list_labels_by_id(ids: Sequence[str]) -> list[OfferedLabel]:
    """Return the labels of these ids, by name; those that are gone are left out."""
    return await query(
        f"{_LABELS} WHERE {_TO_DECIDE} AND l.id = ANY (%(ids)s) ORDER BY lower(l.name), l.id",
        {"ids": list(ids)},
        row=OfferedLabel,
    )


async def count_waiting() -> int:
    """Count the labels of which no admin has decided."""
    [(count,)] = await query(f"SELECT count(*) FROM labels l WHERE {_TO_DECIDE} AND l.is_offered IS NULL")
    return count


async def lock_offers(tx: Transaction, ids: Collection[str]) -> Mapping[str, bool | None]:
    """Return by id what was decided of these labels, which nobody else changes until the transaction ends."""
    return dict(
        await tx.query(
            "SELECT id, is_offered FROM labels WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE", {"ids": list(ids)}
        )
    )


async def save_offers(tx: Transaction, ids: Collection[str], *, is_offered: bool) -> None:
    """Let these labels through, or not."""
    await tx.query(
        "UPDATE labels SET is_offered = %(is_offered)s WHERE id = ANY (%(ids)s)",
        {"ids": list(ids), "is_offered": is_offered},
    )


async def offer_waiting(before: datetime | None = None) -> None:
    """Let labels of a made-up backlog through of which nobody has decided; `before` None: the newest ones too."""
    await query(
        """
        UPDATE labels SET is_offered = true
        WHERE is_offered IS NULL AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s)
        """,
        {"before": before},
    )
