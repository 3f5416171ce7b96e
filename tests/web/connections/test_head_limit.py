"""Requests whose heads are too large, on real connections."""

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Receive, Scope, Send

from shareable_backlog.web.connections import head_limit
from tests.support.listening import run_protocol

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

GET = b"GET /first HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"POST /first HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERED_AFTER_S = 0.1
MOST_TAKEN_BYTES = 64 * 1024


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole request, and answer with its path, the size of its body and its headers."""
    size, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await asyncio.sleep(ANSWERED_AFTER_S)
    words = [scope["path"].encode(), str(size).encode(), *(name + b"=" + value for name, value in scope["headers"])]
    body = b" ".join(words)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    async with run_protocol(app, head_limit.HeadLimitProtocol) as listening:
        yield listening


async def send_all(port: int, *parts: bytes) -> bytes:
    """Send `parts`, and return all that comes until the other end closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


async def pour(port: int, beginning: bytes, rest: bytes) -> tuple[bytes, int]:
    """Send `beginning`, and `rest` for as long as it is taken; return what came, and how much the other end took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    reading = asyncio.create_task(reader.read())
    writer.write(beginning)
    sent = len(beginning)
    async with asyncio.timeout(10):
        while not reading.done():
            writer.write(rest)
            sent += len(rest)
            # Slowly enough that what was sent and what was taken differ by little.
            await asyncio.wait([reading], timeout=0.002)
    writer.transport.abort()
    try:
        return reading.result(), sent
    except ConnectionResetError:  # how a connection ends when bytes were on their way as it was closed
        return b"", sent


def list_statuses(answers: bytes) -> list[int]:
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


ENDLESS = [
    pytest.param(GET + b"X-Endless: ", b"x" * 1000, id="one header"),
    pytest.param(GET + b"X", b"x" * 1000, id="the name of a header"),
    pytest.param(GET, b"X-Small: 1\r\n" * 10, id="many headers"),
    pytest.param(GET, b"a:\r\n" * 250, id="many empty headers"),
    pytest.param(b"GET /", b"x" * 1000, id="the path"),
    pytest.param(b"GET /?", b"x=1&" * 250, id="the query"),
    pytest.param(b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX: ", b"x" * 1000, id="an upgrade"),
    pytest.param(b"CONNECT localhost:443 HTTP/1.1\r\nX: ", b"x" * 1000, id="a tunnel"),
    pytest.param(b"", b"\r\n" * 500, id="empty lines before"),
]


@pytest.mark.parametrize(("beginning", "rest"), ENDLESS)
async def test_an_endless_head_is_refused_and_its_connection_closed(port: int, beginning: bytes, rest: bytes) -> None:
    answer, sent = await pour(port, beginning, rest)
    assert list_statuses(answer) == [431]
    assert sent <= MOST_TAKEN_BYTES


async def test_the_second_head_of_a_connection_is_limited_too(port: int) -> None:
    answers, sent = await pour(port, GET + b"\r\n" + GET + b"X-Endless: ", b"x" * 1000)
    assert list_statuses(answers) == [200, 431], "the first is answered, in its turn"
    assert sent <= 4 * MOST_TAKEN_BYTES


@pytest.mark.parametrize(
    ("beginning", "rest"),
    [
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-Small: 1\r\n" * 10, id="trailers"),
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\nX-Endless: ", b"x" * 1000, id="one trailer"),
        pytest.param(CHUNKED + b"1;", b"x" * 1000, id="the extension of a chunk"),
        pytest.param(CHUNKED, b"0" * 1000, id="the size of a chunk"),
    ],
)
async def test_what_else_frames_a_body_without_an_end_is_refused_too(
    port: int, beginning: bytes, rest: bytes
) -> None:
    answer, sent = await pour(port, beginning, rest)
    assert list_statuses(answer) == [431]
    assert sent <= MOST_TAKEN_BYTES


async def test_a_body_that_is_none_is_a_bad_request(port: int) -> None:
    assert list_statuses(await send_all(port, CHUNKED + b"nonsense\r\n")) == [400]


async def test_the_refusal_says_what_to_do(port: int) -> None:
    answer = await send_all(port, GET + b"Cookie: " + b"x" * 2 * head_limit.MOST_HEAD_BYTES)
    head, _, words = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert "connection: close" in head
    assert f"content-length: {len(words)}" in head
    assert "Delete the cookies of this site" in words


async def test_a_head_within_the_limit_is_taken_in_whatever_pieces(port: int) -> None:
    head = GET + b"Connection: close\r\nX-Large: " + b"x" * (head_limit.MOST_HEAD_BYTES - 200) + b"\r\n\r\n"
    for size in (len(head), 1_000):
        answer = await send_all(port, *(head[at : at + size] for at in range(0, len(head), size)))
        assert list_statuses(answer) == [200]


@pytest.mark.parametrize(("count", "status"), [(head_limit.MOST_HEADERS, 200), (head_limit.MOST_HEADERS + 1, 431)])
async def test_so_many_headers_are_taken_and_no_more(port: int, count: int, status: int) -> None:
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(count - 2))
    assert list_statuses(await send_all(port, GET + b"Connection: close\r\n" + headers + b"\r\n")) == [status]


async def test_a_large_body_is_no_head(port: int) -> None:
    size = 3_000_000
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
    assert b"\r\n\r\n/ 3000000 " in await send_all(port, head, b"x" * size)


async def test_a_body_of_many_small_chunks_is_no_head(port: int) -> None:
    answer = await send_all(port, CHUNKED[:-2] + b"Connection: close\r\n\r\n", b"1\r\nx\r\n" * 50_000, b"0\r\n\r\n")
    assert b"/first 50000 " in answer


async def test_a_body_that_does_not_end_after_its_answer_closes_the_connection(port: int) -> None:
    answer, _ = await pour(port, CHUNKED.replace(b"/first", b"/unread"), b"1\r\nx\r\n" * 1_000)
    assert list_statuses(answer) in ([200], []), "the end may overtake an answer that nobody reads"


async def test_a_body_that_ends_soon_after_its_answer_leaves_the_connection_to_the_next_request(port: int) -> None:
    size = 100_000
    head = b"POST /unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"x" * size + GET + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(10):
        assert b"/first 0 " in await reader.read()
    writer.close()


async def test_requests_without_waiting_are_answered_in_their_order(port: int) -> None:
    count = 20
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(count))
    answers = await send_all(port, requests + b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n")
    found = [part.split(b"\r\n\r\n")[1].split()[0] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert found == [b"/%d" % number for number in range(count)] + [b"/last"]


async def test_requests_without_waiting_are_read_no_faster_than_they_are_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = GET + b"X-Large: " + b"x" * 8_000 + b"\r\n\r\n"
    taken = 0
    for _ in range(10_000):
        writer.write(request)
        try:
            async with asyncio.timeout(ANSWERED_AFTER_S):
                await writer.drain()
        except TimeoutError:
            break
        taken += len(request)
    writer.transport.abort()
    del reader
    # Buffers of the two ends of a connection of this machine hold some megabytes.
    assert taken < 20_000_000


async def test_what_follows_a_broken_request_is_not_read(port: int) -> None:
    answers = await send_all(port, GET + b"\r\n" + b"NONSENSE\r\n\r\n" + GET + b"\r\n")
    assert list_statuses(answers) == [200, 400]


@pytest.mark.parametrize("name", [b"X-Forwarded-Email", b"X-Forwarded-For", b"Cookie"])
async def test_a_trailer_is_no_header(port: int, name: bytes) -> None:
    end = b"Connection: close\r\n\r\n1\r\nx\r\n0\r\n" + name + b": alice@example.com\r\n\r\n"
    answer = await send_all(port, CHUNKED[:-2] + end)
    assert list_statuses(answer) == [200]
    assert b"alice@example.com" not in answer


async def test_who_does_not_wait_for_answers_has_fifty_a_second(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.web.connections.test_head_limit.ANSWERED_AFTER_S", 0)
    started = time.monotonic()
    last = GET + b"Connection: close\r\n\r\n"
    answers = await send_all(port, (GET + b"\r\n") * 10 + last)
    assert list_statuses(answers) == [200] * 11
    assert time.monotonic() - started >= 10 * head_limit.PIPELINE_PAUSE_S


@pytest.mark.parametrize(
    "chunk", [b"1\r\nx\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"], ids=["of one byte", "large"]
)
async def test_a_turn_is_short_whatever_chunks_there_are(chunk: bytes) -> None:
    turns: list[tuple[int, int]] = []

    class Watched(head_limit.HeadLimitProtocol):
        def _feed_parser(self, piece: bytes) -> None:
            super()._feed_parser(piece)
            turns.append((len(piece), self._events))

    sent = CHUNKED.replace(b"Host", b"Connection: close\r\nHost") + chunk * (200_000 // len(chunk)) + b"0\r\n\r\n"
    async with run_protocol(app, Watched) as port:
        assert list_statuses(await send_all(port, sent)) == [200]
    assert max(size for size, _ in turns) <= head_limit.PIECE_BYTES
    assert max(events for _, events in turns[2:]) <= 100
    if len(chunk) > head_limit.PIECE_BYTES:
        assert len(turns) < 60, "what is quick to parse is parsed in large pieces"
