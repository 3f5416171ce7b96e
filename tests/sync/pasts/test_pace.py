"""How fast the past may be read, and when again after what failed."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.linear.connection.budget import KeyBudget
from shareable_backlog.linear.errors import Forbidden, LinearUnavailable, RateLimited
from shareable_backlog.sync.pasts import pace


@pytest.mark.parametrize(
    ("left", "waits"),
    [
        (KeyBudget(), False),
        (KeyBudget(requests_limit=100, requests_remaining=50), False),
        (KeyBudget(requests_limit=100, requests_remaining=49), True),
        (KeyBudget(complexity_limit=100, complexity_remaining=49), True),
        (KeyBudget(requests_limit=100, requests_remaining=90, complexity_limit=100, complexity_remaining=0), True),
    ],
)
def test_half_of_the_budget_is_left_to_the_runs(left: KeyBudget, *, waits: bool) -> None:
    now = clock.read_time()
    found = pace.compute_pause_s(  # pyright: ignore[reportPrivateUsage]
        replace(left, requests_reset_at=now + timedelta(minutes=5), complexity_reset_at=now + timedelta(minutes=5)),
        now,
    )
    assert found == (300 if waits else 0)


def test_what_fails_is_tried_again_later_the_surer_it_fails_the_later() -> None:
    soon, later, latest = (
        pace.choose_wait_s(one)  # pyright: ignore[reportPrivateUsage]
        for one in (RateLimited(clock.read_time() + timedelta(minutes=9)), LinearUnavailable("Away."), Forbidden())
    )
    assert 500 < soon < 600 < later < latest
