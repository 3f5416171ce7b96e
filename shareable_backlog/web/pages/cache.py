"""Keep what was made for one request for the next that needs the same."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from shareable_backlog import tracing

T = TypeVar("T")


class AsyncLruCache(Generic[T]):
    """Up to `limit` things under all that they were made of, those asked for last."""

    def __init__(self, limit: int) -> None:
        self._capacity = limit
        self._made: OrderedDict[Hashable, asyncio.Task[T]] = OrderedDict()

    def find(self, key: Hashable) -> T | None:
        """Return what is kept under `key` and ready; None for what is not."""
        task = self._made.get(key)
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        self._made.move_to_end(key)
        _note_kept()
        return task.result()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what is kept under `key`, or make it; who wants it meanwhile waits. Raises what `make` does."""
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.ensure_future(_await_made(make))
            task.add_done_callback(lambda done: self._forget_failed(key, done))
            if len(self._made) > self._capacity:
                self._made.popitem(last=False)
        else:
            _note_kept()
        self._made.move_to_end(key)
        # Who leaves does not take it away from the others.
        return await asyncio.shield(task)

    def _forget_failed(self, key: Hashable, done: asyncio.Task[T]) -> None:
        if (done.cancelled() or done.exception()) and self._made.get(key) is done:
            del self._made[key]


def _note_kept() -> None:
    if (trace := tracing.get_trace()) is not None:
        trace.kept += 1


async def _await_made(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
