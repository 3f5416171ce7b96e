"""Tell how the work of any part of the backlog goes: what came in, what was done, and how long that took."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.counts import item_moments
from shareable_backlog.database.backlog.counts.item_moments import Moment, MomentCount
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.services.backlog import filters, selections
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.charts import item_ages, item_flow
from shareable_backlog.services.charts.item_ages import AgeBand
from shareable_backlog.services.charts.item_flow import TypeFlow

MOST_COUNTED = item_moments.MOST_COUNTED
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_DAY_S = 24 * 60 * 60
_SHORT = 13
"""So many weeks are few enough to tell how long work took by week; of more it is told by month."""


class TrendCount(Struct, frozen=True):
    """So many items, of which `filters` leave just these; the count is None where not all were looked at."""

    count: int | None
    filters: Filters


class TrendWeek(Struct, frozen=True):
    """What came in and what was done in a week, which may not be over yet."""

    first: date
    last: date
    created: TrendCount
    done: TrendCount


class TimeTaken(Struct, frozen=True):
    """How many days it took from start to done: half of `count` items took no longer than `half`, 85 of 100 `most`.

    They are what was done from `first` to `last`; None without any, or where not all were looked at.
    """

    first: date
    last: date
    count: int
    half: float | None
    most: float | None


class TrendMonth(Struct, frozen=True):
    """What was done in a month of this year, None of one that is still to come, and in that of last year."""

    first: date
    this_year: TrendCount | None
    last_year: TrendCount


class Trends(Struct, frozen=True, kw_only=True):
    """All pictures of a part of the backlog; `is_cut` where there are more items than are counted."""

    weeks: Sequence[TrendWeek]
    times: Sequence[TimeTaken]
    months: Sequence[TrendMonth]
    ages: Sequence[AgeBand]
    flow: TypeFlow | None
    is_cut: bool


class _Counted(Struct, frozen=True):
    """What was counted by one moment between some days, by the first of each span, of what `filters` leave."""

    moment: Moment
    filters: Filters
    counts: Mapping[date, MomentCount]
    complete_from: date | None

    def tell(self, first: date, end: date) -> TrendCount:
        found = self.counts.get(first)
        left = filters.narrow_to(self.filters, Condition(self.moment, (f"{first}..{end - _DAY}",)))
        return TrendCount((found.count if found else 0) if self._is_whole(first) else None, left)

    def tell_time(self, first: date, end: date) -> TimeTaken:
        found = self.counts.get(first)
        if found is None or not found.timed or not self._is_whole(first):
            return TimeTaken(first, end - _DAY, 0, None, None)
        half, most = (seconds and seconds / _DAY_S for seconds in (found.half_s, found.most_s))
        return TimeTaken(first, end - _DAY, found.timed, half, most)

    def _is_whole(self, first: date) -> bool:
        return self.complete_from is None or first > self.complete_from


async def build_trends(scope: Scope, query: ItemQuery, count: int, version: str) -> Trends:
    """Return the trends of so many weeks, the running one the last; `version` is the mirror's.

    What the filters say of when items came in or were done does not count for those numbers, nor that what is done
    or archived is hidden: the time that is shown does.
    """
    plain = replace(query.filters, since=None, moved=None)
    today = query.now.date()
    weeks, months = list_weeks(today, count), _list_months(today)
    by_week, by_month = await _count(scope, replace(query, filters=plain), version, "completed", weeks, months)
    [came] = await _count(scope, replace(query, filters=plain), version, "created", weeks)
    is_short = count <= _SHORT
    spans = [span for span in pairwise(weeks if is_short else months) if weeks[0] < span[1] and span[0] <= today]
    timed = by_week if is_short else by_month
    return Trends(
        weeks=[
            TrendWeek(first, end - _DAY, came.tell(first, end), by_week.tell(first, end))
            for first, end in pairwise(weeks)
        ],
        times=[timed.tell_time(first, end) for first, end in spans],
        months=[
            TrendMonth(this[0], by_month.tell(*this) if this[0] <= today else None, by_month.tell(*last))
            for last, this in zip(pairwise(months[:13]), pairwise(months[12:]), strict=True)
        ],
        ages=await item_ages.count_ages(scope, replace(query, filters=leave_out(plain, "created")), version),
        flow=await item_flow.build_flow(scope, replace(query, filters=plain), weeks, version),
        is_cut=any(one.complete_from for one in (by_week, came)),
    )


def list_weeks(today: date, count: int) -> list[date]:
    """Return the Mondays of so many weeks, the running one the last, and that of the week after it."""
    monday = today - timedelta(days=today.weekday())
    return [monday + at * _WEEK for at in range(1 - count, 2)]


def leave_out(narrowed: Filters, moment: Moment) -> Filters:
    """Return the filters without what they ask of when items came in or were done."""
    left = tuple(one for one in narrowed.conditions if one.field != moment or one.is_not)
    return replace(narrowed, conditions=left)


def _list_months(today: date) -> list[date]:
    """Return the first days of the months of last year and of this, and of the January after them."""
    return [date(today.year - 1 + at // 12, at % 12 + 1, 1) for at in range(25)]


async def _count(
    scope: Scope, query: ItemQuery, version: str, moment: Moment, *scales: Sequence[date]
) -> list[_Counted]:
    """Count by each scale of days, where the reader is."""
    narrowed = replace(leave_out(query.filters, moment), with_done=True, with_archived=True)
    selection = await selections.select_items(scope, replace(query, filters=narrowed, order="rank"), version)
    edges = [[datetime.combine(day, time.min, query.now.tzinfo) for day in days] for days in scales]
    found = await item_moments.count_moments(selection, moment, *edges)
    complete_from = found.complete_from and found.complete_from.astimezone(query.now.tzinfo).date()
    return [
        _Counted(moment, narrowed, {days[one.at]: one for one in counted}, complete_from)
        for days, counted in zip(scales, found.by_edges, strict=True)
    ]
