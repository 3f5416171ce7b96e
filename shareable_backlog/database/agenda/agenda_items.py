"""Read the items of an agenda: which each part of it has, and what its lines say of them."""

from collections.abc import Sequence

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.item_list import ListedItem, name_item, read_rows_of
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Pick, Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query_all


class AgendaItem(ListedItem, frozen=True):
    """A line of an agenda, with the state and the project that it names: whether they may be named can change."""

    state_id: str | None
    project_id: str | None


class _FoundId(Struct, frozen=True):
    id: str


async def list_ids(selections: Sequence[tuple[Selection, Pick]], limit: int) -> list[list[str]]:
    """Return the ids of up to `limit` items of each selection, in its order, by one round trip.

    Which ones, its pick says: the first are found by an index in the order, and any where that might be read whole.
    """
    found = await query_all(
        [
            (
                f"""SELECT i.id FROM (
{render_tables(one)}
{render_rows(Rows(selection=one, limit="%(limit)s", pick=pick))}
) i {one.order.render_final_sort("i")}""",
                {**one.params, "limit": limit},
            )
            for one, pick in selections
        ],
        row=_FoundId,
        plan_anew=True,
        on_standby=True,
    )
    return [[row.id for row in rows] for rows in found]


async def read_items(scope: Scope, ids: Sequence[str]) -> dict[str, AgendaItem]:
    """Return the items of these ids as lines of an agenda, as far as they may be shown."""
    rows, names = await read_rows_of(scope, ids)
    return {row.id: name_item(AgendaItem, row, names, row.state_id, row.project_id) for row in rows}
