"""Tell how many items were of which type of state at the beginning of each week, and are now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.counts import item_flow
from shareable_backlog.database.backlog.news import past_ranks
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.services.backlog import filters, selections
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.vocabulary import StateType

FLOW_TYPES: Final[tuple[StateType, ...]] = ("completed", "started", "unstarted", "backlog", "triage")
"""The types that are told of, as they stand on each other: what is done is the ground."""


class TypeFlow(Struct, frozen=True, kw_only=True):
    """The numbers of items of each of `FLOW_TYPES` on `days`, the last of which is today.

    `now_filters` leave just what is of a type now; what is done is counted since the first day, so it has none.
    `seen_from` is since when the mirror saw states change, where that is after the first day.
    """

    days: tuple[date, ...]
    counts: tuple[tuple[int, ...], ...]
    now_filters: tuple[Filters | None, ...]
    seen_from: datetime | None


async def build_flow(scope: Scope, query: ItemQuery, weeks: Sequence[date], version: str) -> TypeFlow | None:
    """Return the flow from the first of `weeks` to now, None for more items than are looked at."""
    whole = replace(query.filters, with_done=True, with_archived=True)
    selection = await selections.select_items(scope, replace(query, filters=whole, order="rank"), version)
    moments = [datetime.combine(day, time.min, query.now.tzinfo) for day in weeks[:-1]]
    found = await item_flow.count_flow(selection, moments)
    if found is None:
        return None
    grown: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(moments) + 1))
    for one in found:
        grown[one.type][one.at] += one.grown
    open_ = replace(query.filters, with_done=True, with_archived=False)
    seen_from = await past_ranks.read_known_since()
    return TypeFlow(
        days=(*weeks[:-1], query.now.date()),
        counts=tuple(_sum_up(grown[type_]) for type_ in FLOW_TYPES),
        now_filters=tuple(
            None if type_ == "completed" else filters.narrow_to(open_, Condition("type", (type_,)))
            for type_ in FLOW_TYPES
        ),
        seen_from=seen_from if seen_from and seen_from > moments[0] else None,
    )


def _sum_up(grown: Sequence[int]) -> tuple[int, ...]:
    """Return the sums up to each moment."""
    return tuple(sum(grown[: at + 1]) for at in range(len(grown)))
