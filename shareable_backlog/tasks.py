"""End asyncio's tasks without losing the cancellation of whoever waits for their ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_AGAIN_AFTER_S = 3.0


async def end_tasks(*tasks: asyncio.Task[Any]) -> None:
    """Cancel `tasks` and return once all have ended, whatever with.

    `task.cancel()` and then `await task` can't tell the task's cancellation from one's own, and would go on as if
    nobody had asked for it. Here a cancellation of one's own is raised as soon as the tasks have ended. A task that
    goes on all the same is cancelled again every three seconds: before Python 3.12 `asyncio.wait_for`, which
    libraries use, loses a cancellation that comes together with the result.
    """
    own: asyncio.CancelledError | None = None
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        own = await _wait(waiting, _AGAIN_AFTER_S) or own
    if own is not None:
        raise own


async def see_through(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` does; a cancellation meanwhile is raised once it has come to its end.

    For what must not be left half done; it has to have a limit of its own.
    """
    own: asyncio.CancelledError | None = None
    task = asyncio.create_task(work)
    while not task.done():
        own = await _wait([task], None) or own
    if own is not None:
        raise own
    return task.result()


async def _wait(tasks: list[asyncio.Task[Any]], within_s: float | None) -> asyncio.CancelledError | None:
    """Wait for `tasks`, and return the cancellation that ended the waiting, if one did."""
    try:
        await asyncio.wait(tasks, timeout=within_s)
    except asyncio.CancelledError as error:
        return error
    return None
