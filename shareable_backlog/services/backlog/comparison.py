"""Compare a list with a day: what came, moved and went since, of what its reader may see now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct, field
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import find_since
from shareable_backlog.database.backlog.news import moves
from shareable_backlog.database.backlog.news.moves import GoneItem, ItemMove, MoveCounts
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items

__all__ = ["GoneItem", "ItemMove"]

MOST_COUNTED = 1_000
"""More are counted as one more, so that counting takes no longer the more there are."""

_MOST_GONE = 1_000


class Comparison(Struct, frozen=True):
    """What a page says of a day that it is compared with: since when, sums of each kind, and what moved of its items.

    `since` is None when there was no meeting yet to compare with; `sums` are None but on a first page.
    """

    since: datetime | None
    sums: MoveCounts | None
    moves: Mapping[str, Sequence[ItemMove]]
    past_ranks: Mapping[str, int] = field(default_factory=dict[str, int])
    """The places that items had then among all that the reader may see, by their ids."""


async def compare_items(
    scope: Scope, query: ItemQuery, item_ids: Sequence[str], *, counts: bool
) -> Comparison | None:
    """Return the comparison of these items of a list with the day that it asks for; None when it asks for none."""
    if query.filters.since is None:
        return None
    since = find_since(query.filters, query.now, query.news)
    if since is None:
        return Comparison(None, None, {})
    found = await moves.list_moves(scope, item_ids, since) if item_ids else []
    by_item = {id_: list(alike) for id_, alike in groupby(found, lambda one: one.item_id)}
    if not counts:
        return Comparison(since, None, by_item)
    selection = await select_items(scope, _widen_query(query))
    return Comparison(since, await moves.count_moves(selection, since, MOST_COUNTED + 1), by_item)


async def list_gone(scope: Scope, query: ItemQuery) -> Sequence[GoneItem]:
    """Return up to 1,000 items that would be in the list, had they not gone since the day that it asks for."""
    since = find_since(query.filters, query.now, query.news)
    if since is None:
        return ()
    return await moves.list_gone(await select_items(scope, _widen_query(query)), since, _MOST_GONE)


def _widen_query(query: ItemQuery) -> ItemQuery:
    """Return the query of all that moved or did not."""
    return replace(query, filters=replace(query.filters, moved=None), order="updated")
