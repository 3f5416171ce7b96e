"""Cancel a task at a step that a test names: after that many of its awaits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_ENDS_WITHIN_S = 10.0


class Stepped(Coroutine[Any, Any, T]):
    """A coroutine whose steps are counted; `at_step` is called once, right after its step `number`."""

    def __init__(self, inner: Coroutine[Any, Any, T], number: int, at_step: Callable[[], object]) -> None:
        self._inner, self._number, self._at_step = inner, number, at_step
        self.steps = 0

    def send(self, value: Any, /) -> Any:
        """Go one step on."""
        self.steps += 1
        if self.steps == self._number:
            asyncio.get_running_loop().call_soon(self._at_step)
        return self._inner.send(value)

    def throw(self, *error: Any) -> Any:
        """Go one step on with an error."""
        return self._inner.throw(*error)

    def close(self) -> None:
        """End it."""
        self._inner.close()

    def __await__(self) -> Any:
        return self._inner.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # cr_frame and the like, by which libraries tell how far it is


async def counted(work: Coroutine[Any, Any, T]) -> int:
    """Run `work` to its end and return how many steps it took."""
    stepped = Stepped(work, 0, lambda: None)
    await asyncio.create_task(stepped)
    return stepped.steps


async def cancelled_at(
    number: int, work: Coroutine[Any, Any, T], *, turns: int = 0
) -> tuple["asyncio.Task[T]", bool]:
    """Run `work`, cancel it after its step `number` and `turns` more of the loop; return it ended, and if it went.

    The second is False when `work` had ended before. It fails when the task has not ended 10 seconds later.
    """
    was_cancelled = False

    def cancel(more: int) -> None:
        nonlocal was_cancelled
        if more:
            loop.call_soon(cancel, more - 1)
        else:
            was_cancelled = task.cancel()

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(Stepped(work, number, lambda: cancel(turns)))
    ended, _ = await asyncio.wait([task], timeout=_ENDS_WITHIN_S)
    assert ended, f"cancelled after step {number} and {turns} turns, it has not ended"
    return task, was_cancelled
