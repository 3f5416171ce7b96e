"""Keep what each person has seen of the items that came: up to when all of them, and which after that."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class SeenMark(Struct, frozen=True):
    """A row of what somebody has seen: all that was created up to `seen_until`, and the items of these ids."""

    seen_until: datetime
    item_ids: Sequence[str]


async def begin_mark(user_id: int, mark: SeenMark) -> None:
    """Store the mark of somebody who was never here; one that is there already stays."""
    await query(
        """
        INSERT INTO seen_marks (user_id, seen_until, item_ids) VALUES (%(user_id)s, %(seen_until)s, %(item_ids)s)
        ON CONFLICT (user_id) DO NOTHING
        """,
        {"user_id": user_id, "seen_until": mark.seen_until, "item_ids": list(mark.item_ids)},
    )


async def read_mark(user_id: int) -> SeenMark | None:
    """Return somebody's mark; None for who was never here."""
    found = await query(
        "SELECT seen_until, item_ids FROM seen_marks WHERE user_id = %(user_id)s", {"user_id": user_id}, row=SeenMark
    )
    return found[0] if found else None


async def lock_mark(tx: Transaction, user_id: int) -> SeenMark | None:
    """Return somebody's mark, which nobody else changes until the transaction ends; None for who was never here."""
    found = await tx.query(
        "SELECT seen_until, item_ids FROM seen_marks WHERE user_id = %(user_id)s FOR UPDATE",
        {"user_id": user_id},
        row=SeenMark,
    )
    return found[0] if found else None


async def save_mark(tx: Transaction, user_id: int, mark: SeenMark) -> None:
    """Store somebody's mark in place of the one that is there."""
    await tx.query(
        """
        UPDATE seen_marks SET seen_until = %(seen_until)s, item_ids = %(item_ids)s, updated_at = now()
        WHERE user_id = %(user_id)s
        """,
        {"user_id": user_id, "seen_until": mark.seen_until, "item_ids": list(mark.item_ids)},
    )
