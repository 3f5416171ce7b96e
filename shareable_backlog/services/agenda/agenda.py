"""Put the agenda of a meeting together: what is new since the last one, moved, done and at risk, then the rank."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.agenda import agenda_items
from shareable_backlog.database.agenda.agenda_items import AgendaItem
from shareable_backlog.database.backlog.filters import Condition, Filters
from shareable_backlog.database.backlog.news import moves
from shareable_backlog.database.backlog.news.moves import ItemMove
from shareable_backlog.database.backlog.selection.item_orders import OrderName
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.backlog.selection.item_statement import Pick
from shareable_backlog.services.agenda import risky_projects
from shareable_backlog.services.agenda.risky_projects import RiskyProject
from shareable_backlog.services.backlog import item_pages, news, ranks
from shareable_backlog.services.backlog.comparison import Comparison

__all__ = ["AgendaItem", "ItemMove", "RiskyProject", "Scope"]

SectionName: TypeAlias = Literal["new", "moved", "done", "canceled", "risk", "rank"]
SumKind: TypeAlias = Literal["new", "moved", "done", "canceled", "overdue", "slipped", "open"]

SECTIONS: Final[Mapping[SectionName, tuple[SumKind, ...]]] = {
    "new": ("new",),
    "moved": ("moved",),
    "done": ("done",),
    "canceled": ("canceled",),
    "risk": ("overdue", "slipped"),
    "rank": ("open",),
}
"""The sections of an agenda in their order, each with what it has."""

MOST_IDS = 1_000
"""So many items of a sum are known by name; it is counted as far as a list is."""

_ORDERS: Final[Mapping[SumKind, OrderName]] = {
    "new": "created", "moved": "updated", "done": "updated", "canceled": "updated", "overdue": "due",
    "slipped": "updated", "open": "rank",
}  # fmt: skip
# Few of all that there are: what is done or moved stands anywhere in the order of updates.
_PICKS: Final[Mapping[SumKind, Pick]] = {
    "new": "first", "moved": "any", "done": "any", "canceled": "any", "overdue": "first", "slipped": "any",
}  # fmt: skip
# Where there was no meeting yet: as long ago as it would have been.
_USUAL = timedelta(weeks=2)


class AgendaSum(Struct, frozen=True, kw_only=True):
    """How many items there are of a kind: `filters` leave just these, and `item_ids` are the first 1,000 of them.

    More than `most` are counted as one more. It `is_cut` when so much moved that there may be more.
    """

    kind: SumKind
    filters: Filters
    count: int
    most: int
    is_cut: bool
    item_ids: Sequence[str]

    @property
    def is_exact(self) -> bool:
        """Whether there are so many, and not more."""
        return self.count <= self.most and not self.is_cut


class AgendaSection(Struct, frozen=True):
    """A section of an agenda, with the first items of all its sums by rank."""

    name: SectionName
    sums: Sequence[AgendaSum]
    items: Sequence[AgendaItem]

    @property
    def has_more(self) -> bool:
        """Whether there are more items than those that stand here."""
        return len(self.items) < len({id_ for one in self.sums for id_ in one.item_ids}) or any(
            one.count > len(one.item_ids) for one in self.sums
        )


class Agenda(Struct, frozen=True, kw_only=True):
    """The agenda of a meeting, as plain values: for a page, for slides, to be kept.

    `compared` says what moved of its items since, and which rank they had; `ranks` are those of now by their ids, of
    all that the reader may see. `projects` are at risk, off track, or put off since.
    """

    sections: Sequence[AgendaSection]
    projects: Sequence[RiskyProject]
    ranks: Mapping[str, int]
    compared: Comparison


class AgendaSizes(Struct, frozen=True):
    """How many items of a section an agenda names, and how many of the rank."""

    items: int = 10
    ranked: int = 20


async def find_since(
    now: datetime, day: date | None = None, settings_mark: str | None = None
) -> tuple[datetime, datetime | None]:
    """Return when the day began with which an agenda compares, and when that of the last meeting did.

    It is `day`, where that is named; else the last meeting's; where there was none yet, two weeks ago.
    """
    meeting = await news.find_meeting(now, settings_mark)
    if day is None and meeting is not None:
        return meeting, meeting
    return datetime.combine(day or now.date() - _USUAL, time.min, now.tzinfo), meeting


async def build_agenda(scope: Scope, now: datetime, since: datetime, sizes: AgendaSizes | None = None) -> Agenda:
    """Return the agenda as `scope` sees it, compared with the day that began at `since`; `now` has its time zone."""
    sizes = sizes or AgendaSizes()
    asked: dict[SumKind, ItemQuery] = {kind: _ask(kind, now, since) for kind in _ORDERS}
    selections = {kind: await select_items(scope, query) for kind, query in asked.items()}
    places = await ranks.read_ranks(scope)
    # The last is what is open, whose first are those with a rank.
    picked: list[tuple[Selection, Pick]] = [(selections[kind], _PICKS[kind]) for kind in asked if kind != "open"]
    ids = [*await agenda_items.list_ids(picked, MOST_IDS + 1), list(places)]
    is_cut = await moves.has_too_many(since)
    sums: dict[SumKind, AgendaSum] = {
        kind: await _sum_items(kind, asked[kind].filters, selections[kind], of_kind, is_cut=is_cut)
        for kind, of_kind in zip(asked, ids, strict=True)
    }
    first = {name: await _choose_first(scope, name, asked, sums, places, sizes) for name in SECTIONS}
    lines = await agenda_items.read_items(scope, list({id_ for named in first.values() for id_ in named}))
    past_ranks = await ranks.read_past_ranks(scope, since, list(places))
    return Agenda(
        sections=[
            AgendaSection(name, [sums[kind] for kind in kinds], [lines[id_] for id_ in first[name] if id_ in lines])
            for name, kinds in SECTIONS.items()
        ],
        projects=await risky_projects.list_projects(scope, now, since),
        ranks=places,
        compared=Comparison(since, None, await list_moves(scope, list(lines), since), past_ranks),
    )


async def _choose_first(
    scope: Scope,
    name: SectionName,
    asked: Mapping[SumKind, ItemQuery],
    sums: Mapping[SumKind, AgendaSum],
    places: Mapping[str, int],
    sizes: AgendaSizes,
) -> Sequence[str]:
    """Return the ids of the first items of a section by rank; what has none comes after, as its sum has it."""
    size = sizes.ranked if name == "rank" else sizes.items
    known = dict.fromkeys(id_ for kind in SECTIONS[name] for id_ in sums[kind].item_ids)
    for kind in SECTIONS[name]:
        if kind != "open" and sums[kind].count > MOST_IDS:  # the first by rank need not be among those that are known
            # What ended has no rank: by that it would stand behind all that is open, which would be read first.
            order = _ORDERS[kind] if kind in {"done", "canceled"} else "rank"
            found = await item_pages.list_items(scope, replace(asked[kind], order=order), None, size)
            known = dict.fromkeys(one.id for one in found.items) | known
    return sorted(known, key=lambda id_: places.get(id_, ranks.MOST + 1))[:size]


def _ask(kind: SumKind, now: datetime, since: datetime) -> ItemQuery:
    """Return which items of a list there are: the very list that the sum leads to."""
    day = since.date().isoformat()
    match kind:
        case "new" | "moved" | "done" | "canceled":
            filters = Filters(since=day, moved=kind)
        case "slipped":
            filters = Filters(since=day, moved=kind, with_done=False)
        case "overdue":
            filters = Filters((Condition("due", ("overdue",)),), with_done=False, since=day)
        case "open":
            filters = Filters(with_done=False, since=day)
    return ItemQuery(filters, _ORDERS[kind], now)


async def _sum_items(
    kind: SumKind, filters: Filters, selection: Selection, ids: Sequence[str], *, is_cut: bool
) -> AgendaSum:
    is_known = len(ids) <= MOST_IDS and kind != "open"
    total = None if is_known else await item_pages.count_items(selection)
    return AgendaSum(
        kind=kind,
        filters=filters,
        count=total.count if total else len(ids),
        most=total.most if total else MOST_IDS,
        is_cut=is_cut and kind in {"moved", "slipped"},
        item_ids=tuple(ids[:MOST_IDS]),
    )


async def list_moves(scope: Scope, ids: Sequence[str], since: datetime) -> Mapping[str, Sequence[ItemMove]]:
    """Return what moved since of these items, by their ids."""
    found = await moves.list_moves(scope, ids, since) if ids else []
    return {id_: list(alike) for id_, alike in groupby(found, lambda one: one.item_id)}
