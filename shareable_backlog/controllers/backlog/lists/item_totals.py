"""Keep how many items a list has, and how many points, for as long as the mirror and what is shared stay the same."""

from functools import partial

from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import CountedItems, ItemQuery, Scope
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT = ProcessState(lambda: AsyncLruCache[CountedItems](1024))


async def count_items(scope: Scope, query: ItemQuery, version: str) -> CountedItems:
    """Return how many items are asked for and the sum of their points; `version` is the mirror's."""
    # In which order they come is all the same, and "today" is until the day is over.
    today = query.now.replace(hour=0, minute=0, second=0, microsecond=0)
    make = partial(item_pages.count_items, scope, ItemQuery(query.filters, None, query.now))
    return await _KEPT.value.get((version, scope, query.filters, today), make)
