"""Tell which place each open item has among all that somebody may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shareable_backlog.database import settings
from shareable_backlog.database.backlog import ranks
from shareable_backlog.database.backlog.news import past_ranks
from shareable_backlog.database.backlog.ranks import MOST
from shareable_backlog.database.mirror import mirror
from shareable_backlog.services.backlog.item_pages import Scope, Selection

__all__ = ["MOST", "read_past_ranks", "read_ranks", "read_ranks_beside", "read_version"]


async def read_ranks(scope: Scope) -> Mapping[str, int]:
    """Return the places of the first 1,000 open items of a scope by their ids, the first being 1."""
    return _number_ids(await ranks.list_ranked_ids(scope))


async def read_ranks_beside(selection: Selection) -> Mapping[str, int]:
    """Return the same for the scope of any selection, of which so much is known already."""
    return _number_ids(await ranks.list_ranked_beside(selection))


def _number_ids(ids: Sequence[str]) -> Mapping[str, int]:
    return {id_: place for place, id_ in enumerate(ids, 1)}


async def read_past_ranks(scope: Scope, since: datetime, ranked_ids: Sequence[str]) -> Mapping[str, int]:
    """Return the places that items had when the day `since` began, as far as they are known, of what one may see now.

    `ranked_ids` are the first 1,000 of today, in their order.
    """
    rank_order = (await settings.read_settings()).rank_order
    found = await past_ranks.list_past_ranks(scope, since, ranked_ids, rank_order, MOST)
    return {id_: place for place, id_ in enumerate(found, 1)}


async def read_version() -> str:
    """Return the mark of the mirror and of what is shared, for as long as which ranks stay the same."""
    return await mirror.read_version()
