"""Read from Linear's headers how much of its hourly budget the key has left."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.linear.connection import transport

_LITTLE = 0.1  # of a limit: from here on what is left is spread over the time until it is full again


class KeyBudget(Struct, frozen=True):
    """What one answer said about the key's budget; None is what it did not say or said unreadably.

    Requests are counted, complexity is in points; each is full again at its `_reset_at`.
    """

    requests_limit: int | None = None
    requests_remaining: int | None = None
    requests_reset_at: datetime | None = None
    complexity_limit: int | None = None
    complexity_remaining: int | None = None
    complexity_reset_at: datetime | None = None
    points_spent: int | None = None
    """What this one request cost."""

    @property
    def is_used_up(self) -> bool:
        """Return whether no request, or no point, was left."""
        return 0 in {self.requests_remaining, self.complexity_remaining}

    @property
    def available_at(self) -> datetime | None:
        """Return when to ask again once limited: when what is used up is back, else when everything is."""
        resets = (
            (self.requests_remaining, self.requests_reset_at),
            (self.complexity_remaining, self.complexity_reset_at),
        )
        used_up = [reset_at for remaining, reset_at in resets if reset_at and remaining == 0]
        return max(used_up or [reset_at for _, reset_at in resets if reset_at], default=None)


def read_budget(headers: Mapping[str, str]) -> KeyBudget:
    """Read the budget from an answer's headers, whose names are looked up in lower case."""

    def read_count(name: str) -> int | None:
        return _parse_whole_number(headers.get(name))

    return KeyBudget(
        requests_limit=read_count("x-ratelimit-requests-limit"),
        requests_remaining=read_count("x-ratelimit-requests-remaining"),
        requests_reset_at=_parse_epoch_ms(read_count("x-ratelimit-requests-reset")),
        complexity_limit=read_count("x-ratelimit-complexity-limit"),
        complexity_remaining=read_count("x-ratelimit-complexity-remaining"),
        complexity_reset_at=_parse_epoch_ms(read_count("x-ratelimit-complexity-reset")),
        points_spent=read_count("x-complexity"),
    )


def parse_retry_after(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of a Retry-After header, be it in seconds or a date; None without a readable one."""
    text = headers.get("retry-after", "")
    if (seconds := _parse_whole_number(text)) is not None:
        return _parse_epoch_ms(int((clock.read_time().timestamp() + seconds) * 1000))
    return transport.parse_http_date(text)


def compute_pause_s(left: KeyBudget, now: datetime) -> float:
    """Return how many seconds to wait before the next request so that what is left lasts until it is full again.

    That is 0 while a tenth of each limit is left, or when Linear did not say; what is used up is waited for in
    full. A request is expected to cost as many points as the last one.
    """
    requests = _compute_spread_s(left.requests_limit, left.requests_remaining, left.requests_reset_at, 1, now)
    cost = left.points_spent or 1
    points = _compute_spread_s(left.complexity_limit, left.complexity_remaining, left.complexity_reset_at, cost, now)
    return max(requests, points)


def _compute_spread_s(
    limit: int | None, remaining: int | None, reset_at: datetime | None, cost: int, now: datetime
) -> float:
    if limit is None or remaining is None or reset_at is None or remaining >= limit * _LITTLE:
        return 0.0
    until_full_s = max(0.0, (reset_at - now).total_seconds())
    return until_full_s * min(1.0, cost / remaining) if remaining else until_full_s


def _parse_whole_number(text: str | None) -> int | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number >= 0 else None


def _parse_epoch_ms(epoch_ms: int | None) -> datetime | None:
    try:
        return None if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
