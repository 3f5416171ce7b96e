"""Group the items of each group once more: a group within another has what is in both."""

from collections.abc import Sequence

from msgspec.structs import replace

from shareable_backlog.database.backlog.item_groups import narrow_to_group
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import FoundGroups, ItemTotal, Selection
from shareable_backlog.vocabulary import GroupBy

_GROUPS_ON_PAGE = 4


def shorten_page(page: FoundGroups) -> FoundGroups:
    """Return the first four groups of a page, as each has up to 12 groups of its own."""
    kept = page.groups[:_GROUPS_ON_PAGE]
    return page if len(kept) == len(page.groups) else replace(page, groups=kept, next_skip=kept[-1].next_skip)


async def find_subgroups(
    selection: Selection, page: FoundGroups, by: GroupBy, *, first: int
) -> Sequence[FoundGroups]:
    """Find the groups by `by` within each group of a page, with the `first` items of each.

    There are none of closed ones. Where a group is counted exactly, so are those within it.
    """
    parts: list[FoundGroups] = []
    for one in page.groups:
        # By its ids: others may be called the same in a filter.
        narrowed = narrow_to_group(selection, page.by, one.group, "outer_is") if one.is_open else None
        if narrowed is None:
            parts.append(FoundGroups(by, [], None, page.most))
            continue
        count, points = one.content.count, one.content.points
        total = ItemTotal(count, points, page.most) if count <= page.most else None
        parts.append(await item_pages.find_groups(narrowed, by, first=first, total=total))
    return parts
