"""Keep which groups a list has, and which items are first in them, for as long as the mirror stays the same."""

from collections.abc import Sequence
from functools import partial

from shareable_backlog.controllers.backlog.lists import item_totals
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import item_pages, subgroups
from shareable_backlog.services.backlog.item_pages import FoundGroups, ItemQuery, ItemTotal, Selection
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.vocabulary import STATE_TYPES, WORK_FIRST, GroupBy
from shareable_backlog.web.pages.cache import AsyncLruCache

_FIRST_IN_GROUP = 20
_FIRST_IN_SUBGROUP = 5

_KEPT = ProcessState(lambda: AsyncLruCache[Sequence[FoundGroups]](128))


async def find_groups(
    selection: Selection,
    query: ItemQuery,
    version: str,
    *,
    by: GroupBy,
    layout: ListLayout,
    is_board: bool,
    skip: int,
    total: ItemTotal,
) -> Sequence[FoundGroups]:
    """Return a page of groups of what is asked for, and after it the groups within each of them where there are such.

    `version` is the mirror's, and `total` what the selection has.
    """
    key = (*item_totals.build_key(selection, query, version), layout, by, is_board, skip)
    make = partial(_find_groups, selection, by=by, layout=layout, is_board=is_board, skip=skip, total=total)
    return await _KEPT.value.get(key, make)


async def _find_groups(
    selection: Selection, *, by: GroupBy, layout: ListLayout, is_board: bool, skip: int, total: ItemTotal
) -> Sequence[FoundGroups]:
    inner = None if is_board else layout.subgroup
    found = await item_pages.find_groups(
        selection,
        by,
        closed=layout.closed,
        types=tuple(STATE_TYPES) if is_board else WORK_FIRST,
        skip=skip,
        first=0 if inner else _FIRST_IN_GROUP,
        total=total,
    )
    if inner is None:
        return [found]
    page = subgroups.shorten_page(found)
    return [page, *await subgroups.find_subgroups(selection, page, inner, first=_FIRST_IN_SUBGROUP)]
