"""What Linear posted: stored once, applied oldest first by one process each, and kept for a while after that."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import webhook_deliveries
from shareable_backlog.database.mirror.webhook_deliveries import DeliveryOutcome, NewDelivery, WaitingDelivery
from tests.support.mirrored import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOUR = timedelta(hours=1)


async def add(id_: str = "one", **changes: Any) -> bool:
    plain: dict[str, Any] = {
        "type": "Issue",
        "action": "update",
        "happened_at": NOON,
        "entity_id": "item-1",
        "node": '{"title": "Roof"}',
        "ignored": None,
        "body_hash": id_.encode(),
    }
    return await webhook_deliveries.add_delivery(NewDelivery(id=id_, **plain | changes))


async def take(limit: int = 10) -> list[WaitingDelivery]:
    async with transaction() as tx:
        return await webhook_deliveries.take_deliveries(tx, limit)


async def finish(*ids: str, outcome: DeliveryOutcome = "applied", reason: str | None = None) -> None:
    async with transaction() as tx:
        await webhook_deliveries.finish_deliveries(tx, ids, outcome, reason=reason)


async def read_outcomes() -> list[tuple[Any, ...]]:
    return await query("SELECT id, outcome, reason, node, applied_at IS NOT NULL FROM webhook_deliveries ORDER BY id")


def ids(deliveries: list[WaitingDelivery]) -> list[str]:
    return [one.id for one in deliveries]


async def test_a_delivery_waits_as_it_came() -> None:
    assert await add()
    assert await take() == [WaitingDelivery("one", "Issue", "update", "item-1", '{"title": "Roof"}', NOON)]


async def test_a_delivery_whose_id_is_known_is_not_stored_again_whatever_it_says() -> None:
    await add()
    assert not await add(node="{}", ignored="Of no use.")
    assert await read_outcomes() == [("one", None, None, '{"title": "Roof"}', False)]
    await finish("one")
    assert not await add(), "nor once it was applied"
    assert await take() == []


async def test_a_body_that_is_known_is_not_stored_again_under_another_id() -> None:
    await add()
    assert not await add("two", body_hash=b"one")
    await finish("one")
    assert not await add("three", body_hash=b"one"), "nor once it was applied"
    assert await add("four", body_hash=b"another")
    assert [row[0] for row in await read_outcomes()] == ["four", "one"]


async def test_one_of_no_use_is_kept_with_the_reason_and_never_waits() -> None:
    assert await add(entity_id=None, node=None, ignored="Not mirrored.")
    assert await take() == []
    assert await read_outcomes() == [("one", "ignored", "Not mirrored.", None, True)]


async def test_what_happened_first_is_applied_first_up_to_a_limit() -> None:
    for id_, hours in (("b", 2), ("a", 3), ("c", 1)):
        await add(id_, happened_at=NOON + hours * HOUR)
    assert ids(await take(2)) == ["c", "b"]
    assert ids(await take()) == ["c", "b", "a"], "until they are finished"


async def test_what_another_process_is_at_is_left_to_it(database: str) -> None:
    await add("one")
    await add("two")
    with psycopg.connect(database) as other:
        other.execute("SELECT 1 FROM webhook_deliveries WHERE id = 'one' FOR UPDATE")
        assert ids(await take()) == ["two"]


async def test_a_finished_delivery_is_forgotten_but_for_what_became_of_it() -> None:
    for id_ in ("one", "three", "two"):
        await add(id_)
    await finish("one", "two", outcome="failed", reason="No such node.")
    assert await read_outcomes() == [
        ("one", "failed", "No such node.", None, True),
        ("three", None, None, '{"title": "Roof"}', False),
        ("two", "failed", "No such node.", None, True),
    ]


async def test_a_delivery_is_finished_once() -> None:
    await add()
    await finish("one", outcome="failed", reason="No such node.")
    await finish("one", "unknown", outcome="applied")
    assert await read_outcomes() == [("one", "failed", "No such node.", None, True)]


async def test_the_latest_removal_counts_be_it_applied_or_not() -> None:
    for number, (entity_id, hours) in enumerate([("item-1", 1), ("item-1", 3), ("item-1", 2), ("item-2", 5)]):
        await add(str(number), action="remove", entity_id=entity_id, node=None, happened_at=NOON + hours * HOUR)
    await add("of another kind", type="Comment", action="remove", entity_id="item-1", happened_at=NOON + 9 * HOUR)
    await add("no removal", entity_id="item-1", happened_at=NOON + 9 * HOUR)
    await finish("1")
    async with transaction() as tx:
        found = await webhook_deliveries.list_removal_times(tx, "Issue", ["item-1", "item-3"])
        assert await webhook_deliveries.list_removal_times(tx, "Issue", []) == {}
    assert found == {"item-1": NOON + 3 * HOUR}


async def test_only_what_was_finished_long_ago_is_deleted_a_part_at_a_time() -> None:
    for id_ in ("a", "b", "c", "waiting", "young"):
        await add(id_, happened_at=NOON - 9_999 * HOUR)
    await finish("a", "b", "c", "young")
    await query("UPDATE webhook_deliveries SET applied_at = applied_at - interval '25 hours' WHERE id < 'd'")
    await query("UPDATE webhook_deliveries SET applied_at = applied_at - interval '23 hours' WHERE id = 'young'")
    assert [await webhook_deliveries.delete_old_deliveries(24 * HOUR, 2) for _ in range(3)] == [2, 1, 0]
    assert await query("SELECT id FROM webhook_deliveries ORDER BY id") == [("waiting",), ("young",)]


async def test_deliveries_are_counted_by_what_became_of_them() -> None:
    assert await webhook_deliveries.count_by_outcome() == {}
    for id_ in ("a", "b", "c", "d"):
        await add(id_)
    await add("e", ignored="Not mirrored.")
    await finish("a", "b")
    await finish("c", outcome="failed", reason="No such node.")
    assert await webhook_deliveries.count_by_outcome() == {"applied": 2, "failed": 1, "ignored": 1, "waiting": 1}
