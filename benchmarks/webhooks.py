"""Measure how soon a webhook's delivery shows on the item's page, alone and among 200 deliveries a second.

A real `slb serve` with a database of its own takes them over kept connections. Of the many, some are looked for on
their pages, one after the other, as looking costs the server more than a delivery does. The load is made by this
process, on the same machine.
"""

import asyncio
import time
from collections.abc import Generator, Sequence
from statistics import median, quantiles

from benchmarks import rig
from benchmarks.rig import Row, mirrored
from benchmarks.rig.deliveries import SECRET, Prepared, Sender, open_sender, prepare

_PER_S = 200


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what one delivery takes, and what each takes among many."""
    count = _PER_S * (2 if quick else 10)
    with mirrored.serving_issues(count, LINEAR_WEBHOOK_SECRETS=SECRET) as mirror:
        issues = list(mirror.world.rows["issues"].values())
        few = [prepare(mirror.world, issue) for issue in issues[: count // 20]]
        alone = asyncio.run(_one_by_one(mirror.address, few))
        prepared = [prepare(mirror.world, issue) for issue in issues]
        started = time.perf_counter()
        many = asyncio.run(_at_a_pace(mirror.address, prepared))
        rig.wait_until(
            mirror.conninfo, "SELECT 1 WHERE NOT EXISTS (SELECT FROM webhook_deliveries WHERE applied_at IS NULL)"
        )
        per_s = count / (time.perf_counter() - started)
    yield rig.at_most("one at a time: visible, median", median(alone.visible_ms), 100, " ms")
    yield Row("one at a time: visible, 95 of 100", f"{_p95(alone.visible_ms):.2f} ms")
    yield rig.at_most(f"{_PER_S} a second: visible, median", median(many.visible_ms), 100, " ms")
    yield Row(f"{_PER_S} a second: visible, 95 of 100", f"{_p95(many.visible_ms):.2f} ms")
    answered = f"{median(many.answered_ms):.2f} ms, 95 of 100 {_p95(many.answered_ms):.2f} ms"
    yield Row(f"{_PER_S} a second: answered, median", answered)
    # When the last has been sent, some are still on their way.
    yield rig.at_least("deliveries/s answered and applied", per_s, _PER_S * 0.95)


async def _one_by_one(address: str, prepared: Sequence[Prepared]) -> Sender:
    async with open_sender(address) as sender:
        for one in prepared:
            await sender.send(one, look=True)
    return sender


async def _at_a_pace(address: str, prepared: Sequence[Prepared]) -> Sender:
    """Send one every 1/200 s, whether or not those before have been answered."""
    async with open_sender(address) as sender, asyncio.TaskGroup() as group:
        started = time.perf_counter()
        for number, one in enumerate(prepared):
            await asyncio.sleep(started + number / _PER_S - time.perf_counter())
            group.create_task(sender.send(one, look=True))
    return sender


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
