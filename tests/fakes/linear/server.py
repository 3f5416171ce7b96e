"""Serve a world over HTTP, in a thread of its own, and go wrong when told to."""

import asyncio
import contextlib
import json
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from tests.fakes.linear import faults, http, refusing
from tests.fakes.linear.faults import Fault
from tests.fakes.linear.graphql.service import Service
from tests.fakes.linear.http import Answer
from tests.fakes.linear.oauth import Applications
from tests.fakes.linear.refused import RefusedError
from tests.fakes.linear.refusing import Refusing
from tests.fakes.linear.world import World
from tests.support import leaks

_PATH, _TOKEN_PATH, _UPLOADS_PATH = "/graphql", "/oauth/token", "/uploads"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in; names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    operation: str | None
    variables: dict[str, Any]
    body: bytes


class FakeLinear:
    """Behave as Linear's API does towards a personal key and an OAuth application, and as the host of its files.

    Every answer's Date is by the clock of the world; `sends_date` set to False leaves it out,
    `date_ahead` makes it wrong. `on_request` is
    called before each GraphQL request is answered, with its number from 1 on, so that the world can change
    between two pages. What is in `refused` it refuses, for as long as it is in there.
    """

    key = leaks.LINEAR_KEY
    oauth_token = "lin_oauth_0fake0token0of0the0tests0"
    client_id = Applications.client_id
    client_secret = Applications.client_secret

    def __init__(self, world: World) -> None:
        self.url = self.token_url = self.uploads_url = ""
        self.world = world
        self.requests: list[Received] = []
        self.requests_limit = 2_500
        self.complexity_limit = 3_000_000
        self.points_spent = 0
        self.reset_in_s = 3_600.0
        """How long after an answer its rate headers say that the budget is full again."""
        self.sends_date = True
        self.date_ahead = timedelta()
        self.delay_s = 0.0
        """How long it takes over each answer."""
        self.on_request: Callable[[int], None] | None = None
        self.refused: list[Refusing] = []
        self._service = Service(world)
        self._applications = Applications(world, self.oauth_token)
        self._uploads: dict[str, Answer] = {}
        self._faults: deque[Fault | None] = deque()
        self._queries = 0

    def listen_at(self, origin: str) -> None:
        """Take the addresses that follow from where the server listens."""
        self.url, self.token_url, self.uploads_url = (
            f"{origin}{path}" for path in (_PATH, _TOKEN_PATH, _UPLOADS_PATH)
        )

    def serve_instead(self, world: World) -> None:
        """Go on with another world, with nothing received, spent or told to go wrong so far."""
        self.world = world
        self.requests.clear()
        self.points_spent = self._queries = 0
        self.sends_date, self.date_ahead, self.on_request = True, timedelta(), None
        self.refused = []
        self.forget_faults()
        self._service, self._applications = Service(world), Applications(world, self.oauth_token)

    def fail_next(self, fault: Fault, *, times: int = 1, after: int = 0) -> None:
        """Go wrong `times` times, once `after` more requests were answered rightly; calls queue up."""
        self._faults += [None] * after + [fault] * times

    def forget_faults(self) -> None:
        """Go wrong no more."""
        self._faults.clear()

    def forget_cursors(self, *, status: int = 400) -> None:
        """Refuse each cursor given until now: INPUT_ERROR with HTTP 400, or INVALID_INPUT with HTTP 200."""
        self._service.forget_cursors(status)

    @property
    def expires_in(self) -> int:
        """Return how many seconds a token lasts that is given from now on."""
        return self._applications.expires_in

    @expires_in.setter
    def expires_in(self, seconds: int) -> None:
        self._applications.expires_in = seconds

    @property
    def token_requests(self) -> int:
        """Return how often a token was asked for and the question answered, rightly or not."""
        return self._applications.requests

    def revoke_tokens(self) -> None:
        """Accept no OAuth token any more that was given until now, nor `oauth_token`."""
        self._applications.revoke()

    def add_upload(self, path: str, body: bytes, content_type: str = "image/png") -> str:
        """Keep a file for those who show the key, at `path` below `uploads_url`; give its address."""
        self._uploads[f"{_UPLOADS_PATH}/{path}"] = Answer(200, body, {"Content-Type": content_type})
        return f"{self.uploads_url}/{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while request := await http.read(reader):
                fault = self._faults.popleft() if self._faults else None
                answer = self._dated(self._answer(request))
                await asyncio.sleep(self.delay_s)
                if fault:
                    await faults.send(fault, answer, reader, writer)
                else:
                    writer.write(http.encode_answer(answer))
                await writer.drain()

    def _dated(self, answer: Answer) -> Answer:
        if not self.sends_date:
            return answer
        return replace(
            answer, headers={"Date": format_datetime(self.world.now + self.date_ahead, usegmt=True), **answer.headers}
        )

    def _answer(self, request: http.Request) -> Answer:
        content = _content(request.body)
        query: str = content.get("query", "")
        variables: dict[str, Any] = content.get("variables") or {}
        operation = re.search(r"\bquery\s+(\w+)", query)
        name = operation and operation[1]
        self.requests.append(Received(request.path, request.headers, name, variables, request.body))
        match request.method, request.path:
            case "POST", str(path) if path == _PATH:
                return self._answer_query(query, variables, request.headers.get("authorization", ""))
            case "POST", str(path) if path == _TOKEN_PATH:
                return self._applications.answer(request.body)
            case "GET", str(path) if path.startswith(f"{_UPLOADS_PATH}/"):
                return self._upload(path, request.headers.get("authorization", ""))
            case _:
                return _NOT_FOUND

    def _answer_query(self, query: str, variables: dict[str, Any], authorization: str) -> Answer:
        self._queries += 1
        if self.on_request:
            self.on_request(self._queries)
        if refusal := self._refusal(authorization):
            return refusal
        try:
            body, points = self._service.answer(query, variables)
        except RefusedError as refused:
            return faults.error(refused.status, refused.code, refused.kind, str(refused))
        self.points_spent += points
        status, body = refusing.refuse(self.refused, query, body) if self.refused else (200, body)
        return Answer(status, body, self._rate_headers(points))

    def _upload(self, path: str, authorization: str) -> Answer:
        if self._refusal(authorization):
            return Answer(401, b"Unauthorized", {"Content-Type": "text/plain"})
        return self._uploads.get(path, _NOT_FOUND)

    def _refusal(self, authorization: str) -> Answer | None:
        if authorization == self.key:
            return None
        token = authorization.removeprefix("Bearer ")
        if token != authorization and self._applications.accepts(token):
            return None
        if authorization.startswith("Bearer lin_api_"):
            return faults.error(400, "AUTHENTICATION_ERROR", "authentication error", "A key takes no Bearer")
        return faults.error(401, "AUTHENTICATION_ERROR", "authentication error", "Not authenticated")

    def _rate_headers(self, points: int) -> dict[str, str]:
        reset = str(round((time.time() + self.reset_in_s) * 1000))
        return {
            "X-Complexity": str(points),
            "X-RateLimit-Requests-Limit": str(self.requests_limit),
            "X-RateLimit-Requests-Remaining": str(max(0, self.requests_limit - self._queries)),
            "X-RateLimit-Requests-Reset": reset,
            "X-RateLimit-Complexity-Limit": str(self.complexity_limit),
            "X-RateLimit-Complexity-Remaining": str(max(0, self.complexity_limit - self.points_spent)),
            "X-RateLimit-Complexity-Reset": reset,
        }


_NOT_FOUND = Answer(404, b"Not found", {"Content-Type": "text/plain"})


def _content(body: bytes) -> dict[str, Any]:
    try:
        return json.loads(body)
    except ValueError:
        return {}


@contextmanager
def run_linear(
    world: World | None = None, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> Generator[FakeLinear]:
    """Serve `world` (an empty one by default) on a loopback port, a free one for 0, until the context ends."""
    fake = FakeLinear(world or World())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake Linear")
    thread.start()
    try:
        starting = asyncio.start_server(fake.serve, "127.0.0.1", port, ssl=tls)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result()
        host, bound = server.sockets[0].getsockname()
        fake.listen_at(f"{'https' if tls else 'http'}://{host}:{bound}")
        try:
            yield fake
        finally:
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
