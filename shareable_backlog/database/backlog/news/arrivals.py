"""Read which items came last, as far as they may be shown."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from shareable_backlog.database.backlog.filters import Condition, Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query


class Arrival(Struct, frozen=True):
    """An item and when it was created in Linear."""

    id: str
    created_at: datetime


def query_arrivals(since: date, now: datetime) -> ItemQuery:
    """Return the query of what was created `since` a day, the newest first; nothing that is archived."""
    return ItemQuery(Filters((Condition("created", (f"{since.isoformat()}..",)),)), "created", now)


async def list_arrivals(selection: Selection, limit: int) -> Sequence[Arrival]:
    """Return up to `limit` items of a selection that came so."""
    rows = Rows(selection=selection, limit="%(limit)s")
    return await query(
        f"""
        SELECT a.id, a.key_0 AS created_at FROM (
        {render_tables(selection)}
        {render_rows(rows)}
        ) a ORDER BY a.key_0 DESC, a.id DESC
        """,
        {**selection.params, "limit": limit},
        row=Arrival,
        plan_anew=True,
        on_standby=True,
    )
