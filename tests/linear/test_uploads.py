"""Only an image of a known kind and size comes through, and the key goes nowhere else."""

import asyncio
import gzip
import time
from collections.abc import Collection

import pytest

from shareable_backlog.errors import NotFound
from shareable_backlog.linear import uploads
from shareable_backlog.linear.connection import transport
from shareable_backlog.linear.errors import AuthenticationFailed, LinearUnavailable
from tests.fakes.uploads import GIF, PNG, SVG, serve_uploads

pytestmark = pytest.mark.anyio

KEY = "lin_api_0fake0key0of0the0tests0"
IMAGES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/gif": GIF,
    "image/webp": b"RIFF\x1a\x00\n\x00WEBPVP8L",
    "image/avif": b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
}


async def key(refused: Collection[str]) -> str:
    if refused:
        raise AuthenticationFailed
    return KEY


async def fetched(address: str, deadline_s: float = 10) -> bytes:
    async with transport.open_http() as http:
        return await uploads.fetch_image(http, address, key, asyncio.Semaphore(4), deadline_s=deadline_s)


async def answered(body: bytes, content_type: str = "image/png", **headers: str) -> bytes:
    async with serve_uploads() as there:
        there.add("/a/b", body, content_type, **headers)
        return await fetched(f"{there.url}/a/b")


@pytest.mark.parametrize(("kind", "content"), IMAGES.items())
async def test_every_kind_of_image_comes_through(kind: str, content: bytes) -> None:
    assert await answered(content, kind) == content
    assert uploads.detect_media_type(content) == kind


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (SVG, "image/svg+xml"),
        (SVG, "image/png"),
        (PNG, "image/svg+xml"),
        (PNG, "text/html"),
        (PNG, ""),
        (b"<html><script>alert(1)</script>", "image/gif"),
        (b"GIF8", "image/gif"),
        (b"%PDF-1.7", "application/pdf"),
        (b"", "image/png"),
    ],
)
async def test_anything_but_an_image_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(NotFound):
        await answered(body, content_type)


async def test_an_image_as_large_as_allowed_comes_through() -> None:
    content = PNG.ljust(uploads.LARGEST_BYTES, b"\0")
    assert len(await answered(content)) == len(content)


async def test_a_larger_one_is_refused() -> None:
    with pytest.raises(NotFound):
        await answered(PNG.ljust(uploads.LARGEST_BYTES + 1, b"\0"))


async def test_what_is_packed_is_not_unpacked() -> None:
    with pytest.raises(NotFound):
        await answered(gzip.compress(PNG + bytes(10**7)), **{"Content-Encoding": "gzip"})


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_a_file_that_is_gone_is_not_found(status: int) -> None:
    async with serve_uploads() as there:
        there.status = status
        with pytest.raises(NotFound):
            await fetched(f"{there.url}/a/b")


async def test_a_redirect_is_not_followed_and_gets_no_key() -> None:
    async with serve_uploads() as elsewhere, serve_uploads() as there:
        elsewhere.add("/a/b", PNG)
        there.status, there.location = 302, f"{elsewhere.url}/a/b"
        with pytest.raises(LinearUnavailable):
            await fetched(f"{there.url}/a/b")
        assert there.requests[0].headers["authorization"] == KEY
        assert not elsewhere.requests


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_another_answer_says_to_try_later(status: int) -> None:
    async with serve_uploads() as there:
        there.status = status
        with pytest.raises(LinearUnavailable, match="try again later"):
            await fetched(f"{there.url}/a/b")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a", "http://", f"http://127.0.0.1/{'a' * 70_000}"])
async def test_no_answer_says_to_try_later_without_key_or_address(address: str) -> None:
    with pytest.raises(LinearUnavailable, match="try again later") as caught:
        await fetched(address)
    assert KEY not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_given_up_at_the_deadline() -> None:
    async with serve_uploads() as there:
        there.answering.clear()
        started = time.monotonic()
        with pytest.raises(LinearUnavailable):
            await fetched(f"{there.url}/a/b", deadline_s=0.2)
    assert time.monotonic() - started < 5


async def test_waiting_for_a_slot_counts_too() -> None:
    async with transport.open_http() as http:
        with pytest.raises(LinearUnavailable):
            await uploads.fetch_image(http, "http://127.0.0.1:1/", key, asyncio.Semaphore(0), deadline_s=0.1)


async def test_a_token_that_has_ended_is_renewed_once() -> None:
    async def tokens(refused: Collection[str]) -> str:
        return f"Bearer {len(refused)}"

    async with serve_uploads() as there, transport.open_http() as http:
        there.add("/a/b", PNG)
        there.accepts = {"Bearer 1"}
        assert await uploads.fetch_image(http, f"{there.url}/a/b", tokens, asyncio.Semaphore(1)) == PNG
