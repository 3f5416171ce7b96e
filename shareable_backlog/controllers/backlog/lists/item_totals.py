"""Keep how many items a list has, and how many points, for as long as the mirror and what is shared stay the same."""

from functools import partial

from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, Selection
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT = ProcessState(lambda: AsyncLruCache[ItemTotal](1024))


async def count_items(selection: Selection, query: ItemQuery, version: str) -> ItemTotal:
    """Return how many items a selection of what is asked for has, and their points; `version` is the mirror's."""
    # In which order they come is all the same, and "today" is until the day is over.
    today = query.now.date(), str(query.now.tzinfo)
    make = partial(item_pages.count_items, selection)
    return await _KEPT.value.get((version, selection.scope, query.filters, query.news, today), make)
