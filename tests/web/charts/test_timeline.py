"""Dates as places on a time line."""

from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import InvalidInput
from shareable_backlog.web.charts import timeline
from shareable_backlog.web.charts.timeline import TimelineWindow

TODAY = date(2026, 11, 23)
AUTUMN = TimelineWindow(date(2026, 10, 1), 3)
DATES = st.dates()
NEAR = st.dates(date(2026, 8, 1), date(2027, 3, 1))
WINDOWS = st.builds(
    TimelineWindow,
    st.dates(date(1900, 1, 1), date(9900, 12, 1)).map(lambda day: day.replace(day=1)),
    st.sampled_from((*timeline.LENGTHS, 8)),
)


def test_the_usual_window_runs_from_a_month_ago_to_six_months_ahead() -> None:
    usual = timeline.parse_window(None, None, TODAY)
    assert (usual.start, usual.end, usual.last) == (date(2026, 10, 1), date(2027, 6, 1), date(2027, 5, 1))


def test_in_january_the_usual_window_begins_in_december() -> None:
    assert timeline.parse_window(None, 3, date(2027, 1, 31)) == TimelineWindow(date(2026, 12, 1), 3)


def test_a_url_may_name_the_first_month_and_the_length() -> None:
    assert timeline.parse_window(timeline.read_month("2026-12"), 24, TODAY) == TimelineWindow(date(2026, 12, 1), 24)


@pytest.mark.parametrize("first", ["2026", "2026-13", "2026-1", "1899-12", "9901-01", "0000-01", "2026-10-01", "now"])
def test_what_is_no_month_is_refused(first: str) -> None:
    with pytest.raises(InvalidInput, match="begins with a month"):
        timeline.read_month(first)


@given(st.text(max_size=12))
def test_any_text_is_a_month_or_invalid(text: str) -> None:
    try:
        first = timeline.read_month(text)
    except InvalidInput:
        return
    assert first.day == 1
    assert timeline.read_month(timeline.write_month(first)) == first


@given(WINDOWS)
def test_the_way_back_leads_to_where_one_was(shown: TimelineWindow) -> None:
    assert shown.shift(1).shift(-1) == shown
    assert shown.start < shown.shift(1).start < shown.end


@given(WINDOWS)
def test_the_scale_covers_the_window_without_gaps(shown: TimelineWindow) -> None:
    ticks = timeline.build_ticks(shown)
    assert ticks[0].at == 0
    assert all(left.at + left.wide == pytest.approx(right.at, abs=0.02) for left, right in pairwise(ticks))
    assert ticks[-1].at + ticks[-1].wide == pytest.approx(100)
    assert len(ticks) <= 12


def test_more_than_a_year_is_told_in_quarters() -> None:
    firsts = [tick.first for tick in timeline.build_ticks(TimelineWindow(date(2026, 11, 1), 24))]
    assert [first.month for first in firsts] == [11, 1, 4, 7, 10, 1, 4, 7, 10]


def test_a_bar_includes_its_last_day() -> None:
    found = timeline.build_bar(AUTUMN, date(2026, 10, 1), date(2026, 12, 31))
    assert found is not None
    assert (found.at, found.wide) == (0, 100)


def test_a_bar_that_goes_on_is_cut_beyond_the_edge() -> None:
    found = timeline.build_bar(AUTUMN, date(2020, 1, 1), date(2026, 11, 15))
    assert found is not None
    assert (found.at, found.wide) == (-2, 52)


def test_dates_that_were_mixed_up_are_put_right() -> None:
    mixed = timeline.build_bar(AUTUMN, date(2026, 12, 1), date(2026, 11, 1))
    assert mixed == timeline.build_bar(AUTUMN, date(2026, 11, 1), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("start", "target", "is_seen"),
    [
        (None, None, False),
        (date(2026, 9, 1), date(2026, 9, 30), False),
        (date(2026, 9, 1), date(2026, 10, 1), True),
        (date(2026, 12, 31), date(2027, 2, 1), True),
        (date(2027, 1, 1), date(2027, 2, 1), False),
        (None, date(2026, 9, 30), False),
        (None, date(2030, 1, 1), True),
        (date(2027, 1, 1), None, False),
        (date(2020, 1, 1), None, True),
    ],
)
def test_what_lies_outside_has_no_bar(start: date | None, target: date | None, is_seen: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert (timeline.build_bar(AUTUMN, start, target) is not None) == is_seen


def test_a_bar_without_one_of_its_dates_is_open_on_that_side() -> None:
    only_target = timeline.build_bar(AUTUMN, None, date(2026, 11, 15))
    only_start = timeline.build_bar(AUTUMN, date(2026, 11, 16), None)
    assert only_target is not None
    assert only_start is not None
    assert (only_target.at, only_target.is_open_left, only_target.is_open_right) == (0, True, False)
    assert (only_start.at + only_start.wide, only_start.is_open_left, only_start.is_open_right) == (100, False, True)


@given(WINDOWS, st.none() | DATES, st.none() | DATES)
def test_no_bar_leaves_the_picture(shown: TimelineWindow, start: date | None, target: date | None) -> None:
    found = timeline.build_bar(shown, start, target)
    if found is not None:
        assert -2 <= found.at < 100
        assert 0 < found.wide <= 104


def test_a_mark_stands_at_its_day_with_its_words_where_there_is_room() -> None:
    early, late = timeline.build_marks(AUTUMN, [(date(2026, 10, 1), 20), (date(2026, 12, 31), 20)])
    assert (early.of, early.at, early.is_turned) == (0, 0, False)
    assert (late.of, late.at > 98, late.is_turned) == (1, True, True)


def test_milestones_without_a_date_in_the_window_have_no_mark() -> None:
    days = [None, AUTUMN.start - timedelta(days=1), AUTUMN.start, AUTUMN.end - timedelta(days=1), AUTUMN.end]
    assert [mark.of for mark in timeline.build_marks(AUTUMN, [(day, 9) for day in days])] == [2, 3]


@given(st.lists(st.tuples(NEAR, st.integers(1, 43)), max_size=12))
def test_no_words_run_into_others(named: list[tuple[date, int]]) -> None:
    def taken(mark: timeline.Mark) -> tuple[float, float]:
        reach = 0.98 * named[mark.of][1]
        return (mark.at - reach, mark.at) if mark.is_turned else (mark.at, mark.at + reach)

    for one, other in combinations(timeline.build_marks(AUTUMN, named), 2):
        (left, right), (begins, ends) = taken(one), taken(other)
        assert one.lane != other.lane or right <= begins or ends <= left
