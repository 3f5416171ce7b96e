"""Tell admins how the backlog is used, by the record alone: nothing is noted of anybody for it."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.database.audit import usage
from shareable_backlog.database.audit.usage import ReadItem, Visitor

_WEEK, _SHOWN_DAYS = 7, 14
_MOST = 5


class Usage(Struct, frozen=True):
    """The last week: `people` came, of whom `visitors` are some; `by_day` are the people of the last 14 days.

    `vain_searches` are texts with how often they were searched for and nothing was found; of `runs` syncs that ended
    `failed_runs` failed.
    """

    people: int
    visitors: Sequence[Visitor]
    by_day: Sequence[tuple[date, int]]
    most_read: Sequence[ReadItem]
    vain_searches: Sequence[tuple[str, int]]
    runs: int
    failed_runs: int

    @property
    def most_people(self) -> int:
        """Return the people of the day on which most came."""
        return max(count for _, count in self.by_day)


async def read_usage() -> Usage:
    """Return how the backlog was used in the last week."""
    people, visitors = await usage.list_visitors(_WEEK, _MOST)
    counted = await usage.count_people_by_day(_SHOWN_DAYS)
    today = clock.read_time().date()
    days = [today - timedelta(days=back) for back in reversed(range(_SHOWN_DAYS))]
    runs, failed = await usage.count_failed_syncs(_WEEK)
    return Usage(
        people,
        visitors,
        [(day, counted.get(day, 0)) for day in days],
        await usage.list_most_read(_WEEK, _MOST),
        await usage.list_vain_searches(_WEEK, _MOST),
        runs,
        failed,
    )
