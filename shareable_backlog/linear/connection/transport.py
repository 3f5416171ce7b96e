"""Send one request and read its whole answer, within limits, or say in plain words why none came."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import httpx2

from shareable_backlog.linear.errors import LinearUnavailable, TooComplex

HttpAnswer: TypeAlias = tuple[int, Mapping[str, str], bytes]
"""Hold an answer's status, its headers (looked up in lower case) and its body."""

_CONNECT_TIMEOUT_S = 10


def open_http() -> httpx2.AsyncClient:
    """Return a client without any header of its own that never follows a redirect; it closes as a context ends."""
    return httpx2.AsyncClient(timeout=httpx2.Timeout(None, connect=_CONNECT_TIMEOUT_S), follow_redirects=False)


async def post_request(
    http: httpx2.AsyncClient,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    setting: str,
    deadline_s: float,
    largest_answer: int,
) -> HttpAnswer:
    """Return the answer to one POST, whatever its status; `setting` is what holds `url`, to name in an error.

    `deadline_s` is from connecting to the last byte, `largest_answer` in bytes after decompression. Raises
    LinearUnavailable when no whole answer came, TooComplex for one that is too large.
    """
    try:
        async with (
            asyncio.timeout(deadline_s),
            http.stream("POST", url, headers=dict(headers), content=body) as response,
        ):
            return response.status_code, response.headers, await _read_body(response, largest_answer)
    except TimeoutError as error:
        raise LinearUnavailable(
            f"Linear did not answer within {deadline_s:g} s. What was mirrored before is kept; try again later."
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise LinearUnavailable(_describe_error(error, setting)) from error


def parse_http_date(text: str) -> datetime | None:
    """Read the time of a Date or Retry-After header; None when it is none."""
    try:
        time = parsedate_to_datetime(text)
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def _read_body(response: httpx2.Response, largest: int) -> bytes:
    """Read an answer as it is decompressed, so that a small one can't unfold to fill the memory."""
    body = bytearray()
    async with contextlib.aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > largest:
                raise TooComplex("Linear's answer was too large, so it was not used.")
    return bytes(body)


def _describe_error(error: Exception, setting: str) -> str:
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            "Linear's address could not prove its identity, so nothing was sent."
            f" Check {setting}, and this machine's clock and certificates."
        )
    if any(isinstance(cause, socket.gaierror | httpx2.InvalidURL | httpx2.UnsupportedProtocol) for cause in causes):
        return f"Linear's address can't be found. Check {setting} and this machine's DNS."
    return "Linear can't be reached, or the connection broke. What was mirrored before is kept; try again later."
