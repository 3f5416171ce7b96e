"""Tell how old what is open is: how many items came in how long ago."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.counts import item_totals
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.services.backlog import filters, selections
from shareable_backlog.services.backlog.filters import Condition, Filters

_BANDS: Final = {
    "A week or less": 7,
    "A week to a month": 30,
    "A month to a quarter": 91,
    "A quarter to half a year": 182,
    "More than half a year": None,
}
"""What an age is called, and how many days old the oldest of it are."""
_MOST_COUNTED = 5_000
_DAY = timedelta(days=1)


class AgeBand(Struct, frozen=True):
    """So many open items are of an age, of which `filters` leave just these; of more than `most` there are more."""

    name: str
    count: int
    most: int
    filters: Filters


async def count_ages(scope: Scope, query: ItemQuery, version: str) -> Sequence[AgeBand]:
    """Return the open items by age, the youngest first; `version` is the mirror's."""
    open_ = replace(query.filters, with_done=False, with_archived=False)
    selection = await selections.select_items(scope, replace(query, filters=open_, order="created"), version)
    today = query.now.date()
    bands: list[AgeBand] = []
    end = today + _DAY
    for name, days in _BANDS.items():
        first = today - days * _DAY if days else None
        narrowed = selection.narrow(
            SqlPredicate(
                sql="i.created_at >= %(age_from)s::timestamptz AND i.created_at < %(age_to)s::timestamptz",
                params={"age_from": _start(first, query), "age_to": _start(end, query)},
            )
        )
        count = await item_totals.count_alone(narrowed, _MOST_COUNTED)
        span = f"{first or ''}..{end - _DAY if end <= today else ''}"
        left = filters.narrow_to(open_, Condition("created", (span,)))
        bands.append(AgeBand(name, count, _MOST_COUNTED, left))
        end = first or end
    return bands


def _start(day: date | None, query: ItemQuery) -> datetime:
    """Return when a day begins where the reader is; None is before all."""
    return datetime.combine(day or date(2, 1, 1), time.min, query.now.tzinfo)
