"""The days of the meeting: the last one, and the next."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shareable_backlog.database.settings import PlaceSettings
from shareable_backlog.services.meetings import find_last_meeting, find_next_meeting, iterate_past_meetings

TUESDAYS = PlaceSettings(
    version=1,
    rank_order="priority",
    meeting_weekday=2,
    meeting_first_day=date(2026, 1, 6),
    last_meeting_day=None,
    place_name="Backlog",
    place_color=None,
    logo_hash=None,
    pages_off=[],
    sync_interval_s=None,
    start_view_id=None,
    matrix_label_group_id=None,
)
DAYS = st.dates(date(2025, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("today", "last", "following"),
    [
        (date(2026, 1, 5), None, date(2026, 1, 6)),
        (date(2026, 1, 6), None, date(2026, 1, 6)),
        (date(2026, 1, 7), date(2026, 1, 6), date(2026, 1, 20)),
        (date(2026, 1, 13), date(2026, 1, 6), date(2026, 1, 20)),
        (date(2026, 1, 20), date(2026, 1, 6), date(2026, 1, 20)),
        (date(2026, 1, 21), date(2026, 1, 20), date(2026, 2, 3)),
    ],
)
def test_the_meeting_is_every_second_tuesday_and_counts_as_the_last_from_the_day_after(
    today: date, last: date | None, following: date
) -> None:
    assert (find_last_meeting(TUESDAYS, today), find_next_meeting(TUESDAYS, today)) == (last, following)


def test_a_first_day_that_is_another_weekday_means_the_next_such_weekday() -> None:
    fridays = replace(TUESDAYS, meeting_weekday=5)
    assert find_next_meeting(fridays, date(2026, 1, 1)) == date(2026, 1, 9)


def test_without_a_weekday_there_is_no_regular_meeting() -> None:
    none = replace(TUESDAYS, meeting_weekday=None)
    assert find_last_meeting(none, date(2026, 5, 1)) is None
    assert find_next_meeting(none, date(2026, 5, 1)) is None
    assert find_last_meeting(replace(none, last_meeting_day=date(2026, 4, 3)), date(2026, 5, 1)) == date(2026, 4, 3)


def test_a_pinned_day_counts_instead_from_that_day_on() -> None:
    pinned = replace(TUESDAYS, last_meeting_day=date(2026, 1, 22))
    assert find_last_meeting(pinned, date(2026, 1, 21)) == date(2026, 1, 20)
    assert find_last_meeting(pinned, date(2026, 1, 22)) == date(2026, 1, 22)
    assert find_last_meeting(pinned, date(2026, 3, 1)) == date(2026, 1, 22)


@given(first=DAYS, weekday=st.integers(1, 7), today=DAYS)
def test_the_last_and_the_next_are_two_weeks_apart_around_today(first: date, weekday: int, today: date) -> None:
    chosen = replace(TUESDAYS, meeting_weekday=weekday, meeting_first_day=first)
    last, following = find_last_meeting(chosen, today), find_next_meeting(chosen, today)
    assert following is not None
    assert following >= max(today, first)
    assert following.isoweekday() == weekday
    if last is None:
        assert following - first < timedelta(days=7)
    else:
        assert first <= last < today
        assert following - last == timedelta(days=14)


def test_past_meetings_come_the_last_first_and_those_before_a_pinned_day_are_regular() -> None:
    assert list(iterate_past_meetings(TUESDAYS, date(2026, 2, 5))) == [
        date(2026, 2, 3), date(2026, 1, 20), date(2026, 1, 6),
    ]  # fmt: skip
    pinned = replace(TUESDAYS, last_meeting_day=date(2026, 1, 22))
    assert list(iterate_past_meetings(pinned, date(2026, 3, 1))) == [
        date(2026, 1, 22), date(2026, 1, 20), date(2026, 1, 6),
    ]  # fmt: skip
