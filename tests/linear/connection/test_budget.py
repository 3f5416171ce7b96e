from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.linear.connection import budget
from shareable_backlog.linear.connection.budget import KeyBudget

NOON = datetime(2026, 5, 13, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=20)


def test_resets_are_read_as_milliseconds() -> None:
    read = budget.read_budget({"x-ratelimit-requests-reset": str(int(NOON.timestamp() * 1000))})
    assert read == KeyBudget(requests_reset_at=NOON)


@pytest.mark.parametrize("rubbish", ["", "soon", "-1", "nan", "inf", "1e400", "1e30"])
def test_rubbish_in_a_header_is_as_good_as_none(rubbish: str) -> None:
    assert budget.read_budget({"x-ratelimit-requests-reset": rubbish}) == KeyBudget()
    assert budget.parse_retry_after({"retry-after": rubbish}) is None


@pytest.mark.parametrize(
    ("read", "available_at"),
    [
        (KeyBudget(), None),
        (KeyBudget(requests_reset_at=NOON, complexity_reset_at=LATER), LATER),
        (KeyBudget(requests_remaining=0, requests_reset_at=NOON, complexity_reset_at=LATER), NOON),
        (KeyBudget(complexity_remaining=0, requests_reset_at=NOON), NOON),
    ],
)
def test_a_limited_key_waits_for_what_it_used_up(read: KeyBudget, available_at: datetime | None) -> None:
    assert read.available_at == available_at


def test_retry_after_may_be_a_date() -> None:
    assert budget.parse_retry_after({"retry-after": "Wed, 13 May 2026 12:00:00 GMT"}) == NOON


def left(*, requests: int = 2_500, points: int = 3_000_000, cost: int | None = 3_000) -> KeyBudget:
    return KeyBudget(2_500, requests, LATER, 3_000_000, points, LATER, cost)


@pytest.mark.parametrize(
    "read", [KeyBudget(), KeyBudget(requests_limit=9, requests_remaining=0), left(), left(requests=250)]
)
def test_nobody_waits_while_a_tenth_is_left_or_nothing_was_said(read: KeyBudget) -> None:
    assert budget.compute_pause_s(read, NOON) == 0


def test_the_last_tenth_of_the_requests_lasts_until_the_reset() -> None:
    assert budget.compute_pause_s(left(requests=240), NOON) == pytest.approx(1_200 / 240)


def test_the_last_tenth_of_the_points_lasts_until_the_reset() -> None:
    assert budget.compute_pause_s(left(points=60_000), NOON) == pytest.approx(1_200 * 3_000 / 60_000)


def test_the_scarcer_of_the_two_decides() -> None:
    assert budget.compute_pause_s(left(requests=1, points=60_000), NOON) == 1_200


@pytest.mark.parametrize("read", [left(requests=0), left(points=0), left(points=10), left(points=0, cost=None)])
def test_what_does_not_pay_for_a_request_is_waited_for_until_the_reset(read: KeyBudget) -> None:
    assert budget.compute_pause_s(read, NOON) == 1_200


def test_a_reset_that_has_come_ends_the_waiting() -> None:
    assert budget.compute_pause_s(left(requests=0), LATER + timedelta(seconds=1)) == 0


@pytest.mark.parametrize(("read", "used_up"), [(KeyBudget(), False), (left(), False), (left(points=0), True)])
def test_a_budget_is_used_up_when_either_has_nothing_left(read: KeyBudget, *, used_up: bool) -> None:
    assert read.is_used_up is used_up
