from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection.retry import Retries, call_with_retries
from shareable_backlog.linear.errors import LinearUnavailable, PartialAnswer, RateLimited

pytestmark = pytest.mark.anyio


class Attempts:
    """Fail as told, then give 7; remember the waits between."""

    def __init__(self, *faults: LinearFailed) -> None:
        self._faults = list(faults)
        self.waits: list[float] = []

    async def ask(self) -> int:
        if self._faults:
            raise self._faults.pop(0)
        return 7

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def run(self, *, random: Callable[[], float] = lambda: 0, attempts: int = 5) -> int:
        retries = Retries(attempts=attempts, longest_wait_s=5, sleep=self.sleep, random=random)
        return await call_with_retries(self.ask, retries)


def unavailable(count: int) -> list[LinearFailed]:
    return [LinearUnavailable("Away.")] * count


async def test_waits_double_up_to_the_longest() -> None:
    attempts = Attempts(*unavailable(4))
    assert await attempts.run() == 7
    assert attempts.waits == [1, 2, 4, 5]


async def test_chance_takes_up_to_half_of_a_wait() -> None:
    attempts = Attempts(*unavailable(2))
    await attempts.run(random=lambda: 1)
    assert attempts.waits == [0.5, 1]


async def test_the_last_attempt_says_what_is_wrong() -> None:
    attempts = Attempts(*unavailable(9))
    with pytest.raises(LinearUnavailable):
        await attempts.run(attempts=3)
    assert len(attempts.waits) == 2


async def test_holes_are_not_asked_for_again() -> None:
    attempts = Attempts(PartialAnswer())
    with pytest.raises(PartialAnswer):
        await attempts.run()
    assert attempts.waits == []


async def test_a_budget_that_is_back_soon_is_waited_for() -> None:
    attempts = Attempts(RateLimited(datetime.now(UTC) + timedelta(seconds=4)))
    assert await attempts.run() == 7
    assert 4 < attempts.waits[0] <= 5


async def test_a_budget_that_is_back_late_is_left_to_the_caller() -> None:
    attempts = Attempts(RateLimited(datetime.now(UTC) + timedelta(minutes=20)))
    with pytest.raises(RateLimited):
        await attempts.run()
    assert attempts.waits == []


async def test_a_reset_in_the_past_is_asked_again_after_an_ordinary_wait() -> None:
    attempts = Attempts(RateLimited(datetime.now(UTC) - timedelta(minutes=20)), RateLimited(None))
    assert await attempts.run() == 7
    assert attempts.waits == [1, 2]
