"""More connections than there may be, and clients that don't read, on real connections."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from shareable_backlog.web.connections import connection_limit
from tests.support.listening import run_protocol

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

MOST = 5
SLOW_S = 0.5
READ_WITHIN_S = 0.3
PIECE, PIECES = b"x" * 65_536, 1_000
LAST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEPT = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW = LAST.replace(b"/ ", b"/slow ", 1)
LARGE = LAST.replace(b"/ ", b"/large ", 1)
UNFINISHED = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole request, and answer at once, slowly, or at length."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(SLOW_S if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(PIECES if scope["path"] == "/large" else 0):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[int]:
    monkeypatch.setattr(connection_limit, "READ_WITHIN_S", READ_WITHIN_S)
    async with run_protocol(app, connection_limit.ConnectionLimitProtocol, most_connections=MOST) as listening:
        yield listening


@asynccontextmanager
async def connect(port: int, sent: bytes) -> AsyncGenerator[asyncio.StreamReader]:
    """Yield what reads from a connection that has sent something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.sleep(0.02)
    try:
        yield reader
    finally:
        writer.transport.abort()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """Read until the other end closes, in whatever way."""
    received = bytearray()
    try:
        async with asyncio.timeout(5):
            while part := await reader.read(2**20):
                received += part
    except ConnectionResetError:
        pass
    return bytes(received)


async def is_open(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.1):
            await reader.read(2**20)
            return bool(await reader.read())
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False


@pytest.mark.parametrize("sent", [b"", b"GET / HT", KEPT, UNFINISHED])
async def test_a_new_connection_ends_the_one_that_has_waited_longest_for_a_request(port: int, sent: bytes) -> None:
    async with AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(connect(port, sent)) for _ in range(MOST + 2)]
        for _ in range(3):
            async with connect(port, LAST) as newcomer:
                assert (await read_all(newcomer))[9:12] == b"200"
        assert not await is_open(waiting[0])
        assert await is_open(waiting[-1])


async def test_who_is_being_answered_stays(port: int) -> None:
    async with AsyncExitStack() as stack:
        answered = [await stack.enter_async_context(connect(port, SLOW)) for _ in range(MOST - 2)]
        for _ in range(3 * MOST):
            await stack.enter_async_context(connect(port, b""))
        assert {(await read_all(reader))[9:12] for reader in answered} == {b"200"}


async def test_beyond_as_many_answers_at_once_others_are_told_to_come_later(port: int) -> None:
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(connect(port, SLOW)) for _ in range(2 * MOST)]
        statuses = [(await read_all(reader))[9:12] for reader in readers]
    assert statuses[: MOST - 1] == [b"200"] * (MOST - 1)
    assert set(statuses[MOST - 1 :]) == {b"503"}


async def test_a_client_that_does_not_read_its_answer_is_left(port: int) -> None:
    async with connect(port, LARGE) as reader:
        await asyncio.sleep(4 * READ_WITHIN_S)
        assert len(await read_all(reader)) < len(PIECE) * PIECES


async def test_a_client_that_reads_slowly_gets_its_whole_answer(port: int) -> None:
    received = 0
    async with connect(port, LARGE) as reader:
        async with asyncio.timeout(20):
            while part := await reader.read(2**20):
                received += len(part)
                await asyncio.sleep(0.0005)
    assert received >= len(PIECE) * PIECES
