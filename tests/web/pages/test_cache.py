"""What is kept for the next request."""

import asyncio

import pytest

from shareable_backlog.web.pages.cache import AsyncLruCache

pytestmark = pytest.mark.anyio


class Maker:
    """Make numbers, and count them."""

    def __init__(self) -> None:
        self.made = 0
        self.may_go_on = asyncio.Event()

    async def __call__(self) -> int:
        await self.may_go_on.wait()
        self.made += 1
        if self.made == 1 and self.fails:
            raise ValueError("not this time")
        return self.made

    fails = False


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_what_many_want_at_once_is_made_once() -> None:
    kept, maker = AsyncLruCache[int](5), Maker()
    waiting = [asyncio.ensure_future(kept.get("key", maker)) for _ in range(9)]
    await asyncio.sleep(0)
    maker.may_go_on.set()
    assert await asyncio.gather(*waiting) == [1] * 9


async def test_other_keys_get_their_own() -> None:
    kept, maker = AsyncLruCache[int](5), Maker()
    maker.may_go_on.set()
    assert [await kept.get(key, maker) for key in ("a", "b", "a")] == [1, 2, 1]


async def test_a_failure_is_told_and_not_kept() -> None:
    kept, maker = AsyncLruCache[int](5), Maker()
    maker.fails = True
    maker.may_go_on.set()
    with pytest.raises(ValueError, match="not this time"):
        await kept.get("key", maker)
    assert await kept.get("key", maker) == 2


async def test_who_leaves_does_not_take_it_from_the_others() -> None:
    kept, maker = AsyncLruCache[int](5), Maker()
    first, second = (asyncio.ensure_future(kept.get("key", maker)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    maker.may_go_on.set()
    assert await second == 1


async def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept, maker = AsyncLruCache[int](2), Maker()
    maker.may_go_on.set()
    assert [await kept.get(key, maker) for key in ("a", "b", "a", "c", "a", "b")] == [1, 2, 1, 3, 1, 4]
