"""Fetch an image that somebody put into a text in Linear.

Whatever the other side sends, it becomes an image of a known kind and size, or nothing: an SVG could run script
under this product's own address.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import httpx2

from shareable_backlog import logs
from shareable_backlog.errors import LinearFailed, NotFound
from shareable_backlog.linear.errors import LinearUnavailable

_LOG = logs.get_logger(__name__)

LARGEST_BYTES: Final = 10_000_000
_DEADLINE_S = 10.0
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
)
_TYPES = {kind for _, kind in _SIGNATURES} | {"image/jpg"}
_OK, _UNAUTHORIZED = 200, 401
_GONE = {400, 403, 404, 410}


def detect_media_type(content: bytes | bytearray) -> str:
    """Tell by its first bytes what kind of image it is. Raises NotFound for any kind that is not shown."""
    for signature, kind in _SIGNATURES:
        if signature.match(content):
            return kind
    raise _build_refusal("content")


async def fetch_image(
    http: httpx2.AsyncClient,
    url: str,
    authorize: Callable[[Collection[str]], Awaitable[str]],
    slots: asyncio.Semaphore,
    *,
    deadline_s: float = _DEADLINE_S,
) -> bytes:
    """Return the image at `url`, at most 10 MB of PNG, JPEG, GIF, WebP or AVIF.

    It has `deadline_s` from waiting for one of `slots` to the last byte. The header that `authorize` gives goes to
    that address alone: a redirect is not followed. Raises NotFound when there is no such file or it is no such
    image, and LinearUnavailable when asking later may help.
    """
    try:
        async with asyncio.timeout(deadline_s), slots:
            return await _request_image(http, url, authorize)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, LinearFailed) as error:
        reason = str(error) if isinstance(error, LinearFailed) else type(error).__name__
        _LOG.warning("linear.image_not_fetched", reason=reason)
        raise LinearUnavailable(
            "Linear did not return this image. The rest of the page is unaffected; try again later."
        ) from error


async def _request_image(
    http: httpx2.AsyncClient, url: str, authorize: Callable[[Collection[str]], Awaitable[str]]
) -> bytes:
    refused: list[str] = []
    while True:
        authorization = await authorize(refused)
        # What is packed could unfold without end; an image is packed well enough by itself.
        headers = {"Authorization": authorization, "Accept-Encoding": "identity"}
        async with http.stream("GET", url, headers=headers, follow_redirects=False) as response:
            if response.status_code == _UNAUTHORIZED:
                refused.append(authorization)
                continue
            if response.status_code in _GONE:
                raise _build_refusal(f"status {response.status_code}")
            if response.status_code != _OK:
                raise LinearUnavailable(f"Linear answered {response.status_code}.")
            _check_headers(response.headers)
            return await _read_content(response)


def _check_headers(headers: Mapping[str, str]) -> None:
    """Refuse by what the headers say what need not be read at all."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
        raise _build_refusal("type")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _build_refusal("packed")


async def _read_content(response: httpx2.Response) -> bytes:
    content = bytearray()
    async with contextlib.aclosing(response.aiter_raw()) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > LARGEST_BYTES:
                raise _build_refusal("size")
    detect_media_type(content)
    return bytes(content)


def _build_refusal(reason: str) -> NotFound:
    _LOG.info("linear.image_refused", reason=reason)
    return NotFound("This image is no longer in Linear, or it is of a kind that is not shown here.")
