"""Say how fast the past may be read: never so that a run has to wait for what it needs."""

from datetime import datetime, timedelta

from shareable_backlog import clock
from shareable_backlog.errors import BacklogError, LinearFailed
from shareable_backlog.linear.connection.budget import KeyBudget
from shareable_backlog.linear.errors import Forbidden, InvalidQuery, RateLimited

LOOK_AGAIN_S = 60.0
_LATER_S = 3_600.0
_REFUSED_S = 24 * 3_600.0


def compute_pause_s(left: KeyBudget, now: datetime) -> float:
    """Return how long to wait until more than half of the budget is there again; it comes back little by little."""
    limits = (
        (left.requests_limit, left.requests_remaining, left.requests_reset_at),
        (left.complexity_limit, left.complexity_remaining, left.complexity_reset_at),
    )
    waits = [
        ((reset_at or now + timedelta(seconds=_LATER_S)) - now).total_seconds()
        for limit, remaining, reset_at in limits
        if limit is not None and remaining is not None and remaining * 2 < limit
    ]
    return min(max(waits, default=0.0), _LATER_S)


def choose_wait_s(error: BacklogError) -> float:
    """Return how long to wait after an error: the surer it is to come again, the longer."""
    match error:
        case RateLimited(retry_at=datetime() as retry_at):
            return min(max((retry_at - clock.read_time()).total_seconds(), LOOK_AGAIN_S), _LATER_S)
        case Forbidden() | InvalidQuery():
            return _REFUSED_S
        case LinearFailed():
            return _LATER_S
        case _:
            return LOOK_AGAIN_S
