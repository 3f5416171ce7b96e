"""Read which projects the items of a part of the backlog belong to."""

from collections.abc import Sequence

from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

_MOST_ITEMS = 1_000


async def list_project_ids(selection: Selection) -> Sequence[str]:
    """Return the ids of the projects of the first 1,000 items of a selection, in the order in which they come."""
    rows = Rows(selection=selection, limit="%(limit)s", columns="i.project_id")
    found = await query(
        f"""SELECT project_id FROM (
{render_tables(selection)}
SELECT i.project_id, row_number() OVER ({selection.order.render_final_sort("i")}) AS place
FROM ({render_rows(rows)}) i
) p WHERE project_id IS NOT NULL GROUP BY project_id ORDER BY min(place)""",
        {**selection.params, "limit": _MOST_ITEMS},
        plan_anew=True,
        on_standby=True,
    )
    return [id_ for (id_,) in found]
