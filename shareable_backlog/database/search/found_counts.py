"""Count what a list would have, up to a limit, and read some of the titles that may be shown."""

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.counts import item_totals
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query


async def count_found(scope: Scope, item_query: ItemQuery) -> ItemTotal:
    """Return how many items there are of what is asked for, as exactly as their list does, without points."""
    selection = await select_items(scope, item_query)
    most = item_totals.choose_most(selection)
    return ItemTotal(await item_totals.count_alone(selection, most), None, most)


async def list_titles(scope: Scope, item_query: ItemQuery, most: int) -> list[str]:
    """Return the titles of the first `most` items of what is asked for."""
    selection = await select_items(scope, item_query)
    rows = Rows(selection=selection, limit="%(most)s", columns="i.title")
    found = await query(
        f"SELECT f.title FROM (\n{render_tables(selection)}\n{render_rows(rows)}\n) f",
        {**selection.params, "most": most},
        plan_anew=True,
        on_standby=True,
    )
    return [title for (title,) in found]
