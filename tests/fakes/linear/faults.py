"""Answer wrongly, in each of the ways in which Linear or what stands before it can."""

import asyncio
import json
import zlib
from dataclasses import replace
from enum import Enum, auto
from typing import Any

from tests.fakes.linear import http
from tests.fakes.linear.http import Answer
from tests.fakes.linear.lists import cursor

_DRIP_S = 0.02
_BOMB_MIB = 512
_BEFORE_ALL = cursor(("9999", ""))


class Fault(Enum):
    """What goes wrong with a request."""

    AUTHENTICATION = auto()
    FORBIDDEN = auto()
    RATELIMITED = auto()
    """HTTP 400 with the code, and the time of the reset in the rate headers."""
    PLAIN_429 = auto()
    """What a network edge sends: no JSON, Retry-After of 7 s."""
    BARE_429 = auto()
    """A 429 that does not say when to come back."""
    TOO_COMPLEX = auto()
    VALIDATION_FAILED = auto()
    INTERNAL_ERROR = auto()
    BAD_GATEWAY = auto()
    """An HTML page."""
    EMPTY = auto()
    TRUNCATED_JSON = auto()
    WRONG_CHARSET = auto()
    PARTIAL = auto()
    """The true answer, but the last node of its longest list is null, as it says in `errors`."""
    NULL_NODE = auto()
    """The same without a word in `errors`."""
    NULL_CONNECTION = auto()
    STUCK_CURSOR = auto()
    """The true answer, but it promises a next page after a cursor that leads back to the first."""
    REDIRECT = auto()
    DISCONNECT = auto()
    """Half of the true answer, then the connection is reset."""
    SILENCE = auto()
    """No byte until the client hangs up."""
    SLOW_DRIP = auto()
    """A byte now and then."""
    GZIP_BOMB = auto()
    """Half a megabyte that unfolds to 512 MiB."""
    ENDLESS = auto()
    """A body that has no end, with the headers of the true answer."""
    WRONG_TYPE = auto()
    """The true answer, but called a web page."""
    SCRIPT = auto()
    """An SVG that runs a script."""


def error(status: int, code: str, kind: str, message: str) -> Answer:
    """Return a refusal in the form of Linear's."""
    extensions = {"code": code, "type": kind, "userError": status < 500, "statusCode": status}
    return Answer(status, json.dumps({"errors": [{"message": message, "extensions": extensions}]}).encode())


_INSTEAD = {
    Fault.AUTHENTICATION: error(401, "AUTHENTICATION_ERROR", "authentication error", "Not authenticated"),
    Fault.FORBIDDEN: error(403, "FORBIDDEN", "forbidden", "Not allowed"),
    Fault.RATELIMITED: error(400, "RATELIMITED", "ratelimited", "Rate limit exceeded"),
    Fault.PLAIN_429: Answer(429, b"slow down", {"Content-Type": "text/plain", "Retry-After": "7"}),
    Fault.BARE_429: Answer(429),
    Fault.TOO_COMPLEX: error(400, "INPUT_ERROR", "invalid input", "Query too complex"),
    Fault.VALIDATION_FAILED: error(400, "GRAPHQL_VALIDATION_FAILED", "graphql error", "Unknown field"),
    Fault.INTERNAL_ERROR: error(500, "INTERNAL_SERVER_ERROR", "internal error", "Internal error"),
    Fault.BAD_GATEWAY: Answer(502, b"<html><h1>Bad gateway</h1></html>", {"Content-Type": "text/html"}),
    Fault.EMPTY: Answer(200),
    Fault.WRONG_CHARSET: Answer(200, '{"data":{"viewer":{"name":"Zoë"}}}'.encode("latin-1")),
    Fault.REDIRECT: Answer(302, headers={"Location": "/elsewhere"}),
    Fault.SCRIPT: Answer(
        200,
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        {"Content-Type": "image/svg+xml"},
    ),
}
_WITHOUT_RATE_HEADERS = {Fault.PLAIN_429, Fault.BARE_429, Fault.BAD_GATEWAY, Fault.REDIRECT}


async def send(fault: Fault, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send what `fault` makes of the true answer; the connection may be broken afterwards."""
    match fault:
        case Fault.SILENCE:
            await reader.read()
        case Fault.DISCONNECT:
            whole = http.encode_answer(answer)
            writer.write(whole[: len(whole) // 2])
            await writer.drain()
            writer.transport.abort()
        case Fault.SLOW_DRIP:
            for byte in http.encode_answer(answer):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(_DRIP_S)
        case Fault.GZIP_BOMB:
            await _send_bomb(answer, writer)
        case Fault.ENDLESS:
            writer.write(http.head(answer.status, answer.headers))
            while True:
                writer.write(bytes(2**16))
                await writer.drain()
        case _:
            writer.write(http.encode_answer(_spoil(fault, answer)))


def _spoil(fault: Fault, answer: Answer) -> Answer:
    match fault:
        case Fault.TRUNCATED_JSON:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case Fault.WRONG_TYPE:
            return replace(answer, headers={**answer.headers, "Content-Type": "text/html"})
        case Fault.PARTIAL | Fault.NULL_NODE | Fault.NULL_CONNECTION | Fault.STUCK_CURSOR:
            return replace(answer, body=_bend(fault, answer.body))
        case _:
            instead = _INSTEAD[fault]
            rates = _date(answer) if fault in _WITHOUT_RATE_HEADERS else answer.headers
            spent = {"X-RateLimit-Requests-Remaining": "0"} if fault is Fault.RATELIMITED else {}
            return replace(instead, headers={**rates, **spent, **instead.headers})


def _date(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name == "Date"}


def _bend(fault: Fault, body: bytes) -> bytes:
    """Bend the longest list of an answer; one that has none stays as it is."""
    answer: dict[str, Any] = json.loads(body) if body.startswith(b'{"data":{') else {"data": {}}
    # Only what can have a next page can get stuck.
    needed = "pageInfo" if fault is Fault.STUCK_CURSOR else "nodes"
    lists: dict[str, Any] = {root: found for root, found in answer["data"].items() if needed in found}
    if fault is Fault.NULL_CONNECTION and "customView" in answer["data"]:
        return b'{"data":{"customView":null}}'
    if not lists:
        return body
    root = max(lists, key=lambda root: len(lists[root]["nodes"]))
    connection = lists[root]
    match fault:
        case Fault.NULL_CONNECTION:
            answer["data"][root] = None
        case Fault.STUCK_CURSOR:
            connection["pageInfo"] = {"hasNextPage": True, "endCursor": _BEFORE_ALL}
        case _:
            connection["nodes"][-1:] = [None]
    if fault is Fault.PARTIAL:
        path = [root, "nodes", len(connection["nodes"]) - 1]
        extensions = {"code": "INTERNAL_SERVER_ERROR", "type": "internal error"}
        answer["errors"] = [{"message": "Internal error", "path": path, "extensions": extensions}]
    return json.dumps(answer).encode()


async def _send_bomb(answer: Answer, writer: asyncio.StreamWriter) -> None:
    writer.write(http.head(200, _date(answer) | {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}))
    packer = zlib.compressobj(level=1, wbits=31)
    for _ in range(_BOMB_MIB):
        piece = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_SYNC_FLUSH)
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")
