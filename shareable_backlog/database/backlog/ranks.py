"""Number what is open: the place of an item among all that somebody may see, whatever their list is narrowed to."""

from typing import LiteralString

from shareable_backlog import clock
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

MOST = 1_000
"""So many are numbered: counting to those further down would cost more the more there are."""

# A duplicate may have a state in which nothing is left to do, and no time at which it was done.
_OPEN = Filters(with_done=False)
_NOT_DONE = SqlPredicate(sql="i.rank_level >= 0")


async def list_ranked_ids(scope: Scope) -> list[str]:
    """Return the ids of the first 1,000 open items of a scope, in the order of rank."""
    selection = await select_open_items(scope)
    [(ids,)] = await query(render_ranked_ids(selection), {**selection.params, "limit": MOST})
    return ids


async def select_open_items(scope: Scope) -> Selection:
    """Return the selection of the open items of a scope, by rank."""
    selection = await select_items(scope, ItemQuery(_OPEN, "rank", clock.read_time()))
    return selection.narrow(_NOT_DONE)


def render_ranked_ids(selection: Selection) -> LiteralString:
    """Return the statement of the first ids of a selection, in one array, which is read faster than as many rows."""
    rows = Rows(selection=selection, limit="%(limit)s")
    return f"""SELECT ARRAY(SELECT i.id FROM (
{render_tables(selection)}
{render_rows(rows)}
) i {selection.order.render_final_sort("i")}) AS ids"""
