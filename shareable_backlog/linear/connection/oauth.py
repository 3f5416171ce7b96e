"""Act as an OAuth application of the workspace: fetch a token by `client_credentials`, renew it before it ends."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import httpx2

from shareable_backlog import logs
from shareable_backlog.linear.connection import budget
from shareable_backlog.linear.connection.transport import HttpAnswer, post_request
from shareable_backlog.linear.errors import AuthenticationFailed, LinearUnavailable, RateLimited, TooComplex
from shareable_backlog.process_state import ProcessState

_LOG = logs.get_logger(__name__)

_SCOPE = "read,initiative:read"
_LARGEST_ANSWER = 64 * 2**10
_RENEWED_IN_LAST = 0.1
_RENEWED_AT_LEAST_S = 60.0
_OK, _REFUSALS, _TOO_MANY = 200, {400, 401, 403}, 429


class ClientRefused(AuthenticationFailed):
    """Linear does not know the OAuth application, or no token of it: a person has to act."""

    def __str__(self) -> str:
        """Return the words that may be shown to anybody."""
        return (
            "Linear did not accept the OAuth application. What was mirrored before is kept; check"
            " LINEAR_OAUTH_CLIENT_ID and LINEAR_OAUTH_CLIENT_SECRET, and that the application's settings in Linear"
            " allow client credentials."
        )


@dataclass(frozen=True, slots=True)
class Application:
    """An OAuth application of the workspace, and where its tokens come from."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _AccessToken:
    """A token as a header; the times are those of the clock of `TokenSource`."""

    header: str = field(repr=False)
    renew_at_s: float
    ends_at_s: float


# A token lasts a month and a run minutes, and Linear counts the tokens of an application that still last:
# so the process keeps them, beyond the client that fetched them.
_TOKENS = ProcessState(dict[Application, _AccessToken])


class TokenSource:
    """Give the Authorization header of an application; tasks of one event loop may share it.

    `deadline_s` is for one request for a token; `clock` gives seconds.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        application: Application,
        deadline_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._application = application
        self._deadline_s = deadline_s
        self._clock = clock
        self._lock = asyncio.Lock()

    async def authorize(self, refused: Collection[str]) -> str:
        """Return a header that is none of `refused`: what Linear did not accept for the request at hand.

        The token is renewed when less than a tenth of its life is left, or less than a minute; until its end the
        old one still serves if that fails. Raises ClientRefused, at the second refused token too, LinearUnavailable
        and RateLimited.
        """
        if len(refused) > 1:
            raise ClientRefused
        async with self._lock:
            token = _TOKENS.value.get(self._application)
            if token is None or token.header in refused:
                token = await self._fetch_token()
            elif self._clock() >= token.renew_at_s:
                token = await self._renew_token(token)
            _TOKENS.value[self._application] = token
            return token.header

    async def _renew_token(self, token: _AccessToken) -> _AccessToken:
        try:
            return await self._fetch_token()
        except (LinearUnavailable, RateLimited) as error:
            if (now_s := self._clock()) >= token.ends_at_s:
                raise
            _LOG.warning("linear.token_not_renewed", code=error.code, ends_in_s=round(token.ends_at_s - now_s))
            return replace(token, renew_at_s=now_s + _RENEWED_AT_LEAST_S)

    async def _fetch_token(self) -> _AccessToken:
        form = {"grant_type": "client_credentials", "scope": _SCOPE}
        form |= {"client_id": self._application.client_id, "client_secret": self._application.client_secret}
        asked_at_s = self._clock()
        try:
            answer = await post_request(
                self._http,
                self._application.token_url,
                {"Content-Type": "application/x-www-form-urlencoded"},
                urlencode(form).encode(),
                setting="LINEAR_OAUTH_TOKEN_URL",
                deadline_s=self._deadline_s,
                largest_answer=_LARGEST_ANSWER,
            )
        except TooComplex as error:
            raise _build_no_token_error() from error
        header, lasts_s = _read_token(answer)
        logs.mask_secret(header.removeprefix("Bearer "))
        _LOG.info("linear.token_fetched", lasts_s=lasts_s)
        renewed_in_last_s = max(lasts_s * _RENEWED_IN_LAST, _RENEWED_AT_LEAST_S) if lasts_s < math.inf else 0
        return _AccessToken(header, asked_at_s + lasts_s - renewed_in_last_s, asked_at_s + lasts_s)


def _read_token(answer: HttpAnswer) -> tuple[str, float]:
    """Return the header that an answer's token makes and for how many seconds; infinite when it does not say."""
    status, headers, body = answer
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError):
        content = None
    match content:
        case {"access_token": str() as token} if status == _OK and token.isascii() and token.isprintable() and token:
            lasts_s = content.get("expires_in")
            return f"Bearer {token}", float(lasts_s) if isinstance(lasts_s, int | float) else math.inf
        case {"error": str() as reason} if status in _REFUSALS:
            _LOG.warning("linear.oauth_refused", reason=logs.mask_text(reason)[:100])
            raise ClientRefused
        case _ if status == 401:  # noqa: PLR2004 (HTTP's Unauthorized)
            raise ClientRefused
        case _ if status == _TOO_MANY:
            raise RateLimited(budget.parse_retry_after(headers))
        case _:
            raise _build_no_token_error()


def _build_no_token_error() -> LinearUnavailable:
    return LinearUnavailable(
        "Linear answered the request for a token without one. What was mirrored before is kept;"
        " if it keeps happening, check LINEAR_OAUTH_TOKEN_URL."
    )
