"""Serve a world over HTTP, in a thread of its own, and go wrong when told to."""

import asyncio
import contextlib
import json
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.fakes.linear import faults, http
from tests.fakes.linear.faults import Fault
from tests.fakes.linear.http import Answer
from tests.fakes.linear.service import RefusedError, Service
from tests.fakes.linear.world import World

_PATH = "/graphql"


@dataclass(frozen=True, slots=True)
class Received:
    """Hold a request as it came in; names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    operation: str | None
    variables: dict[str, Any]


class FakeLinear:
    """Behave as Linear's API does towards a personal key and an OAuth token."""

    key = "lin_api_0fake0key0of0the0tests0"
    oauth_token = "lin_oauth_0fake0token0of0the0tests0"

    def __init__(self, world: World) -> None:
        self.url = ""
        self.world = world
        self.requests: list[Received] = []
        self.requests_limit = 2_500
        self.complexity_limit = 3_000_000
        self.points_spent = 0
        self.reset_in_s = 3_600.0
        """How long after an answer its rate headers say that the budget is full again."""
        self._service = Service(world)
        self._faults: deque[Fault | None] = deque()

    def fail_next(self, fault: Fault, *, times: int = 1, after: int = 0) -> None:
        """Go wrong `times` times, once `after` more requests were answered rightly; calls queue up."""
        self._faults += [None] * after + [fault] * times

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while request := await http.read(reader):
                fault = self._faults.popleft() if self._faults else None
                answer = self._answer(request)
                if fault:
                    await faults.send(fault, answer, reader, writer)
                else:
                    writer.write(http.encoded(answer))
                await writer.drain()

    def _answer(self, request: http.Request) -> Answer:
        content = _content(request.body)
        query, variables = content.get("query", ""), content.get("variables", {})
        operation = re.search(r"\bquery\s+(\w+)", query)
        self.requests.append(Received(request.path, request.headers, operation and operation[1], variables))
        if request.path != _PATH:
            return Answer(404, b"Not found", {"Content-Type": "text/plain"})
        if refusal := self._refusal(request.headers.get("authorization", "")):
            return refusal
        try:
            body, points = self._service.answer(query, variables)
        except RefusedError as refused:
            return faults.error(refused.status, refused.code, refused.kind, str(refused))
        self.points_spent += points
        return Answer(200, body, self._rate_headers(points))

    def _refusal(self, authorization: str) -> Answer | None:
        if authorization in {self.key, f"Bearer {self.oauth_token}"}:
            return None
        if authorization.startswith("Bearer lin_api_"):
            return faults.error(400, "AUTHENTICATION_ERROR", "authentication error", "A key takes no Bearer")
        return faults.error(401, "AUTHENTICATION_ERROR", "authentication error", "Not authenticated")

    def _rate_headers(self, points: int) -> dict[str, str]:
        reset = str(round((time.time() + self.reset_in_s) * 1000))
        return {
            "X-Complexity": str(points),
            "X-RateLimit-Requests-Limit": str(self.requests_limit),
            "X-RateLimit-Requests-Remaining": str(max(0, self.requests_limit - len(self.requests))),
            "X-RateLimit-Requests-Reset": reset,
            "X-RateLimit-Complexity-Limit": str(self.complexity_limit),
            "X-RateLimit-Complexity-Remaining": str(max(0, self.complexity_limit - self.points_spent)),
            "X-RateLimit-Complexity-Reset": reset,
        }


def _content(body: bytes) -> dict[str, Any]:
    try:
        return json.loads(body)
    except ValueError:
        return {}


@contextmanager
def running(world: World | None = None, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Generator[FakeLinear]:
    """Serve `world` (an empty one by default) on a loopback port, a free one for 0, until the context ends."""
    fake = FakeLinear(world or World())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake Linear")
    thread.start()
    try:
        starting = asyncio.start_server(fake.serve, "127.0.0.1", port, ssl=tls)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result()
        host, bound = server.sockets[0].getsockname()
        fake.url = f"{'https' if tls else 'http'}://{host}:{bound}{_PATH}"
        yield fake
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
