"""Count items in the cells of a table: by their groups, and by the number of the column that each stands in."""

from collections.abc import Mapping, Sequence
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.backlog.item_groups import KEYS, Group, list_keys
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query
from shareable_backlog.vocabulary import GroupBy

MOST_COUNTED = 10_000
"""As many items are looked at; of more it is said that there are more."""


class Cell(Struct, frozen=True):
    """What is in a cell: how many items, and the ids of the first.

    `row` is the place of its group, None for the items of all groups, each once; `column` is None for what stands in
    none.
    """

    row: int | None
    column: float | None
    count: int
    ids: list[str]


async def count_cells(
    selection: Selection,
    by: GroupBy,
    groups: Sequence[Group],
    *,
    keys: LiteralString | None = None,
    column: LiteralString = "NULL",
    params: Mapping[str, object] | None = None,
    first: int,
) -> Mapping[tuple[int | None, float | None], Cell]:
    """Return the cells with any of the first 10,001 items of a selection, with the ids of the `first` of each.

    `column` is of an item `i`, with `params`, and so are its `keys` where they are not as for any list in groups.
    The cell (None, None) is of all these items.
    """
    rows = Rows(
        selection=selection, limit="%(limit)s", columns=f"{keys or KEYS[by]} AS keys, ({column})::float8 AS at"
    )
    sort = selection.order.render_final_sort("i")
    members = [(at, key) for at, group in enumerate(groups) for key in list_keys(by, group)]
    found = await query(
        f"""SELECT * FROM (
{render_tables(selection)},
few AS MATERIALIZED ({render_rows(rows)}),
placed AS (
  SELECT DISTINCT m.row, i.* FROM few i CROSS JOIN LATERAL unnest(i.keys) k (id)
  JOIN unnest(%(rows)s::integer[], %(keys)s::text[]) m (row, id) ON m.id = k.id
)
SELECT NULL::integer AS row, NULL::float8 AS column, count(*), '{{}}'::text[] AS ids FROM few
UNION ALL
SELECT i.row, i.at, count(*), (array_agg(i.id {sort}))[:%(first)s] FROM placed i GROUP BY i.row, i.at
) c""",
        {
            **selection.params,
            **(params or {}),
            "limit": MOST_COUNTED + 1,
            "first": first,
            "rows": [row for row, _ in members],
            "keys": [key for _, key in members],
        },
        row=Cell,
        plan_anew=True,
        on_standby=True,
    )
    return {(one.row, one.column): one for one in found}
