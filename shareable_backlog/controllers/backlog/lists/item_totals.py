"""Keep how many items a list has, and how many points, for as long as the mirror and what is shared stay the same."""

from collections.abc import Hashable
from functools import partial

from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, Selection
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT = ProcessState(lambda: AsyncLruCache[ItemTotal](1024))


async def count_items(selection: Selection, query: ItemQuery, version: str) -> ItemTotal:
    """Return how many items a selection of what is asked for has, and their points; `version` is the mirror's."""
    # In which order they come is all the same.
    return await _KEPT.value.get(build_key(selection, query, version), partial(item_pages.count_items, selection))


def build_key(selection: Selection, query: ItemQuery, version: str) -> tuple[Hashable, ...]:
    """Return what decides which items are selected; "today" is until the day is over, and one cycle is "current"."""
    ids = tuple((name, tuple(found)) for name, found in selection.hints.ids.items())
    return version, selection.scope, query.filters, ids, query.news, query.now.date(), str(query.now.tzinfo)
