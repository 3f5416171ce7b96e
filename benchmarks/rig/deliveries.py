"""Deliver webhooks as Linear does, and look how soon they show."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2

from benchmarks import rig
from tests.fakes.linear import World, delivery
from tests.fakes.linear.rows import Row

SECRET = "lin_wh_0benchmark0secret"  # noqa: S105 (of no workspace)
"""What the server has to know for taking them."""

_LOOK_AGAIN_S = 0.01
_GIVE_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The request of a delivery that gives an item another title, and where that shows."""

    request: bytes
    page: str
    title: str


def prepare(world: World, issue: Row) -> Prepared:
    """Make a delivery of now for an issue of a world: it is taken for a minute."""
    now = datetime.now(UTC)
    title = f"{issue['identifier']} at {now}"
    changed = issue | {"title": title, "updatedAt": now.isoformat()}
    headers, body = delivery(world, "update", "Issue", changed, secret=SECRET)
    headers |= {"Host": "localhost", "Content-Length": str(len(body))}
    lines = ["POST /webhooks/linear HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return Prepared("\r\n".join(lines).encode() + body, f"/items/{issue['identifier']}", title)


@dataclass(slots=True)
class Sender:
    """Linear, and a reader who waits for what it sends; `visible_ms` and `answered_ms` are what took how long.

    It sends over kept connections without a client library, which would take as long as the server does.
    """

    reader: httpx2.AsyncClient
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    is_looking: bool = False
    visible_ms: list[float] = field(default_factory=list[float])
    answered_ms: list[float] = field(default_factory=list[float])

    async def send(self, one: Prepared, *, look: bool) -> None:
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
async def open_sender(address: str) -> AsyncGenerator[Sender]:
    """Yield a sender to a server, for a reader who is signed in."""
    async with httpx2.AsyncClient(base_url=address, timeout=_GIVE_UP_S, headers={"Cookie": rig.AS_BOB}) as reader:
        sender = Sender(reader, [])
        yield sender
        for _, writer in sender.idle:
            writer.close()
