"""Be `slb` with rendered results made anew for each request: `python -m benchmarks.rig.unkept serve`."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from shareable_backlog.cli import main
from shareable_backlog.web.pages.cache import AsyncLruCache

T = TypeVar("T")


async def _made(self: AsyncLruCache[T], key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
    del self, key
    return await make()


if __name__ == "__main__":
    AsyncLruCache.get = _made
    main()
