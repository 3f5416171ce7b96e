"""Group the items of each group once more: a group within another has what is in both."""

from collections.abc import Sequence

from shareable_backlog.database.backlog.item_groups import narrow_to_group
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import GroupedPage, ItemTotal, Selection
from shareable_backlog.vocabulary import GroupBy

_GROUPS_ON_PAGE = 4


def shorten_page(page: GroupedPage) -> GroupedPage:
    """Return the first four groups of a page, as each has up to 12 groups of its own."""
    kept = page.groups[:_GROUPS_ON_PAGE]
    return page if len(kept) == len(page.groups) else GroupedPage(kept, kept[-1].next_skip, page.most)


async def list_subgroups(
    selection: Selection, page: GroupedPage, outer: GroupBy, by: GroupBy, *, first: int
) -> Sequence[GroupedPage]:
    """Return the groups by `by` within each group by `outer` of a page, with the `first` items of each.

    There are none of closed ones. Where a group is counted exactly, so are those within it.
    """
    parts: list[GroupedPage] = []
    for one in page.groups:
        # By its ids: others may be called the same in a filter.
        narrowed = narrow_to_group(selection, outer, one.group, "outer_is") if one.is_open else None
        if narrowed is None:
            parts.append(GroupedPage([], None, page.most))
            continue
        total = ItemTotal(one.count, one.points, page.most) if one.count <= page.most else None
        parts.append(await item_pages.list_groups(narrowed, by, closed=(), skip=0, first=first, total=total))
    return parts
