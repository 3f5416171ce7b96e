"""Read which items came last, as far as they may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Condition, Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item and when it was created in Linear."""

    id: str
    created_at: datetime


async def list_arrivals(scope: Scope, since: date, now: datetime, limit: int) -> Sequence[Arrival]:
    """Return up to `limit` items that were created `since` a day, the newest first; none that is archived."""
    filters = Filters((Condition("created", (f"{since.isoformat()}..",)),))
    selection = await select_items(scope, ItemQuery(filters, "created", now))
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
    )
