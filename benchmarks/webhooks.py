"""Measure how soon a webhook's delivery shows on the item's page, alone and among 200 deliveries a second.

A real `slb serve` with a database of its own takes them over kept connections. Of the many, some are looked for on
their pages, one after the other, as looking costs the server more than a delivery does. The load is made by this
process, on the same machine.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median, quantiles

import httpx2
import psycopg

from benchmarks import rig
from benchmarks.rig import Row
from tests.fakes.linear import World, delivery, run_linear
from tests.support.signed_in import let_in

_SECRET = "lin_wh_0benchmark0secret"  # noqa: S105 (of no workspace)
_PER_S = 200
_LOOK_AGAIN_S = 0.01
_GIVE_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The request of a delivery that gives an item another title, and where that shows."""

    request: bytes
    page: str
    title: str


def _prepared(world: World) -> list[_Prepared]:
    """Make a delivery of now for every issue."""
    made: list[_Prepared] = []
    for issue in world.rows["issues"].values():
        now = datetime.now(UTC)
        title = f"{issue['identifier']} at {now}"
        changed = issue | {"title": title, "updatedAt": now.isoformat()}
        headers, body = delivery(world, "update", "Issue", changed, secret=_SECRET)
        headers |= {"Host": "localhost", "Content-Length": str(len(body))}
        lines = ["POST /webhooks/linear HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        made.append(_Prepared("\r\n".join(lines).encode() + body, f"/items/{issue['identifier']}", title))
    return made


@dataclass(slots=True)
class _Sender:
    """Linear, and a reader who waits for what it sends; `visible_ms` and `answered_ms` are what took how long.

    It sends over kept connections without a client library, which would take as long as the server does.
    """

    reader: httpx2.AsyncClient
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    is_looking: bool = False
    visible_ms: list[float] = field(default_factory=list[float])
    answered_ms: list[float] = field(default_factory=list[float])

    async def send(self, one: _Prepared, *, look: bool) -> None:
        """Send a delivery and wait for its answer; with `look` until it is on its page, if no other is looked for."""
        started = time.perf_counter()
        await self._post(one.request)
        self.answered_ms.append((time.perf_counter() - started) * 1000)
        if not look or self.is_looking:
            return
        self.is_looking = True
        while True:
            page = await self.reader.get(one.page)
            if one.title in page.text:
                self.visible_ms.append((time.perf_counter() - started) * 1000)
                self.is_looking = False
                return
            if time.perf_counter() - started > _GIVE_UP_S:
                raise RuntimeError("a delivery never showed on its page")
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _post(self, request: bytes) -> None:
        url = self.reader.base_url
        while self.idle and self.idle[-1][0].at_eof():  # the server closes what was not used for a while
            self.idle.pop()[1].close()
        stream = self.idle.pop() if self.idle else await asyncio.open_connection(url.host, url.port)
        stream[1].write(request)
        answer = await stream[0].readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"a delivery was not taken: {answer[9:12].decode()}")
        self.idle.append(stream)


@asynccontextmanager
async def _sender(address: str) -> AsyncGenerator[_Sender]:
    async with httpx2.AsyncClient(base_url=address, timeout=_GIVE_UP_S, headers={"Cookie": rig.AS_BOB}) as reader:
        sender = _Sender(reader, [])
        yield sender
        for _, writer in sender.idle:
            writer.close()


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what one delivery takes, and what each takes among many."""
    count = _PER_S * (2 if quick else 10)
    world = World()
    for _ in range(count):
        world.add_issue()
    with rig.server() as server, rig.database(server) as conninfo, run_linear(world) as fake:
        let_in(conninfo)
        environ = rig.environment(
            DATABASE_URL=rig.url_of(conninfo),
            LINEAR_API_URL=fake.url,
            LINEAR_API_KEY=fake.key,
            LINEAR_WEBHOOK_SECRETS=_SECRET,
        )
        with rig.serving([*rig.SLB, "serve"], environ, "/readyz") as address:
            _until(conninfo, "SELECT 1 FROM sync_history WHERE status = 'succeeded'")
            alone = asyncio.run(_one_by_one(address, _prepared(world)[: count // 20]))
            prepared = _prepared(world)
            started = time.perf_counter()
            many = asyncio.run(_at_a_pace(address, prepared))
            _until(conninfo, "SELECT 1 WHERE NOT EXISTS (SELECT FROM webhook_deliveries WHERE applied_at IS NULL)")
            per_s = count / (time.perf_counter() - started)
    yield rig.at_most("one at a time: visible, median", median(alone.visible_ms), 100, " ms")
    yield Row("one at a time: visible, 95 of 100", f"{_p95(alone.visible_ms):.2f} ms")
    yield rig.at_most(f"{_PER_S} a second: visible, median", median(many.visible_ms), 100, " ms")
    yield Row(f"{_PER_S} a second: visible, 95 of 100", f"{_p95(many.visible_ms):.2f} ms")
    answered = f"{median(many.answered_ms):.2f} ms, 95 of 100 {_p95(many.answered_ms):.2f} ms"
    yield Row(f"{_PER_S} a second: answered, median", answered)
    # When the last has been sent, some are still on their way.
    yield rig.at_least("deliveries/s answered and applied", per_s, _PER_S * 0.95)


async def _one_by_one(address: str, prepared: Sequence[_Prepared]) -> _Sender:
    async with _sender(address) as sender:
        for one in prepared:
            await sender.send(one, look=True)
    return sender


async def _at_a_pace(address: str, prepared: Sequence[_Prepared]) -> _Sender:
    """Send one every 1/200 s, whether or not those before have been answered."""
    async with _sender(address) as sender, asyncio.TaskGroup() as group:
        started = time.perf_counter()
        for number, one in enumerate(prepared):
            await asyncio.sleep(started + number / _PER_S - time.perf_counter())
            group.create_task(sender.send(one, look=True))
    return sender


def _until(conninfo: str, condition: str) -> None:
    """Wait until the statement `condition` gives a row."""
    deadline = time.monotonic() + _GIVE_UP_S
    with contextlib.closing(psycopg.connect(conninfo, autocommit=True)) as connection:
        while not connection.execute(condition.encode()).fetchone():
            if time.monotonic() > deadline:
                raise RuntimeError("the mirror did not get ready")
            time.sleep(0.005)


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
