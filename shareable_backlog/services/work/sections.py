"""Read parts of a list: the first items, how many there are, and what narrows a list to just these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.work import part_projects
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import item_pages, selections
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, ListedItem, ShownGroup
from shareable_backlog.services.projects import roadmap
from shareable_backlog.services.projects.roadmap import Plan
from shareable_backlog.vocabulary import GroupBy, StateType

__all__ = ["Condition", "Filters", "ItemTotal", "ListedItem", "Plan", "Scope", "ShownGroup"]

FIRST = 20
"""So many items of a part stand on a page."""


@dataclass(frozen=True, slots=True)
class WorkReader:
    """Who reads when: equal ones read the same. `version` is that of the mirror and of what is shared.

    `now` is as exact as cycles begin and end, and `today` the day where the reader is.
    """

    scope: Scope
    version: str
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class WorkSection:
    """Items that `filters` leave: how many there are, and the first by rank."""

    filters: Filters
    total: ItemTotal
    items: Sequence[ListedItem]


@dataclass(frozen=True, slots=True)
class GroupedSection:
    """The same in up to 12 groups, each with its first items; more than `most` of a group are counted as one more."""

    filters: Filters
    total: ItemTotal
    groups: Sequence[ShownGroup]
    most: int


@dataclass(frozen=True, slots=True)
class WorkPhases:
    """What is being worked on, what comes next and what was done last."""

    started: WorkSection
    unstarted: WorkSection
    done: WorkSection


def narrow(filters: Filters, *conditions: Condition) -> Filters:
    """Return filters that leave what meets further conditions, on what nothing was asked about yet."""
    return replace(filters, conditions=(*filters.conditions, *conditions))


async def read_section(reader: WorkReader, filters: Filters, first: int = FIRST) -> WorkSection:
    """Return the items that `filters` leave, the `first` of them by rank."""
    selection = await selections.select_items(reader.scope, _ask(reader, filters), reader.version)
    items = (await item_pages.list_selected(selection, None, first)).items if first else ()
    return WorkSection(filters, await item_pages.count_items(selection), items)


async def read_groups(
    reader: WorkReader, filters: Filters, by: GroupBy, *, first: int = FIRST, closed: Sequence[str] = ()
) -> GroupedSection:
    """Return the items that `filters` leave in groups, the `first` of each by rank."""
    selection = await selections.select_items(reader.scope, _ask(reader, filters), reader.version)
    total = await item_pages.count_items(selection)
    page = await item_pages.list_groups(selection, by, closed=closed, skip=0, first=first, total=total)
    return GroupedSection(filters, total, page.groups, page.most)


def _ask(reader: WorkReader, filters: Filters) -> ItemQuery:
    return ItemQuery(filters, "rank", reader.now)


async def require_items(reader: WorkReader, filters: Filters) -> None:
    """Do nothing where `filters` leave an item that may be shown, be it archived. Raises NotFound."""
    for asked in (filters, replace(filters, with_archived=True)):  # of which the latter may take long
        selection = await selections.select_items(reader.scope, _ask(reader, asked), reader.version)
        if (await item_pages.list_selected(selection, None, 1)).items:
            return
    raise NotFound("There is nothing by that name, or you may not see it. Look for it in the list.")


async def read_phases(reader: WorkReader, filters: Filters) -> WorkPhases:
    """Return what is under way, next and done of what `filters` leave; by rank the last that was done comes first."""

    async def read(type_: StateType) -> WorkSection:
        return await read_section(reader, narrow(filters, Condition("type", (type_,))))

    return WorkPhases(await read("started"), await read("unstarted"), await read("completed"))


async def list_projects(reader: WorkReader, filters: Filters) -> Sequence[Plan]:
    """Return up to 20 projects, in the order of the roadmap, of what is open of what `filters` leave, by rank."""
    open_ = replace(filters, with_done=False)
    selection = await selections.select_items(reader.scope, _ask(reader, open_), reader.version)
    ids = (await part_projects.list_project_ids(selection))[:FIRST]
    return await roadmap.list_chosen_plans(reader.scope, ids, reader.today) if ids else []
