"""Each image is fetched once, and what goes wrong with one request or the disk takes it from nobody else."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shareable_backlog.config import Secret, Settings
from shareable_backlog.errors import NotFound
from shareable_backlog.linear.errors import LinearUnavailable
from shareable_backlog.sync import images
from tests.fakes.uploads import PNG, SVG, Uploads, serve_uploads

pytestmark = pytest.mark.anyio

KEY = "lin_api_0fake0key0of0the0tests0"


@pytest.fixture
async def there() -> AsyncGenerator[Uploads]:
    async with serve_uploads() as there:
        there.accepts = {KEY}
        yield there


@pytest.fixture
def settings(there: Uploads, tmp_path: Path) -> Settings:
    return Settings(linear_uploads_url=there.url, linear_api_key=Secret(KEY), data_dir=tmp_path)


async def test_a_second_look_asks_nobody(there: Uploads, settings: Settings) -> None:
    there.add("/a", PNG)
    async with images.open_images(settings) as fetch:
        first = await fetch("/a")
    async with images.open_images(settings) as fetch:
        assert await fetch("/a") == first
    assert (first.content, first.media_type) == (PNG, "image/png")
    assert len(there.requests) == 1


async def test_those_who_ask_at_the_same_time_share_one_fetch(there: Uploads, settings: Settings) -> None:
    there.add("/a", PNG)
    async with images.open_images(settings) as fetch:
        found = await asyncio.gather(*(fetch("/a") for _ in range(20)))
    assert {image.content for image in found} == {PNG}
    assert len(there.requests) == 1


async def test_whoever_goes_away_takes_the_image_from_nobody(there: Uploads, settings: Settings) -> None:
    there.add("/a", PNG)
    there.answering.clear()
    async with images.open_images(settings) as fetch:
        impatient, patient = asyncio.ensure_future(fetch("/a")), asyncio.ensure_future(fetch("/a"))
        await there.until_asked(1)
        impatient.cancel()
        there.answering.set()
        assert (await patient).content == PNG
    assert impatient.cancelled()
    assert len(there.requests) == 1


async def test_at_most_four_are_fetched_at_once(there: Uploads, settings: Settings) -> None:
    for number in range(9):
        there.add(f"/{number}", PNG)
    there.answering.clear()
    async with images.open_images(settings) as fetch:
        asking = [asyncio.ensure_future(fetch(f"/{number}")) for number in range(9)]
        await there.until_asked(4)
        there.answering.set()
        await asyncio.gather(*asking)
    assert there.most_at_once == 4
    assert len(there.requests) == 9


async def test_what_is_refused_is_not_kept(there: Uploads, settings: Settings) -> None:
    there.add("/a", SVG, "image/svg+xml")
    async with images.open_images(settings) as fetch:
        with pytest.raises(NotFound):
            await fetch("/a")
        there.add("/a", PNG)
        assert (await fetch("/a")).content == PNG


async def test_a_fault_is_everybodys_and_the_next_one_asks_again(there: Uploads, settings: Settings) -> None:
    there.add("/a", PNG)
    there.status = 503
    async with images.open_images(settings) as fetch:
        faults = await asyncio.gather(fetch("/a"), fetch("/a"), return_exceptions=True)
        assert [type(fault) for fault in faults] == [LinearUnavailable] * 2
        there.status = 200
        assert (await fetch("/a")).content == PNG


async def test_without_a_disk_images_are_shown_all_the_same(there: Uploads, settings: Settings) -> None:
    there.add("/a", PNG)
    (settings.data_dir / "images").write_bytes(b"")
    async with images.open_images(settings) as fetch:
        assert (await fetch("/a")).content == PNG
        assert (await fetch("/a")).content == PNG
    assert len(there.requests) == 2


@pytest.mark.parametrize("key", [None, Secret("l\u00edn"), Secret("lin_api_1\n2")])
async def test_without_a_key_there_are_no_images(there: Uploads, settings: Settings, key: Secret | None) -> None:
    without = Settings(linear_uploads_url=settings.linear_uploads_url, linear_api_key=key, data_dir=settings.data_dir)
    async with images.open_images(without) as fetch:
        with pytest.raises(NotFound):
            await fetch("/a")
    assert not there.requests


async def test_the_end_of_the_program_waits_for_no_image(there: Uploads, settings: Settings) -> None:
    there.answering.clear()
    async with images.open_images(settings) as fetch:
        asking = asyncio.ensure_future(fetch("/a"))
        await there.until_asked(1)
    with pytest.raises(asyncio.CancelledError):
        await asking
