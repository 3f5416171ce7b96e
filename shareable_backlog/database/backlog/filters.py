"""Name what the backlog can be narrowed to, and what the words for days mean."""

import re
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from shareable_backlog.vocabulary import FilterName, MoveKind

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SPAN = re.compile(rf"(?P<first>{_DAY})?\.\.(?P<last>{_DAY})?|(?P<only>{_DAY})|(?P<days>[0-9]{{1,4}})d")


MOST_OF_ALL = 8
"""So many values can be asked for at once that an item has to have, each of them."""


class Condition(Struct, frozen=True):
    """One filter: any of `values`, and `with_none` those that have nothing there.

    `is_not` turns it round; `is_all` is about what can have several values, and wants each of them.
    """

    field: FilterName
    values: tuple[str, ...] = ()
    is_not: bool = False
    with_none: bool = False
    is_all: bool = False


class Filters(Struct, frozen=True):
    """What the backlog is narrowed to; at most one condition of each field and direction.

    `text` is what somebody typed to search for. Archived items are left out but for `with_archived`; those with
    nothing left to do are shown but for not `with_done`. `since` is the day that the list is compared with, in ISO
    form or `meeting` for that of the last one, and `moved` what has become since then of those that are left.
    """

    conditions: tuple[Condition, ...] = ()
    text: str | None = None
    with_archived: bool = False
    with_done: bool = True
    since: str | None = None
    moved: MoveKind | None = None

    @property
    def since_day(self) -> date | None:
        """The day that the list is compared with, None when it is that of the last meeting, or none."""
        return date.fromisoformat(self.since) if self.since and self.since != "meeting" else None


class News(Struct, frozen=True):
    """What is new to somebody: what came since the day of the last `meeting` began, and what they have not seen.

    `meeting` is None while there was none: then nothing is new by it.
    """

    meeting: datetime | None = None
    unseen_ids: tuple[str, ...] = ()


NO_NEWS = News()


def find_since(filters: Filters, now: datetime, news: News) -> datetime | None:
    """Return when the day began that a list is compared with, where the reader is; None for none."""
    day = filters.since_day
    if day is None:
        return news.meeting if filters.since else None
    return datetime.combine(day, time.min, now.tzinfo)


def parse_days(word: str, today: date, *, is_ahead: bool) -> tuple[date | None, date | None] | None:
    """Return the first and the last day that a word means, each None where it is open; None when it means no days.

    The words: `today`, `7d` (the next 7 days if `is_ahead`, else the last), `2026-11-05`, `2026-11-01..2026-11-30`,
    `2026-11-01..`, `..2026-11-30`, and, ahead, `overdue`.
    """
    known = {"today": (today, today), "overdue": (None, today - timedelta(days=1)) if is_ahead else None}
    found = _SPAN.fullmatch(word)
    if word in known or found is None or word == "..":
        return known.get(word)
    try:
        if found["days"]:
            distance = timedelta(days=int(found["days"]))
            return (today, today + distance) if is_ahead else (today - distance, today)
        first, last = (found["only"], found["only"]) if found["only"] else (found["first"], found["last"])
        return date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None
    except (ValueError, OverflowError):
        return None
