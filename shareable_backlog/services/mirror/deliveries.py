"""Take in what Linear's webhooks post: stored first, applied to the mirror a moment later."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from shareable_backlog.database.mirror import webhook_deliveries

_STORED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where a process takes deliveries in: `arrived` is set when one waits to be applied.

    A burst of them queues here and leaves the database's connections to the readers.
    """

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_STORED_AT_ONCE))


async def accept_delivery(
    inbox: Inbox,
    *,
    id_: str,
    type_: str,
    action: str,
    happened_at: datetime,
    entity_id: str | None,
    node: str | None,
    ignored: str | None,
) -> None:
    """Store a delivery durably, unless one of this id came before; then wake whoever applies it.

    With a reason in `ignored` it is only counted. Raises DatabaseUnavailable: then it should be sent again.
    """
    async with inbox.slots:
        is_new = await webhook_deliveries.add_delivery(
            id_=id_,
            type_=type_,
            action=action,
            happened_at=happened_at,
            entity_id=entity_id,
            node=node,
            ignored=ignored,
        )
    if is_new and ignored is None:
        inbox.arrived.set()


async def count_by_outcome() -> dict[str, int]:
    """Count the deliveries of the last week: applied, ignored, failed, and waiting to be applied."""
    return await webhook_deliveries.count_by_outcome()
