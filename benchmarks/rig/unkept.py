"""Be `slb` with each page made anew for each request: `python -m benchmarks.rig.unkept serve`.

What pages share, such as names and ranks, stays kept for as long as the mirror is the same.
"""

from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from shareable_backlog.cli import main
from shareable_backlog.web.pages.cache import AsyncLruCache

T = TypeVar("T")

_is_inside = ContextVar("is_inside", default=False)
_get_kept = cast("Callable[..., Awaitable[Any]]", AsyncLruCache.get)  # type: ignore[reportUnknownMemberType]


async def _make_page(self: AsyncLruCache[T], key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
    if _is_inside.get():
        return await _get_kept(self, key, make)
    token = _is_inside.set(True)
    try:
        return await make()
    finally:
        _is_inside.reset(token)


if __name__ == "__main__":
    AsyncLruCache.get = _make_page
    main()
