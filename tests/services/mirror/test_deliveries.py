import asyncio
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.services.mirror import deliveries
from shareable_backlog.services.mirror.deliveries import NewDelivery
from tests.support.mirrored import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


def build(id_: str, **fields: Any) -> NewDelivery:
    """Return a delivery of this id, with a body of its own."""
    told: dict[str, Any] = {"type": "Issue", "action": "update", "entity_id": "1", "node": "{}", "ignored": None}
    return NewDelivery(id=id_, body_hash=id_.encode(), happened_at=NOON, **told | fields)


async def accepted(id_: str, **fields: Any) -> bool:
    """Take a delivery in, and tell whether there is something to apply now."""
    inbox = deliveries.Inbox()
    await deliveries.accept_delivery(inbox, build(id_, **fields))
    return inbox.arrived.is_set()


async def test_a_new_delivery_waits_and_whoever_applies_it_is_woken() -> None:
    assert await accepted("one")
    assert await deliveries.count_by_outcome() == {"waiting": 1}


async def test_one_that_is_sent_again_wakes_nobody() -> None:
    await accepted("one")
    assert not await accepted("one")
    assert await deliveries.count_by_outcome() == {"waiting": 1}


async def test_one_that_the_mirror_has_no_use_for_is_counted_and_wakes_nobody() -> None:
    assert not await accepted("one", entity_id=None, node=None, ignored="No use.")
    assert await deliveries.count_by_outcome() == {"ignored": 1}


async def test_text_that_json_allows_and_jsonb_does_not_is_kept(live_database: Settings) -> None:
    del live_database
    assert await accepted("one", node=r'{"title":"a\u0000b"}')


async def test_of_a_burst_only_a_few_are_stored_at_a_time_and_all_in_the_end() -> None:
    inbox = deliveries.Inbox()
    await asyncio.gather(*(deliveries.accept_delivery(inbox, build(str(one))) for one in range(500)))
    assert await deliveries.count_by_outcome() == {"waiting": 500}
