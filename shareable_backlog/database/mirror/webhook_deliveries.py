"""Keep `webhook_deliveries`: what Linear posted, until it is applied and for some days after that."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

DeliveryOutcome = Literal["applied", "ignored", "failed"]


class NewDelivery(Struct, frozen=True, kw_only=True):
    """A delivery as it came: it waits to be applied or, with a reason in `ignored`, is only counted.

    `id` is what its sender calls it, which nobody signs; `body_hash` is that of the signed bytes.
    """

    id: str
    body_hash: bytes
    type: str
    action: str
    happened_at: datetime
    entity_id: str | None
    node: str | None
    ignored: str | None


class WaitingDelivery(Struct, frozen=True):
    """A delivery that is yet to be applied; `node` is JSON, None for a removal."""

    id: str
    type: str
    action: str
    entity_id: str
    node: str | None
    happened_at: datetime


async def add_delivery(delivery: NewDelivery) -> bool:
    """Store a delivery; False when its id or its body is known already. It is durable on return."""
    return bool(
        await query(
            """
            INSERT INTO webhook_deliveries
              (id, type, action, happened_at, entity_id, node, body_hash, reason, applied_at, outcome)
            SELECT %(id)s, %(type)s, %(action)s, %(happened_at)s, %(entity_id)s, %(node)s, %(body_hash)s, told.reason,
              CASE WHEN told.reason IS NOT NULL THEN now() END,
              CASE WHEN told.reason IS NOT NULL THEN 'ignored' END
            FROM (SELECT %(ignored)s::text) AS told (reason)
            ON CONFLICT DO NOTHING
            RETURNING 1
            """,
            asdict(delivery),
        )
    )


async def take_deliveries(transaction: Transaction, limit: int) -> list[WaitingDelivery]:
    """Return the oldest deliveries that wait, up to `limit`; what another process is at is left to it."""
    return await transaction.query(
        """
        SELECT id, type, action, entity_id, node, happened_at FROM webhook_deliveries
        WHERE applied_at IS NULL ORDER BY happened_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,
        {"limit": limit},
        row=WaitingDelivery,
    )


async def list_removal_times(transaction: Transaction, type_: str, entity_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when Linear last said of any of these rows that it is gone, waiting deliveries included."""
    found = await transaction.query(
        """
        SELECT entity_id, max(happened_at) FROM webhook_deliveries
        WHERE action = 'remove' AND type = %(type)s AND entity_id = ANY(%(entity_ids)s) GROUP BY entity_id
        """,
        {"type": type_, "entity_ids": list(entity_ids)},
    )
    return dict(found)


async def finish_deliveries(
    transaction: Transaction, ids: Sequence[str], outcome: DeliveryOutcome, *, reason: str | None = None
) -> None:
    """Note what became of deliveries that waited; their content is forgotten."""
    await transaction.query(
        """
        UPDATE webhook_deliveries
        SET applied_at = now(), outcome = %(outcome)s, reason = %(reason)s, node = NULL
        WHERE id = ANY(%(ids)s) AND applied_at IS NULL
        """,
        {"ids": list(ids), "outcome": outcome, "reason": reason},
    )


async def delete_old_deliveries(age: timedelta, limit: int) -> int:
    """Delete up to `limit` deliveries that were finished longer than `age` ago, and count them."""
    deleted = await query(
        """
        DELETE FROM webhook_deliveries WHERE id IN (
          SELECT id FROM webhook_deliveries WHERE applied_at < now() - %(age)s LIMIT %(limit)s
        ) RETURNING 1
        """,
        {"age": age, "limit": limit},
    )
    return len(deleted)


async def count_by_outcome() -> dict[str, int]:
    """Count the deliveries that are kept by what became of them; "waiting" are yet to be applied."""
    return dict(
        await query("SELECT coalesce(outcome, 'waiting'), count(*) FROM webhook_deliveries GROUP BY 1 ORDER BY 1")
    )
