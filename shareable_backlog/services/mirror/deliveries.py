"""Take in what Linear's webhooks post: stored first, applied to the mirror a moment later."""

import asyncio

from msgspec import Struct, field

from shareable_backlog.database.mirror import webhook_deliveries
from shareable_backlog.database.mirror.webhook_deliveries import NewDelivery

__all__ = ["NewDelivery"]

_STORED_AT_ONCE = 4


class Inbox(Struct, frozen=True):
    """Where a process takes deliveries in: `arrived` is set when one waits to be applied.

    A burst of them queues here and leaves the database's connections to the readers.
    """

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_STORED_AT_ONCE))


async def accept_delivery(inbox: Inbox, delivery: NewDelivery) -> None:
    """Store a delivery durably, unless one of this id or body came before; then wake whoever applies it.

    One that is ignored is only counted. Raises DatabaseUnavailable: then it should be sent again.
    """
    async with inbox.slots:
        is_new = await webhook_deliveries.add_delivery(delivery)
    if is_new and delivery.ignored is None:
        inbox.arrived.set()


async def count_by_outcome() -> dict[str, int]:
    """Count the deliveries of the last week: applied, ignored, failed, and waiting to be applied."""
    return await webhook_deliveries.count_by_outcome()
