"""Keep how far the past of items was read, and what of it came before all that the mirror saw itself."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class PastProgress(Struct, frozen=True):
    """The past of all items up to the id `reached_id` was read; of all of them where it `is_complete`."""

    reached_id: str
    is_complete: bool


class PastMoves(Struct, frozen=True):
    """Moves of items from state to state, a column for each thing that is known of them."""

    item_ids: Sequence[str]
    numbers: Sequence[int]
    from_ids: Sequence[str]
    to_ids: Sequence[str]
    moved_at: Sequence[datetime]


async def read_progress() -> PastProgress:
    """Return how far it was read."""
    [found] = await query(
        "SELECT reached_id, completed_at IS NOT NULL AS is_complete FROM state_pasts", row=PastProgress
    )
    return found


async def list_next_ids(after_id: str, limit: int) -> list[str]:
    """Return the ids of the next items that Linear has, in their order."""
    found = await query(
        """
        SELECT id FROM backlog_items WHERE id > %(after_id)s AND removed_at IS NULL ORDER BY id LIMIT %(limit)s
        """,
        {"after_id": after_id, "limit": limit},
    )
    return [id_ for (id_,) in found]


async def store_moves(tx: Transaction, moves: PastMoves) -> None:
    """Note the moves of items that came before the first that the mirror noted itself.

    They end in the state that this one left, or that the item is in: a later one the mirror is yet to see. What was
    stored before is not stored again.
    """
    await tx.query(
        """
        INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
        SELECT t.item_id, 'state', t.from_id, t.to_id, t.moved_at FROM (
          SELECT m.*, max(m.number) FILTER (
                   WHERE m.to_id = CASE WHEN k.id IS NULL THEN i.state_id ELSE k.from_value END
                 ) OVER (PARTITION BY m.item_id) AS last
          FROM unnest(
            %(item_ids)s::text[], %(numbers)s::integer[], %(from_ids)s::text[], %(to_ids)s::text[],
            %(moved_at)s::timestamptz[]
          ) m (item_id, number, from_id, to_id, moved_at)
          JOIN backlog_items i ON i.id = m.item_id
          LEFT JOIN LATERAL (
            SELECT c.id, c.changed_at, c.from_value FROM field_changes c
            WHERE c.entity_id = i.id AND c.field = 'state' ORDER BY c.changed_at, c.id LIMIT 1
          ) k ON true
          WHERE m.moved_at < coalesce(k.changed_at, 'infinity')
        ) t WHERE t.number <= t.last ORDER BY t.moved_at
        """,
        {
            "item_ids": list(moves.item_ids),
            "numbers": list(moves.numbers),
            "from_ids": list(moves.from_ids),
            "to_ids": list(moves.to_ids),
            "moved_at": list(moves.moved_at),
        },
    )


async def note_reached(tx: Transaction, item_id: str) -> None:
    """Note that all items up to this one were read."""
    await tx.query("UPDATE state_pasts SET reached_id = %(item_id)s, updated_at = now()", {"item_id": item_id})


async def complete() -> None:
    """Note that all was read, so that what was made of less is made anew."""
    await query("UPDATE state_pasts SET completed_at = now(), updated_at = now() WHERE completed_at IS NULL")
