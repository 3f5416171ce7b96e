"""Number what is open: the place of an item among all that somebody may see, whatever their list is narrowed to."""

from typing import LiteralString

from shareable_backlog import clock
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_orders import find_order
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query
from shareable_backlog.vocabulary import DONE_TYPES

MOST = 1_000
"""So many are numbered: counting to those further down would cost more the more there are."""

# A duplicate may have a state in which nothing is left to do, and no time at which it was done.
_OPEN = (
    SqlPredicate(sql="i.rank_level >= 0"),
    SqlPredicate(
        sql="""(i.state_id <> ALL (ARRAY(
    SELECT s.id FROM workflow_states s WHERE s.type = ANY (%(done_types)s::text[]))) OR i.state_id IS NULL)""",
        params={"done_types": list(DONE_TYPES)},
    ),
)


async def list_ranked_ids(scope: Scope) -> list[str]:
    """Return the ids of the first 1,000 open items of a scope, in the order of rank."""
    return await list_ranked_beside(await select_items(scope, ItemQuery(Filters(), "rank", clock.read_time())))


async def list_ranked_beside(selection: Selection) -> list[str]:
    """Return the same for the scope of any selection, of which so much is known already."""
    ranked = select_open_items(selection)
    [(ids,)] = await query(
        render_ranked_ids(ranked), {**ranked.params, "limit": MOST}, plan_anew=True, on_standby=True
    )
    return ids


def select_open_items(selection: Selection) -> Selection:
    """Return the selection of all open items that the scope of another sees, by rank."""
    order = find_order("rank", selection.hints.rank_order)
    return Selection(scope=selection.scope, order=order, predicates=_OPEN, with_archived=False, hints=selection.hints)


def render_ranked_ids(selection: Selection) -> LiteralString:
    """Return the statement of the first ids of a selection, in one array, which is read faster than as many rows."""
    rows = Rows(selection=selection, limit="%(limit)s")
    return f"""SELECT ARRAY(SELECT i.id FROM (
{render_tables(selection)}
{render_rows(rows)}
) i {selection.order.render_final_sort("i")}) AS ids"""
