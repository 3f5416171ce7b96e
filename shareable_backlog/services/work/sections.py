"""Read parts of a list: the first items, how many there are, and what narrows a list to just these."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.work import part_projects
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import item_pages, selections
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, ListedItem, ShownGroup
from shareable_backlog.services.projects import roadmap
from shareable_backlog.services.projects.roadmap import Plan
from shareable_backlog.vocabulary import StateType

__all__ = ["Condition", "Filters", "ItemTotal", "ListedItem", "Plan", "Scope", "ShownGroup"]

FIRST = 20
"""So many items of a part stand on a page."""

MOST_COUNTED = 1_000
"""So many items of a part are counted exactly: a page has several, and takes no longer the more there are."""

_FIRST_OF_GROUP = 10
_FIRST_PROJECTS = 10


class WorkReader(Struct, frozen=True):
    """Who reads when: equal ones read the same. `version` is that of the mirror and of what is shared.

    `now` is as exact as cycles begin and end, and `today` the day where the reader is.
    """

    scope: Scope
    version: str
    now: datetime
    today: date


class WorkSection(Struct, frozen=True):
    """Items that `filters` leave: how many there are, and the first by rank."""

    filters: Filters
    total: ItemTotal
    items: Sequence[ListedItem]


class GroupedSection(Struct, frozen=True):
    """The same in up to 12 groups, each with its first items; more than `most` of a group are counted as one more.

    It `is_whole` if there are no other groups, and all of each were counted.
    """

    filters: Filters
    total: ItemTotal
    groups: Sequence[ShownGroup]
    most: int
    is_whole: bool


class WorkPhases(Struct, frozen=True):
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
    return WorkSection(filters, await item_pages.count_items(selection, MOST_COUNTED), items)


async def read_groups_by_state(reader: WorkReader, filters: Filters) -> GroupedSection:
    """Return the items that `filters` leave by their states, the first 10 of each by rank."""
    selection = await selections.select_items(reader.scope, _ask(reader, filters), reader.version)
    page = await item_pages.list_groups(selection, "state", closed=(), skip=0, first=_FIRST_OF_GROUP)
    is_whole = page.next_skip is None and all(one.count <= page.most for one in page.groups)
    total = _sum_groups(page.groups) if is_whole else await item_pages.count_items(selection)
    return GroupedSection(filters, total, page.groups, page.most, is_whole)


async def count_types(
    reader: WorkReader, by_state: GroupedSection, types: Sequence[StateType], *, is_not: bool = False
) -> WorkSection:
    """Return how many items of a part are in states of some types, or of others, without any of them."""
    filters = narrow(by_state.filters, Condition("type", tuple(types), is_not=is_not))
    if not by_state.is_whole:
        return await read_section(reader, filters, 0)
    counted = [
        one
        for one in by_state.groups
        if (is_not if one.group.value is None else (one.group.type in types) is not is_not)
    ]
    return WorkSection(filters, _sum_groups(counted), ())


def _sum_groups(groups: Sequence[ShownGroup]) -> ItemTotal:
    points = [one.points for one in groups if one.points is not None]
    count = sum(one.count for one in groups)
    return ItemTotal(count, sum(points) if points else None, count)


async def require_items(reader: WorkReader, filters: Filters, missing: str) -> None:
    """Do nothing where `filters` leave an item that may be shown, be it archived. Raises NotFound: `missing`."""
    for asked in (filters, replace(filters, with_archived=True)):  # of which the latter may take long
        selection = await selections.select_items(reader.scope, _ask(reader, asked), reader.version)
        if (await item_pages.list_selected(selection, None, 1)).items:
            return
    raise NotFound(missing)


async def read_phases(reader: WorkReader, filters: Filters) -> WorkPhases:
    """Return what is under way, next and done of what `filters` leave; by rank the last that was done comes first."""

    async def read(type_: StateType) -> WorkSection:
        return await read_section(reader, narrow(filters, Condition("type", (type_,))))

    return WorkPhases(await read("started"), await read("unstarted"), await read("completed"))


async def list_projects(reader: WorkReader, filters: Filters) -> Sequence[Plan]:
    """Return up to 10 projects, in the order of the roadmap, of what is open of what `filters` leave, by rank."""
    open_ = replace(filters, with_done=False)
    selection = await selections.select_items(reader.scope, _ask(reader, open_), reader.version)
    ids = (await part_projects.list_project_ids(selection))[:_FIRST_PROJECTS]
    return await roadmap.list_chosen_plans(reader.scope, ids, reader.today, MOST_COUNTED) if ids else []


def _ask(reader: WorkReader, filters: Filters) -> ItemQuery:
    return ItemQuery(filters, "rank", reader.now)
