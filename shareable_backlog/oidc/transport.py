"""Ask the provider one thing and read its JSON, within limits, or say in plain words why there is none."""

import asyncio
import json
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import httpx2

from shareable_backlog import logs
from shareable_backlog.errors import SignInFailed

_LOG = logs.get_logger(__name__)

_WITHIN_S = 8.0
_LARGEST = 2**20
_OK, _UNAUTHORIZED = 200, 401
# What a token endpoint says when it understood and refuses (RFC 6749, 5.2): of use to whoever reads the log.
_REFUSALS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)

UNREACHABLE = "The identity provider can't be reached, or gave no useful answer. Try again, or sign in another way."
_REFUSED = "The identity provider didn't accept this sign-in. Start again; if it keeps happening, tell an admin."


class ProviderUnavailable(SignInFailed):
    """The provider can't be reached, or is of no use: nothing is known of who asks."""


class CredentialsRefused(SignInFailed):
    """The token endpoint doesn't know us by what we showed it."""


def open_client() -> httpx2.AsyncClient:
    """Return a client that follows no redirect, so that nothing leads it to another host; closes as a context ends.

    It keeps no cookies, as people would share them.
    """
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    timeout = httpx2.Timeout(None, connect=5)
    return httpx2.AsyncClient(timeout=timeout, follow_redirects=False, cookies=no_cookies)


async def fetch_json(
    http: httpx2.AsyncClient,
    what: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the JSON object at `url`, or what it answers to a posted form; eight seconds and 1 MB at most.

    `what` names the thing in the log, where neither the address nor what was sent stands. Raises SignInFailed.
    """
    status, _, body = await _fetch(http, what, url, form, headers)
    return _require_object(what, status, body)


async def fetch_userinfo(http: httpx2.AsyncClient, url: str, access_token: str) -> dict[str, Any] | str:
    """Return what userinfo says, within the same limits: a text where it is signed. Raises SignInFailed."""
    status, kind, body = await _fetch(http, "userinfo", url, None, {"Authorization": f"Bearer {access_token}"})
    if status == _OK and kind.partition(";")[0].strip().lower() == "application/jwt":
        return body.decode(errors="replace")
    return _require_object("userinfo", status, body)


async def _fetch(
    http: httpx2.AsyncClient,
    what: str,
    url: str,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
) -> tuple[int, str, bytes]:
    """Return the status, the content type and the body of what is answered."""
    try:
        async with (
            asyncio.timeout(_WITHIN_S),
            http.stream("GET" if form is None else "POST", url, data=form, headers=headers) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST:
                    raise build_failure(what, "too_large", response.status_code)
            return response.status_code, response.headers.get("content-type", ""), bytes(body)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise build_failure(what, type(error).__name__) from None


def _require_object(what: str, status: int, body: bytes) -> dict[str, Any]:
    content = _parse_object(body)
    if status == _OK and content is not None:
        return content
    refusal = (content or {}).get("error")
    if isinstance(refusal, str) and refusal in _REFUSALS:
        failure = build_failure(what, refusal, status, _REFUSED)
    else:
        failure = build_failure(what, "no_json_object", status)
    if status == _UNAUTHORIZED or refusal in ("invalid_client", "unauthorized_client"):
        raise CredentialsRefused(str(failure))
    raise failure


def build_failure(what: str, reason: str, status: int | None = None, message: str = UNREACHABLE) -> SignInFailed:
    """Log why the provider was of no use, and return the error that says so."""
    _LOG.warning("oidc_request_failed", what=what, reason=reason, status=status)
    return ProviderUnavailable(message) if message == UNREACHABLE else SignInFailed(message)


def _parse_object(body: bytes) -> dict[str, Any] | None:
    try:
        content: object = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None
