"""Ask again after passing faults: growing, jittered, bounded waits; the one policy for all of Linear."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from shareable_backlog import clock, logs
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.errors import LinearUnavailable, RateLimited

_LOG = logs.get_logger(__name__)
_Answer = TypeVar("_Answer")


class Retries(Struct, frozen=True):
    """How often and how patiently to ask; `random` gives 0 to 1.

    A wait doubles from `first_wait_s` up to `longest_wait_s`, less up to half of it by chance. A spent budget
    is waited for when it is back within `longest_wait_s`; else RateLimited is left to the caller.
    """

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


async def call_with_retries(
    ask: Callable[[], Awaitable[_Answer]],
    retries: Retries,
    note_wait: Callable[[LinearFailed | None, float], None] = lambda _error, _wait_s: None,
) -> _Answer:
    """Return what `ask` gives, asking again after LinearUnavailable and RateLimited; raises the last one.

    `note_wait` is told why and for how long it waits, and None when it asks again.
    """
    attempt = 1
    while True:
        try:
            return await ask()
        except (LinearUnavailable, RateLimited) as error:
            budget_back_s = _compute_wait_s(error.retry_at) if isinstance(error, RateLimited) else 0.0
            if attempt >= retries.attempts or budget_back_s > retries.longest_wait_s:
                raise
            growing_s = min(retries.first_wait_s * 2 ** (attempt - 1), retries.longest_wait_s)
            wait_s = budget_back_s + growing_s * (1 - retries.random() / 2)
            _LOG.info("linear.retrying", attempt=attempt, wait_s=round(wait_s, 1), code=error.code)
            note_wait(error, wait_s)
        await retries.sleep(wait_s)
        note_wait(None, 0)
        attempt += 1


def _compute_wait_s(time: datetime | None) -> float:
    return max(0.0, (time - clock.read_time()).total_seconds()) if time else 0.0
