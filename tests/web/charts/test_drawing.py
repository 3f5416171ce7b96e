"""Numbers as paths: where they are, and that nothing of them is lost on the way."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.web.charts import drawing
from shareable_backlog.web.charts.drawing import HEIGHT, WIDTH

FIRST = date(2026, 8, 3)
COUNTS = st.lists(st.integers(0, 1_000_000), min_size=2, max_size=40)


def list_weeks(count: int) -> list[date]:
    return [FIRST + timedelta(weeks=at) for at in range(count)]


def read_points(path: str) -> list[tuple[float, float]]:
    return [(float(across), float(down)) for across, down in re.findall(r"[ML]([\d.e+]+) ([\d.]+)", path)]


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (40, [0, 10, 20, 30, 40]),
        (41, [0, 20, 40, 60]),
        (9_999, [0, 5_000, 10_000]),
        (0.5, [0, 0.2, 0.4, 0.6]),
    ],
)
def test_a_scale_has_few_round_numbers(highest: float, steps: list[float]) -> None:
    top, found = drawing.build_scale([highest, 0])
    assert [one.value for one in found] == steps
    assert top == steps[-1]


@given(st.floats(0, 1e9, allow_subnormal=False))
def test_every_number_is_within_its_scale(highest: float) -> None:
    top, steps = drawing.build_scale([highest])
    assert highest <= top * (1 + 1e-9)
    assert 2 <= len(steps) <= 6
    assert [one.at for one in steps] == sorted((one.at for one in steps), reverse=True)


@given(COUNTS)
def test_a_line_goes_through_every_number(counts: list[int]) -> None:
    drawn = drawing.draw_lines(list_weeks(len(counts)), counts)
    top = drawn.steps[-1].value
    points = read_points(drawn.lines[0])
    assert [round((1 - down / HEIGHT) * top / max(top, 1), 2) for _, down in points] == pytest.approx(
        [count / max(top, 1) for count in counts], abs=0.01
    )
    assert (points[0][0], points[-1][0]) == (0, WIDTH)


def test_a_gap_is_a_gap_and_a_number_between_two_is_seen() -> None:
    path = drawing.draw_lines(list_weeks(6), [1, 1, None, 1, None, 1]).lines[0]
    assert path == "M0 0L200 0M600 0m-5 0h10M1000 0m-5 0h10"


def test_days_that_are_further_apart_stand_further_apart() -> None:
    days = [FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=10)]
    assert [across for across, _ in read_points(drawing.draw_lines(days, [0, 0, 0]).lines[0])] == [0, 100, 1000]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=30))
def test_what_is_stacked_ends_where_the_next_begins(pairs: list[tuple[int, int]]) -> None:
    drawn = drawing.draw_stack(list_weeks(len(pairs)), [one for one, _ in pairs], [two for _, two in pairs])
    top = drawn.steps[-1].value
    upper = [down for _, down in read_points(drawn.lines[1])]
    assert upper == pytest.approx([HEIGHT * (1 - sum(pair) / top) for pair in pairs], abs=0.06)
    below, lower = read_points(drawn.areas[1])[len(pairs) :], read_points(drawn.lines[0])
    assert below in (lower[::-1], [lower[-1], lower[0]]), "a level edge needs its ends alone"


def test_bars_stand_side_by_side_in_their_columns() -> None:
    drawn = drawing.draw_bars(list_weeks(2), [1, 0], [2, 2])
    first, second = (re.findall(r"M([\d.]+) 200V([\d.]+)h([\d.]+)", path) for path in drawn.bars)
    assert [float(down) for _, down, _ in first] == [100]
    assert [float(down) for _, down, _ in second] == [0, 0]
    [(across, _, wide)] = first
    assert float(across) + float(wide) == pytest.approx(float(second[0][0]), abs=1)


@given(st.integers(1, 200))
def test_few_days_are_named_and_the_first_of_them_always(count: int) -> None:
    ticks = drawing.build_ticks(list_weeks(count))
    assert 1 <= len(ticks) <= 6
    assert ticks[0].day == FIRST
    assert not ticks[0].is_extra
    assert all(one.at < two.at for one, two in pairwise(ticks))


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawing.draw_lines([]).ticks == ()
    assert drawing.draw_lines(list_weeks(2), [None, None]).areas == ("",)
