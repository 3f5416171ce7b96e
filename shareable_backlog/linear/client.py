"""Speak GraphQL with Linear over HTTP."""

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx2

from shareable_backlog import logs
from shareable_backlog.linear import answers, budget
from shareable_backlog.linear.budget import Budget
from shareable_backlog.linear.errors import AuthenticationFailed, LinearUnavailable, TooComplex
from shareable_backlog.linear.retry import Retries, retried

_LOG = logs.logger(__name__)

_CONNECT_TIMEOUT_S = 10


class Client:
    """Ask one Linear workspace with one key; tasks of one event loop may share it. Made by `connected()`."""

    def __init__(
        self, http: httpx2.AsyncClient, url: str, retries: Retries, deadline_s: float, largest_answer: int
    ) -> None:
        self._http = http
        self._url = url
        self._retries = retries
        self._deadline_s = deadline_s
        self._largest_answer = largest_answer
        self.budget = Budget()
        """What the last answer with rate headers said."""
        self.requests_sent = 0
        self.points_spent = 0

    async def execute(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """Give the `data` of one GraphQL request, asked again after passing faults; raises LinearFailed."""
        return await retried(partial(self._ask, query, variables), self._retries)

    async def _ask(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        started = time.perf_counter()
        self.requests_sent += 1
        status, headers, body = await self._post({"query": query, "variables": variables})
        spent = budget.from_headers(headers)
        if spent.requests_remaining is not None or spent.complexity_remaining is not None:
            self.budget = spent
        self.points_spent += spent.points_spent or 0
        _LOG.debug(
            "linear.request",
            operation=_operation(query),
            status=status,
            bytes=len(body),
            points=spent.points_spent,
            duration_ms=round((time.perf_counter() - started) * 1000),
        )
        return answers.data(status, headers, body)

    async def _post(self, content: dict[str, object]) -> tuple[int, Mapping[str, str], bytes]:
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                self._http.stream("POST", self._url, json=content) as response,
            ):
                return response.status_code, response.headers, await self._read(response)
        except TimeoutError as error:
            raise LinearUnavailable(
                f"Linear did not answer within {self._deadline_s:g} s."
                " What was mirrored before stays; try again later."
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise LinearUnavailable(_plain_words(error)) from error

    async def _read(self, response: httpx2.Response) -> bytes:
        """Read an answer as it is decompressed, so that a small one can't unfold to fill the memory."""
        body = bytearray()
        async with contextlib.aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._largest_answer:
                    raise TooComplex("Linear's answer was larger than this program takes, and was not used.")
        return bytes(body)


@asynccontextmanager
async def connected(
    url: str,
    key: str,
    *,
    retries: Retries = Retries(),  # noqa: B008 (frozen)
    deadline_s: float = 60,
    largest_answer: int = 32 * 2**20,
) -> AsyncGenerator[Client]:
    """Give a client of the GraphQL address `url` for the length of the context; nothing is sent yet.

    `key` is a personal key (`lin_api_…`), or an OAuth token (`lin_oauth_…`, or anything after `Bearer `).
    `deadline_s` is for one request from connecting to the last byte, without its repetitions;
    `largest_answer` is in bytes after decompression. Raises AuthenticationFailed for a key that can't be one.
    """
    async with httpx2.AsyncClient(
        headers={"Authorization": _authorization(key)},
        timeout=httpx2.Timeout(None, connect=_CONNECT_TIMEOUT_S),
        follow_redirects=False,
    ) as http:
        yield Client(http, url, retries, deadline_s, largest_answer)


def _authorization(key: str) -> str:
    key = key.strip()
    # What no header may hold would come back in the words of an error, key and all.
    if not key or not key.isascii() or not key.isprintable():
        raise AuthenticationFailed
    return f"Bearer {key}" if key.startswith("lin_oauth_") else key


def _operation(query: str) -> str | None:
    found = re.search(r"\bquery\s+(\w+)", query)
    return found and found[1]


def _plain_words(error: Exception) -> str:
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            "The address of Linear could not prove who it is, so nothing was sent."
            " Check LINEAR_API_URL, and this machine's clock and certificates."
        )
    if any(isinstance(cause, socket.gaierror | httpx2.InvalidURL | httpx2.UnsupportedProtocol) for cause in causes):
        return "The address of Linear can't be found. Check LINEAR_API_URL and this machine's name service."
    return "Linear can't be reached, or the connection broke. What was mirrored before stays; try again later."
