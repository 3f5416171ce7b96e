"""Requests that come too slowly, on real connections."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Receive, Scope, Send

from shareable_backlog.web.connections import read_timeout
from tests.support.listening import run_protocol

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

LIMIT_S = 0.3
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


async def app(_scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole request, and answer only after longer than one may take to arrive."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(2 * LIMIT_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[int]:
    assert read_timeout.WHOLE_WITHIN_S <= 30
    monkeypatch.setattr(read_timeout, "WHOLE_WITHIN_S", LIMIT_S)
    async with run_protocol(app, read_timeout.ReadTimeoutProtocol) as listening:
        yield listening


async def ended(port: int, beginning: bytes, *, dribbled: bytes = b"") -> bytes:
    """Send `beginning`, and `dribbled` again and again until the other end closes; give what came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    reading = asyncio.create_task(reader.read())
    async with asyncio.timeout(10):
        while not reading.done():
            writer.write(dribbled)
            await asyncio.wait([reading], timeout=LIMIT_S / 10)
    writer.close()
    try:
        return await reading
    except ConnectionResetError:  # how a connection ends when a byte was on its way as it was closed
        return b""


@pytest.mark.parametrize(
    ("beginning", "dribbled"),
    [
        (b"", b""),
        (b"POST / HT", b""),
        (HEAD + b"X-Slow: ", b"x"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
async def test_a_request_that_does_not_end_is_closed(port: int, beginning: bytes, dribbled: bytes) -> None:
    assert await ended(port, beginning, dribbled=dribbled) == b""


async def test_an_answer_may_take_longer_than_that(port: int) -> None:
    answer = await ended(port, HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_the_second_request_of_a_connection_has_the_same_limit(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 1\r\n\r\nx")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.write(b"POST / HT")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_empty_lines_between_requests_are_no_request(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 1\r\n\r\nx")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.write(b"\r\n")
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    writer.close()
