"""Draw series of numbers: paths of SVG in a field that is stretched to the room there is, and its scales."""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby, pairwise

from msgspec import Struct

WIDTH, HEIGHT = 1000, 200
"""The size of the field in which paths are drawn; its height is in pixels, its width is whatever the page has."""

_MOST_STEPS = 4
_MOST_TICKS = 6
_LEAST = 0.01
_DASH = 10  # what is drawn of a number whose neighbors are missing
_BAR_SHARE = 0.76  # of the room of each column; the rest divides it from the next


class ScaleStep(Struct, frozen=True):
    """A line across the field: which number it stands for, and where, in pixels from the top."""

    value: float
    at: float


class DayTick(Struct, frozen=True):
    """A word below the field: a day and where it is, in per cent; an extra one is left out where room is scarce."""

    day: date
    at: float
    is_extra: bool


class Drawing(Struct, frozen=True, kw_only=True):
    """Paths of SVG by series: `lines`, and `areas` below them; `bars` are areas of their own.

    `steps` and `ticks` are the scales at the left and below.
    """

    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()
    steps: tuple[ScaleStep, ...]
    ticks: tuple[DayTick, ...]
    height: int = HEIGHT


def draw_lines(days: Sequence[date], *series: Sequence[float | None]) -> Drawing:
    """Return each series as a line over `days` and as the area down to the ground; None leaves a gap."""
    top, steps = build_scale(value for one in series for value in one if value is not None)
    places = [WIDTH * at for at in _place_days(days)]
    drawn = [[None if value is None else _place(value, top) for value in one] for one in series]
    return Drawing(
        lines=tuple(_draw_line(places, one) for one in drawn),
        areas=tuple(_draw_area(places, one, [float(HEIGHT)] * len(places)) for one in drawn),
        steps=steps,
        ticks=build_ticks(days),
    )


def draw_stack(days: Sequence[date], *series: Sequence[float]) -> Drawing:
    """Return each series as an area over `days` that stands on those before it; the first stands on the ground."""
    sums: list[list[float]] = [[0.0] * len(days)]
    for one in series:
        sums.append([below + value for below, value in zip(sums[-1], one, strict=True)])
    top, steps = build_scale(sums[-1])
    places = [WIDTH * at for at in _place_days(days)]
    edges = [[_place(value, top) for value in one] for one in sums]
    return Drawing(
        lines=tuple(_draw_line(places, upper) for upper in edges[1:]),
        areas=tuple(_draw_area(places, upper, lower) for lower, upper in pairwise(edges)),
        steps=steps,
        ticks=build_ticks(days),
    )


def draw_bars(days: Sequence[date], *series: Sequence[float | None]) -> Drawing:
    """Return the bars of each series: a column for each of `days`, in which all stand side by side."""
    top, steps = build_scale(value for one in series for value in one if value is not None)
    column = WIDTH / max(len(days), 1)
    wide = column * _BAR_SHARE / max(len(series), 1)
    left = column * (1 - _BAR_SHARE) / 2
    return Drawing(
        bars=tuple(
            "".join(
                _draw_bar(at * column + left + number * wide, wide, _place(value, top))
                for at, value in enumerate(one)
                if value
            )
            for number, one in enumerate(series)
        ),
        steps=steps,
        ticks=_build_column_ticks(days),
    )


def build_scale(values: Iterable[float]) -> tuple[float, tuple[ScaleStep, ...]]:
    """Return a round number above all `values` and the lines up to it, at most five; nothing is below 0."""
    highest = max(values, default=0.0)
    if highest < _LEAST:
        highest = 1.0
    rough = highest / _MOST_STEPS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * one for one in (1, 2, 5, 10) if unit * one >= rough * (1 - 1e-9))
    # Counts have no halves; what is less than one in all is no count.
    step = max(step, 1.0) if highest >= 1 else step
    count = max(math.ceil(highest / step - 1e-9), 1)
    top = round(step * count, 6)
    return top, tuple(ScaleStep(round(step * at, 6), _place(step * at, top)) for at in range(count + 1))


def build_ticks(days: Sequence[date]) -> tuple[DayTick, ...]:
    """Return at most six of `days` to be named, as far apart from each other as may be; the first is always named."""
    if not days:
        return ()
    every = max(math.ceil(len(days) / _MOST_TICKS), 1)
    places = _place_days(days)
    chosen = range(0, len(days), every)
    return tuple(
        DayTick(days[at], round(100 * places[at], 2), is_extra=bool(number % 2)) for number, at in enumerate(chosen)
    )


def _build_column_ticks(days: Sequence[date]) -> tuple[DayTick, ...]:
    every = max(math.ceil(len(days) / _MOST_TICKS), 1)
    return tuple(
        DayTick(days[at], round(100 * (at + 0.5) / len(days), 2), is_extra=bool(number % 2))
        for number, at in enumerate(range(0, len(days), every))
    )


def _place_days(days: Sequence[date]) -> list[float]:
    """Return where each day stands between the first at 0 and the last at 1."""
    if len(days) < 2:  # noqa: PLR2004 (no time between them)
        return [0.0 for _ in days]
    span = (days[-1] - days[0]).days
    return [(day - days[0]).days / span for day in days]


def _place(value: float, top: float) -> float:
    return round(HEIGHT * (1 - value / top), 1)


def _draw_line(places: Sequence[float], heights: Sequence[float | None]) -> str:
    parts: list[str] = []
    for is_there, found in groupby(zip(places, heights, strict=True), lambda one: one[1] is not None):
        points = [f"{across:.4g} {down:g}" for across, down in found if down is not None]
        if is_there and len(points) > 1:
            parts.append("M" + "L".join(points))
        elif is_there:
            # One by itself would have no length.
            parts.append(f"M{points[0]}m-{_DASH / 2:g} 0h{_DASH:g}")
    return "".join(parts)


def _draw_area(places: Sequence[float], upper: Sequence[float | None], lower: Sequence[float]) -> str:
    there = [(across, up, down) for across, up, down in zip(places, upper, lower, strict=True) if up is not None]
    if not there:
        return ""
    over = "L".join(f"{across:.4g} {up:g}" for across, up, _ in there)
    ground = lower[0] if len(set(lower)) == 1 else None
    if ground is not None:
        return f"M{over}L{there[-1][0]:.4g} {ground:g}L{there[0][0]:.4g} {ground:g}Z"
    back = "L".join(f"{across:.4g} {down:g}" for across, _, down in reversed(there))
    return f"M{over}L{back}Z"


def _draw_bar(across: float, wide: float, down: float) -> str:
    return f"M{across:.4g} {HEIGHT}V{down:g}h{wide:.3g}V{HEIGHT}Z"
