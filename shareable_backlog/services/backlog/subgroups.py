"""Group the items of each group once more: a group within another is the list with two more filters."""

from collections.abc import Sequence
from dataclasses import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.services.backlog.item_pages import GroupedPage, ItemQuery, ItemTotal
from shareable_backlog.vocabulary import GroupBy

_GROUPS_ON_PAGE = 4


def shorten_page(page: GroupedPage) -> GroupedPage:
    """Return the first four groups of a page, as each has up to 12 groups of its own."""
    kept = page.groups[:_GROUPS_ON_PAGE]
    return page if len(kept) == len(page.groups) else GroupedPage(kept, kept[-1].next_skip, page.most)


async def list_subgroups(
    scope: Scope, query: ItemQuery, page: GroupedPage, by: GroupBy, *, first: int
) -> Sequence[GroupedPage]:
    """Return the groups by `by` within each group of a page, with the `first` items of each; none of closed ones.

    Where a group is counted exactly, so are those within it.
    """
    parts: list[GroupedPage] = []
    for one in page.groups:
        if not one.is_open:
            parts.append(GroupedPage([], None, page.most))
            continue
        narrowed = replace(query, filters=filters.narrow_to(query.filters, one.condition))
        selection = await item_pages.select_for_groups(scope, narrowed)
        total = ItemTotal(one.count, one.points, page.most) if one.count <= page.most else None
        parts.append(await item_pages.list_groups(selection, by, closed=(), skip=0, first=first, total=total))
    return parts
