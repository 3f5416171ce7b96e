from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.linear import budget
from shareable_backlog.linear.budget import Budget

NOON = datetime(2026, 5, 13, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=20)


def test_resets_are_read_as_milliseconds() -> None:
    read = budget.from_headers({"x-ratelimit-requests-reset": str(int(NOON.timestamp() * 1000))})
    assert read == Budget(requests_reset_at=NOON)


@pytest.mark.parametrize("rubbish", ["", "soon", "-1", "nan", "inf", "1e400", "1e30"])
def test_rubbish_in_a_header_is_as_good_as_none(rubbish: str) -> None:
    assert budget.from_headers({"x-ratelimit-requests-reset": rubbish}) == Budget()
    assert budget.retry_after({"retry-after": rubbish}) is None


@pytest.mark.parametrize(
    ("read", "available_at"),
    [
        (Budget(), None),
        (Budget(requests_reset_at=NOON, complexity_reset_at=LATER), LATER),
        (Budget(requests_remaining=0, requests_reset_at=NOON, complexity_reset_at=LATER), NOON),
        (Budget(complexity_remaining=0, requests_reset_at=NOON), NOON),
    ],
)
def test_a_limited_key_waits_for_what_it_used_up(read: Budget, available_at: datetime | None) -> None:
    assert read.available_at == available_at


def test_retry_after_may_be_a_date() -> None:
    assert budget.retry_after({"retry-after": "Wed, 13 May 2026 12:00:00 GMT"}) == NOON
