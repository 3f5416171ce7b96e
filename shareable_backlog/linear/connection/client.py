"""Speak GraphQL with Linear over HTTP."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import httpx2
import msgspec

from shareable_backlog import clock, logs
from shareable_backlog.config import Settings
from shareable_backlog.errors import ConfigurationInvalid, LinearFailed
from shareable_backlog.linear import uploads
from shareable_backlog.linear.connection import answers, budget, transport
from shareable_backlog.linear.connection.budget import KeyBudget
from shareable_backlog.linear.connection.oauth import Application, TokenSource
from shareable_backlog.linear.connection.retry import Retries, call_with_retries
from shareable_backlog.linear.errors import AuthenticationFailed, RateLimited
from shareable_backlog.tracing import spans

_LOG = logs.get_logger(__name__)

Authorize: TypeAlias = Callable[[Collection[str]], Awaitable[str]]
"""Give the Authorization header of a request: none of those that Linear refused for it already.

Raises AuthenticationFailed when there is no other.
"""


class LinearClient:
    """Ask one Linear workspace as one user or application; tasks of one event loop may share it.

    Made by `open_client()` or `open_configured_client()`.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        authorize: Authorize,
        *,
        retries: Retries,
        deadline_s: float,
        largest_answer: int,
    ) -> None:
        self._http = http
        self._url = url
        self._authorize = authorize
        self._retries = retries
        self._deadline_s = deadline_s
        self._largest_answer = largest_answer
        self._slowed = False
        self.budget = KeyBudget()
        """What the last answer with rate headers said."""
        self.requests_sent = 0
        self.points_spent = 0
        self.last_date: datetime | None = None
        """When the last answer was made, by Linear's clock; None when it did not say."""
        self.wait: tuple[LinearFailed, datetime] | None = None
        """Why it waits before it asks again, and until when; None while it does not."""

    async def execute(self, query: str, variables: Mapping[str, object]) -> dict[str, msgspec.Raw]:
        """Return the root fields of one GraphQL request, each as the JSON it came in; raises LinearFailed.

        It is asked again after passing faults. When little of the budget is left it waits before it asks; when
        none is left until after the longest wait of the retries, it raises RateLimited at once.
        """
        return await call_with_retries(partial(self._send_query, query, variables), self._retries, self._note_wait)

    async def fetch_image(self, url: str, slots: asyncio.Semaphore) -> bytes:
        """Return the image at `url`, which must be one of Linear's uploads; `slots` and errors as in `uploads`."""
        return await uploads.fetch_image(self._http, url, self._authorize, slots)

    def _note_wait(self, error: LinearFailed | None, wait_s: float) -> None:
        self.wait = (error, clock.read_time() + timedelta(seconds=wait_s)) if error else None

    async def _send_query(self, query: str, variables: Mapping[str, object]) -> dict[str, msgspec.Raw]:
        await self._wait_for_budget()
        refused: list[str] = []
        while True:
            authorization = await self._authorize(refused)
            try:
                return answers.read_data(*await self._post_query(authorization, query, variables))
            except AuthenticationFailed:
                refused.append(authorization)

    async def _post_query(
        self, authorization: str, query: str, variables: Mapping[str, object]
    ) -> transport.HttpAnswer:
        started = time.perf_counter()
        self.requests_sent += 1
        operation = _find_operation(query)
        with spans.open_span(f"Linear {operation}", "CLIENT") as span:
            answer = status, headers, body = await transport.post_request(
                self._http,
                self._url,
                {"Authorization": authorization, "Content-Type": "application/json"},
                json.dumps({"query": query, "variables": variables}).encode(),
                setting="LINEAR_API_URL",
                deadline_s=self._deadline_s,
                largest_answer=self._largest_answer,
            )
            if span is not None:
                span.set_attributes({"http.request.method": "POST", "http.response.status_code": status})
        spent = budget.read_budget(headers)
        if spent.requests_remaining is not None or spent.complexity_remaining is not None:
            self.budget = spent
        self.points_spent += spent.points_spent or 0
        self.last_date = transport.parse_http_date(headers.get("date", ""))
        _LOG.debug(
            "linear.request",
            operation=operation,
            status=status,
            bytes=len(body),
            points=spent.points_spent,
            duration_ms=round((time.perf_counter() - started) * 1000),
        )
        return answer

    async def _wait_for_budget(self) -> None:
        """Wait as long as makes the rest of the budget last; raise RateLimited when it is back too late for that."""
        pause_s = budget.compute_pause_s(self.budget, clock.read_time())
        if self._slowed != bool(pause_s):
            self._slowed = bool(pause_s)
            _LOG.info(
                "linear.slowed_down" if self._slowed else "linear.at_full_speed",
                requests_left=self.budget.requests_remaining,
                points_left=self.budget.complexity_remaining,
                full_at=str(self.budget.available_at),
            )
        if self.budget.is_used_up and pause_s > self._retries.longest_wait_s:
            raise RateLimited(self.budget.available_at)
        if pause_s:
            await self._retries.sleep(min(pause_s, self._retries.longest_wait_s))


@asynccontextmanager
async def open_client(
    url: str,
    credentials: str | Application,
    *,
    retries: Retries = Retries(),  # noqa: B008 (frozen)
    deadline_s: float = 60,
    largest_answer: int = 32 * 2**20,
) -> AsyncGenerator[LinearClient]:
    """Yield a client of the GraphQL address `url` for the length of the context; nothing is sent yet.

    `credentials` are a personal key (`lin_api_…`), an OAuth token (`lin_oauth_…`, or anything after `Bearer `), or
    the application whose tokens are fetched as needed. `deadline_s` is for one request from connecting to the last
    byte, without its repetitions; `largest_answer` is in bytes after decompression. Raises AuthenticationFailed
    for a key that can't be one.
    """
    async with transport.open_http() as http:
        if isinstance(credentials, str):
            authorize = _authorize_by_key(credentials)
        else:
            authorize = TokenSource(http, credentials, deadline_s).authorize
        yield LinearClient(
            http, url, authorize, retries=retries, deadline_s=deadline_s, largest_answer=largest_answer
        )


@asynccontextmanager
async def open_configured_client(
    settings: Settings,
    *,
    retries: Retries = Retries(),  # noqa: B008 (frozen)
) -> AsyncGenerator[LinearClient]:
    """Yield a client with the key of the settings, or else with their OAuth application.

    Raises ConfigurationInvalid when neither is set, and what `open_client` raises.
    """
    async with open_client(settings.linear_api_url, _read_credentials(settings), retries=retries) as client:
        yield client


def _read_credentials(settings: Settings) -> str | Application:
    if settings.linear_api_key:
        return settings.linear_api_key.reveal()
    if settings.linear_oauth_client_id and settings.linear_oauth_client_secret:
        secret = settings.linear_oauth_client_secret.reveal()
        return Application(settings.linear_oauth_token_url, settings.linear_oauth_client_id, secret)
    fault = (
        "neither LINEAR_API_KEY nor LINEAR_OAUTH_CLIENT_ID with LINEAR_OAUTH_CLIENT_SECRET is set:"
        " make a read-only key in Linear's settings"
    )
    raise ConfigurationInvalid((fault,))


def _authorize_by_key(key: str) -> Authorize:
    key = key.strip()
    # What no header may hold would come back in the words of an error, key and all.
    if not key or not key.isascii() or not key.isprintable():
        raise AuthenticationFailed
    header = f"Bearer {key}" if key.startswith("lin_oauth_") else key

    async def authorize(refused: Collection[str]) -> str:
        if refused:
            raise AuthenticationFailed
        return header

    return authorize


def _find_operation(query: str) -> str | None:
    found = re.search(r"\bquery\s+(\w+)", query)
    return found and found[1]
