"""Show the backlog: as one list page by page, or in groups."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_groups, item_list, neighbors
from shareable_backlog.database.backlog.counts import item_totals
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.filters import Condition
from shareable_backlog.database.backlog.item_groups import Group, GroupContent
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.neighbors import Neighbors
from shareable_backlog.database.backlog.selection.item_orders import ORDERS, Position
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.mirror import mirror
from shareable_backlog.vocabulary import WORK_FIRST, GroupBy

__all__ = ["Group", "ItemQuery", "ItemTotal", "Neighbors", "Selection", "select_items"]

PAGE_SIZE = 50
_PART_SIZE = 1_000
GROUPS_ON_PAGE = item_groups.MOST_AT_ONCE
_MOST_COUNTED = item_totals.MOST
# What is narrowed down may be far apart in an index.
_MOST_COUNTED_OF_PART = 100


class ListPage(Struct, frozen=True):
    """One page of the list; `next_after` leads to the next page and is None on the last."""

    items: Sequence[ListedItem]
    next_after: Position | None


class ShownGroup(Struct, frozen=True):
    """One group: `count` items, of which `items` are the first.

    `points` are the sum of all, None for none or too many. `condition` narrows the backlog to it; `next_skip` leads
    to the groups that follow.
    """

    group: Group
    condition: Condition
    count: int
    points: float | None
    is_open: bool
    items: list[ListedItem]
    next_skip: int


class FoundGroup(Struct, frozen=True):
    """One group and what is in it, with ids for items; `is_open` and `next_skip` as in ShownGroup."""

    group: Group
    content: GroupContent
    is_open: bool
    next_skip: int


class FoundGroups(Struct, frozen=True):
    """The groups of a page with ids for items, as they stay for as long as the mirror and what is shared do."""

    by: GroupBy
    groups: Sequence[FoundGroup]
    next_skip: int | None
    most: int


class GroupedPage(Struct, frozen=True):
    """Up to 12 groups that have items; `next_skip` leads to those that follow and is None at the end.

    More than `most` items of a group are counted as one more, so that counting takes no longer the more there are.
    """

    groups: list[ShownGroup]
    next_skip: int | None
    most: int


def list_position_types(query: ItemQuery) -> tuple[str, ...]:
    """Return the types of the keys of a position in what is asked for."""
    return ORDERS[query.sorted_by].types


async def select_for_groups(scope: Scope, query: ItemQuery) -> Selection:
    """Return the selection of a query whose answer is shown in groups."""
    # There the best match is of no use, and takes much longer to find.
    return await select_items(scope, replace(query, order=query.order or "rank"))


async def list_items(scope: Scope, query: ItemQuery, after: Position | None, limit: int) -> ListPage:
    """Return up to `limit` items from after the position `after` (None: the first)."""
    return await list_selected(await select_items(scope, query), after, limit)


async def list_selected(selection: Selection, after: Position | None, limit: int) -> ListPage:
    """Return the same of a selection."""
    found = await item_list.list_selected(selection, after, limit + 1)
    more = len(found) > limit
    return ListPage(found[:limit], found[limit - 1].read_position() if more else None)


async def count_items(selection: Selection, most: int = _MOST_COUNTED) -> ItemTotal:
    """Count the items of a selection and add up their points, exactly as far as `most` items."""
    return await item_totals.count_items(selection, most)


async def find_neighbors(scope: Scope, query: ItemQuery, item_id: str) -> Neighbors:
    """Return the items before and after one in what is asked for, as far as they may be shown."""
    return await neighbors.find_neighbors(scope, query, item_id)


async def iterate_items(scope: Scope, query: ItemQuery) -> AsyncGenerator[Sequence[ListedItem]]:
    """Yield all items, in parts of up to 1,000, only one of which is in memory; an empty one if there is no item.

    The first is smaller, so that it comes soon. What is updated meanwhile may be missing when the order is by update.
    """
    after: Position | None = None
    while True:
        await mirror.read_version()  # what is hidden while the parts go out is in none that comes later
        part = await list_items(scope, query, after, _PART_SIZE if after else PAGE_SIZE)
        yield part.items
        if (after := part.next_after) is None:
            return


async def list_groups(
    selection: Selection,
    by: GroupBy,
    *,
    closed: Sequence[str],
    types: Sequence[str] = WORK_FIRST,
    skip: int,
    first: int,
    total: ItemTotal | None = None,
) -> GroupedPage:
    """Return the groups of `find_groups` with their items."""
    found = await find_groups(selection, by, closed=closed, types=types, skip=skip, first=first, total=total)
    [page] = await read_groups(selection.scope, [found])
    return page


async def find_groups(
    selection: Selection,
    by: GroupBy,
    *,
    closed: Sequence[str] = (),
    types: Sequence[str] = WORK_FIRST,
    skip: int = 0,
    first: int,
    total: ItemTotal | None = None,
) -> FoundGroups:
    """Find the groups from after `skip` of all, with the `first` items of each; those that are `closed` have none.

    A group is closed by what a filter calls it, "" is that of items that have nothing there. `types` is the order of
    groups by state. Where the `total` of items is known and exact, so are the counts of all groups.
    """
    shut = {name.lower() for name in closed}
    groups = [
        (group, (group.value or "").lower() not in shut)
        for group in await item_groups.list_groups(selection.scope, by, types)
    ]
    known = await item_groups.fill_from_first(selection, by, groups, first, total)
    most = known.most if known.is_all else _MOST_COUNTED if selection.is_whole else _MOST_COUNTED_OF_PART
    found: list[FoundGroup] = []
    while skip < len(groups) and len(found) < GROUPS_ON_PAGE:
        part = slice(skip, skip + GROUPS_ON_PAGE)
        contents = known.groups[part]
        if not known.is_all:
            contents = await item_groups.fill_groups(
                selection, by, groups[part], contents, first=first, most=most + 1
            )
        for (group, is_open), content in zip(groups[part], contents, strict=True):
            if len(found) == GROUPS_ON_PAGE:
                break
            skip += 1
            if content.count:
                found.append(FoundGroup(group, content, is_open, skip))
    return FoundGroups(by, found, skip if skip < len(groups) else None, most)


async def read_groups(scope: Scope, pages: Sequence[FoundGroups]) -> list[GroupedPage]:
    """Return pages of groups with their items, as far as those may be shown."""
    ids = dict.fromkeys(id_ for page in pages for one in page.groups for id_ in one.content.ids)
    lines = await item_list.read_items(scope, list(ids)) if ids else {}
    return [
        GroupedPage([_build_group(page.by, one, lines) for one in page.groups], page.next_skip, page.most)
        for page in pages
    ]


def _build_group(by: GroupBy, found: FoundGroup, lines: Mapping[str, ListedItem]) -> ShownGroup:
    content = found.content
    items = [lines[id_] for id_ in content.ids if id_ in lines]
    condition = build_condition(by, found.group)
    return ShownGroup(found.group, condition, content.count, content.points, found.is_open, items, found.next_skip)


def build_condition(by: GroupBy, group: Group) -> Condition:
    """Return the filter that leaves the items of a group."""
    return Condition(by, (group.value,)) if group.value is not None else Condition(by, with_none=True)
