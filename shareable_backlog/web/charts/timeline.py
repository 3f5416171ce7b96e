"""Turn dates into places on a time line, given in per cent of its width."""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from shareable_backlog.errors import InvalidInput

Length: TypeAlias = Literal[3, 6, 12, 24]
"""A length, in months, that a reader may choose."""

LENGTHS: Final[tuple[Length, ...]] = get_args(Length)

_USUAL = 8  # the month before this one, this one, and six to come
_FIRST_YEAR, _LAST_YEAR = 1900, 9900
_TURNS_AT = 55  # per cent; a name that begins further right stands on the left of its mark
_BEYOND = 2.0  # per cent; the picture ends at its edge, and with it the round end of a bar
_MARK, _LETTER = 1.6, 0.98  # per cent; wide enough on a line of 640 pixels


class TimelineWindow(Struct, frozen=True):
    """Show whole months: from `start`, the first of a month, up to `end`, the first of the month after the last."""

    start: date
    months: int

    @property
    def end(self) -> date:
        """Return the first day that is not shown."""
        return _add_months(self.start, self.months)

    @property
    def last(self) -> date:
        """Return the first day of the last month that is shown."""
        return _add_months(self.start, self.months - 1)

    def place(self, day: date) -> float:
        """Return where `day` begins, in per cent; less than 0 and more than 100 lie outside."""
        return round((day - self.start).days * self.day_width, 2)

    @property
    def day_width(self) -> float:
        """Return how wide a day is, in per cent."""
        return 100 / (self.end - self.start).days

    def shift(self, direction: int) -> "TimelineWindow":
        """Return the window half its length later (`direction` 1) or earlier (-1)."""
        return TimelineWindow(_add_months(self.start, direction * max(1, self.months // 2)), self.months)


class Tick(Struct, frozen=True):
    """Mark the beginning of a month on the scale; `wide` is its width in per cent."""

    first: date
    at: float
    wide: float


class Bar(Struct, frozen=True):
    """A project's time, in per cent, a little beyond the edge where it goes on.

    `is_open_left` and `is_open_right` where no date ends it.
    """

    at: float
    wide: float
    is_open_left: bool
    is_open_right: bool


class Mark(Struct, frozen=True):
    """Milestone number `of` at `at` per cent in lane 0, 1, …, its words on the left of it if `is_turned`."""

    of: int
    at: float
    lane: int
    is_turned: bool


def read_month(text: str) -> date:
    """Return the first day of a month that is written as `2026-10`. Raise InvalidInput for anything else."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = None
    if first is None or not _FIRST_YEAR <= first.year <= _LAST_YEAR:
        raise InvalidInput("A roadmap begins with a month like 2026-10. Start again from this month.")
    return first


def write_month(first: date) -> str:
    """Return a month as `read_month` takes it."""
    return f"{first:%Y-%m}"


def parse_window(first: date | None, months: Length | None, today: date) -> TimelineWindow:
    """Return the window from the month that begins on `first` on; None is what is usual."""
    return TimelineWindow(first or _add_months(today.replace(day=1), -1), months or _USUAL)


def build_ticks(window: TimelineWindow) -> list[Tick]:
    """Return the months of the scale; of more than twelve only each quarter's first; the first may be cut."""
    firsts = [_add_months(window.start, month) for month in range(window.months)]
    if window.months > 12:  # noqa: PLR2004 (a year)
        firsts = [first for first in firsts if first.month % 3 == 1 or first == window.start]
    ends = [*firsts[1:], window.end]
    return [
        Tick(first, window.place(first), window.place(end) - window.place(first))
        for first, end in zip(firsts, ends, strict=True)
    ]


def build_bar(window: TimelineWindow, start: date | None, target: date | None) -> Bar | None:
    """Return the bar of a project; None where it lies outside, or has no date.

    It ends with the end of its target day. With one date alone it is open to the other side.
    """
    if start is None and target is None:
        return None
    if start and target and target < start:
        start, target = target, start  # whoever mixed them up still sees when it is
    left = window.place(start) if start else 0.0
    right = window.place(target) + window.day_width if target else 100.0
    if right <= 0 or left >= 100:  # noqa: PLR2004 (per cent)
        return None
    at, end = max(left, -_BEYOND), min(right, 100 + _BEYOND)
    return Bar(round(at, 2), round(end - at, 2), start is None, target is None)


def build_marks(window: TimelineWindow, named: Sequence[tuple[date | None, int]]) -> list[Mark]:
    """Return the marks of milestones, each in the first lane where its words run into no others.

    `named` are their dates and how many letters stand beside the mark. What has no date or lies outside has none.
    """
    lanes: list[list[tuple[float, float]]] = []
    found: list[Mark] = []
    for of, (day, letters) in enumerate(named):
        if day is None or not window.start <= day < window.end:
            continue
        at = window.place(day)
        is_turned = at > _TURNS_AT
        reach = _MARK + _LETTER * letters
        taken = (at - reach, at + _MARK) if is_turned else (at - _MARK, at + reach)
        lane = next((number for number, others in enumerate(lanes) if _is_free(taken, others)), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(taken)
        found.append(Mark(of, at, lane, is_turned))
    return found


def _is_free(taken: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    return all(taken[1] <= left or taken[0] >= right for left, right in others)


def _add_months(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
