"""Only what stands in an item that may be shown is ever fetched."""

from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import images, items
from shareable_backlog.services.backlog.images import Image
from tests.support.mirrored import NOON, comment, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOST = "https://uploads.linear.app"
TEXT = f"![a plan]({HOST}/org/1-a?signature=x&b=c) and <{HOST}/org/2> https://example.com/org/3"


class Fetching:
    """Remember what was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, path: str) -> Image:
        self.paths.append(path)
        return Image(b"", "image/png", "")


async def names(identifier: str) -> dict[str, str]:
    return images.name_images(await items.read_item_page(EVERYTHING, identifier))


async def test_an_image_of_the_description_is_fetched_by_its_path() -> None:
    await store(item(1, description=TEXT))
    fetch = Fetching()
    for name in (await names("ENG-1")).values():
        await images.fetch_image(EVERYTHING, "ENG-1", name, fetch)
    assert fetch.paths == ["/org/1-a", "/org/2"]


async def test_an_image_of_a_comment_or_of_a_reply_too() -> None:
    one = item(1)
    await store(one, comment(1, one, TEXT), comment(2, one, f"![]({HOST}/r)", parent_id="comment-1"))
    fetch = Fetching()
    for name in (await names("ENG-1")).values():
        await images.fetch_image(EVERYTHING, "ENG-1", name, fetch)
    assert fetch.paths == ["/org/1-a", "/org/2", "/r"]


@pytest.mark.parametrize(
    "address",
    [
        "http://uploads.linear.app/a",
        "https://uploads.linear.app.evil.example/a",
        "https://uploads.linear.app@evil.example/a",
        "https://uploads.linear.app:8080/a",
        "https://evil.example/https:/uploads.linear.app/a",
        "https://uploads.linear.app//evil.example/a",
        "https://uploads.linear.app",
        "https://uploads.linear.app/",
    ],
)
async def test_no_other_host_is_named(address: str) -> None:
    await store(item(1, description=f"![]({address})"))
    assert await names("ENG-1") == {}


async def test_an_image_of_another_item_is_not_found() -> None:
    await store(item(1, description=TEXT), item(2, description="words"))
    fetch = Fetching()
    for name in (await names("ENG-1")).values():
        with pytest.raises(NotFound):
            await images.fetch_image(EVERYTHING, "ENG-2", name, fetch)
    assert not fetch.paths


@pytest.mark.parametrize("gone", ["trashed = true", "removed_at = now()"])
async def test_an_image_of_an_item_that_may_not_be_shown_is_not_found(gone: LiteralString) -> None:
    await store(item(1, description=TEXT))
    name, *_ = (await names("ENG-1")).values()
    await query(f"UPDATE backlog_items SET {gone}")
    fetch = Fetching()
    with pytest.raises(NotFound):
        await images.fetch_image(EVERYTHING, "ENG-1", name, fetch)
    assert not fetch.paths


async def test_an_image_that_was_taken_out_is_not_found() -> None:
    await store(item(1, description=TEXT))
    name, *_ = (await names("ENG-1")).values()
    await store(item(1, description="words", updated_at=NOON.replace(year=2027)))
    with pytest.raises(NotFound):
        await images.fetch_image(EVERYTHING, "ENG-1", name, Fetching())


@pytest.mark.parametrize("identifier", ["ENG-9", "", "' OR 1=1"])
async def test_an_unknown_item_is_not_found(identifier: str) -> None:
    with pytest.raises(NotFound):
        await images.fetch_image(EVERYTHING, identifier, "0" * 64, Fetching())
