"""What strangers do is on record: the first of a kind at once, the others as one row; nothing grows without end."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from shareable_backlog import clock
from shareable_backlog.database import query, transaction
from shareable_backlog.errors import DatabaseFailed
from shareable_backlog.services.audit import strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.audit.strangers import record_stranger, write_sums
from shareable_backlog.tasks import end_tasks
from tests.support.mirrored import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def refuse(ip_address: str = "192.0.2.7", kind: str = "code") -> bool:
    """Record that a stranger was refused."""
    actor = Actor(None, None, ip_address, "Firefox")
    return await record_stranger(None, actor, Action.SIGN_IN_REFUSED, kind, {"reason": kind}, refused=True)


async def list_records() -> list[tuple[str | None, dict[str, Any]]]:
    """Return from where, and the details."""
    return [tuple(row) for row in await query("SELECT ip_address, details FROM audit_logs ORDER BY id")]


async def write_all() -> dict[str, Any]:
    """Write the sums and return the details of the last."""
    await write_sums(datetime.now(UTC))
    return (await list_records())[-1][1]


async def test_the_first_of_a_kind_is_recorded_at_once_and_the_others_are_one_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = count()  # the database's clock, which is asked again and again, may say a bit less than before
    monkeypatch.setattr(clock, "read_time", lambda: NOON + timedelta(seconds=next(ticks)))
    assert [await refuse(f"192.0.2.{number % 3}") for number in range(10)] == [True] + [False] * 9
    assert await list_records() == [("192.0.2.0", {"reason": "code"})]
    summed = await write_all()
    assert (summed["kind"], summed["count"]) == ("code", 9)
    assert summed["networks"] == {"192.0.2.0/32": 3, "192.0.2.1/32": 3, "192.0.2.2/32": 3}
    assert datetime.fromisoformat(summed["since"]) < datetime.fromisoformat(summed["until"])
    assert await query("SELECT DISTINCT action, outcome FROM audit_logs") == [("sign_in.refused", "refused")]


async def test_what_came_once_needs_no_sum() -> None:
    await refuse()
    await write_all()
    assert len(await list_records()) == 1


async def test_each_kind_is_recorded_and_summed_apart() -> None:
    for kind in ("code", "link") * 2:
        await refuse(kind=kind)
    await write_sums(datetime.now(UTC))
    assert [details.get("reason") or details["kind"] for _, details in await list_records()] == [
        "code", "link", "code", "link",
    ]  # fmt: skip


async def test_a_64_of_ipv6_is_one() -> None:
    for number in range(300):
        await refuse(f"2001:db8::{number:x}")
    assert (await write_all())["networks"] == {"2001:db8::/64": 299}


async def test_a_million_networks_take_no_more_memory_than_a_hundred_and_the_busiest_is_known() -> None:
    await refuse()
    busiest = 0
    for number in range(30_000):
        await refuse(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        if number % 10 == 0:
            busiest += 1
            await refuse("203.0.113.9")
    [found] = strangers.SUMS.value.values()
    assert len(found.networks) == 100
    summed = await write_all()
    assert summed["count"] == 30_000 + busiest
    assert len(summed["networks"]) == 10
    name, count = next(iter(summed["networks"].items()))
    assert name == "203.0.113.9/32"
    assert 0 < count <= busiest, "never more than came from there"


async def test_more_kinds_than_there_can_be_count_as_one() -> None:
    for number in range(200):
        await refuse(kind=f"kind {number}")
    assert len(await list_records()) == strangers.MOST_KINDS + 1


async def test_an_hour_is_summed_up_and_what_comes_later_is_the_first_again() -> None:
    for _ in range(3):
        await refuse()
    await write_sums(datetime.now(UTC) - strangers.SUMMED_FOR)
    assert len(await list_records()) == 1, "the hour is not over"
    [found] = strangers.SUMS.value.values()
    found.since -= timedelta(hours=1)
    await write_sums(datetime.now(UTC) - strangers.SUMMED_FOR)
    assert len(await list_records()) == 2
    assert await refuse()


async def test_of_many_at_once_one_is_the_first() -> None:
    assert sorted(await asyncio.gather(*(refuse() for _ in range(20)))) == [False] * 19 + [True]
    assert len(await list_records()) == 1


@pytest.mark.owner
async def test_the_first_is_in_its_transaction_and_tried_again_when_that_fails() -> None:
    nobody = Actor(None, None, None, None)
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'sign_in.asked')")
    with pytest.raises(DatabaseFailed):
        async with transaction() as tx:
            await record_stranger(tx, nobody, Action.SIGN_IN_ASKED, "sent", {})
    await query("ALTER TABLE audit_logs DROP CONSTRAINT refused")
    async with transaction() as tx:
        assert await record_stranger(tx, nobody, Action.SIGN_IN_ASKED, "sent", {})


@pytest.mark.owner
async def test_what_can_not_be_written_is_kept_for_the_next_time() -> None:
    for _ in range(3):
        await refuse()
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (details ->> 'count' IS NULL)")
    await write_sums(datetime.now(UTC))
    assert len(await list_records()) == 1
    await query("ALTER TABLE audit_logs DROP CONSTRAINT refused")
    assert (await write_all())["count"] == 2


async def test_what_was_counted_is_written_at_the_stop() -> None:
    summing = asyncio.create_task(strangers.keep_summing())
    for _ in range(3):
        await refuse()
    await end_tasks(summing)
    assert summing.cancelled()
    assert (await list_records())[-1][1]["count"] == 2
