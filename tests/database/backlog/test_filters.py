"""What the words for days mean, before and after today."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.database.backlog.filters import parse_days

TODAY = date(2026, 2, 6)
Span = tuple[date | None, date | None]


@pytest.mark.parametrize(
    ("word", "span"),
    [
        ("today", (TODAY, TODAY)),
        ("2026-11-05", (date(2026, 11, 5), date(2026, 11, 5))),
        ("2026-11-01..2026-11-30", (date(2026, 11, 1), date(2026, 11, 30))),
        ("2026-11-01..", (date(2026, 11, 1), None)),
        ("..2026-11-30", (None, date(2026, 11, 30))),
    ],
)
@pytest.mark.parametrize("is_ahead", [True, False])
def test_a_day_and_a_span_mean_the_same_ahead_and_back(word: str, span: Span, *, is_ahead: bool) -> None:
    assert parse_days(word, TODAY, is_ahead=is_ahead) == span


def test_some_days_lie_ahead_or_back_with_today_among_them() -> None:
    assert parse_days("7d", TODAY, is_ahead=True) == (TODAY, date(2026, 2, 13))
    assert parse_days("7d", TODAY, is_ahead=False) == (date(2026, 1, 30), TODAY)


def test_overdue_is_before_today_and_only_ahead() -> None:
    assert parse_days("overdue", TODAY, is_ahead=True) == (None, date(2026, 2, 5))
    assert parse_days("overdue", TODAY, is_ahead=False) is None


@pytest.mark.parametrize(
    "word", ["", "..", "soon", "7", "d", "-7d", "99999d", "2026-02-30", "2026-2-6", "20260206", "today..", "٣d", "²d"]
)
@pytest.mark.parametrize("is_ahead", [True, False])
def test_any_other_word_means_no_days(word: str, *, is_ahead: bool) -> None:
    assert parse_days(word, TODAY, is_ahead=is_ahead) is None


@given(today=st.dates(), days=st.integers(0, 9999), is_ahead=st.booleans())
def test_as_many_days_are_meant_as_are_said_or_none_beyond_the_calendar(
    today: date, days: int, *, is_ahead: bool
) -> None:
    found = parse_days(f"{days}d", today, is_ahead=is_ahead)
    if found is None:
        edge = date.max if is_ahead else date.min
        assert abs((edge - today).days) < days
    else:
        first, last = found
        assert first is not None
        assert last is not None
        assert last - first == timedelta(days)
        assert today in {first, last}
