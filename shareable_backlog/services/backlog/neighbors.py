"""Lead from an item to the next and the previous one of the list that it was opened from."""

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import neighbors
from shareable_backlog.database.backlog.neighbors import Neighbors
from shareable_backlog.services.backlog.item_pages import ItemQuery

__all__ = ["Neighbors"]


async def find_neighbors(scope: Scope, query: ItemQuery, item_id: str) -> Neighbors:
    """Return the items before and after one in what is asked for, as far as they may be shown."""
    return await neighbors.find_neighbors(scope, query, item_id)
