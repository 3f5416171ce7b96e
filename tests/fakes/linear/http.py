"""Read requests and write answers of HTTP/1.1, no more of it than one JSON interface needs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Request:
    """A request; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; its length is counted when it is written."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


async def read(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request of a connection; None when the client has hung up."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        named = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in named}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Write the part of an answer that stands before its body."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def encode_answer(answer: Answer) -> bytes:
    """Write a whole answer."""
    headers = {"Content-Type": "application/json; charset=utf-8"} | dict(answer.headers)
    return head(answer.status, headers | {"Content-Length": str(len(answer.body))}) + answer.body
