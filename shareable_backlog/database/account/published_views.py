"""Read and change the views that admins give to everybody."""

from collections.abc import Sequence
from typing import Any, LiteralString

from msgspec import Struct

from shareable_backlog.database.account.user_preferences import IS_READABLE, VIEWS
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class OfferedView(Struct, frozen=True):
    """A view that a person may open: their own, without an id, or a published one.

    `query` is what stands in the address after the question mark, `layout` which page it is.
    """

    id: int | None
    name: str
    query: str
    layout: str
    is_default: bool


class PublishedView(Struct, frozen=True):
    """A published view."""

    id: int
    name: str
    query: str
    layout: str


_COLUMNS: LiteralString = "id, name, query, layout"
_IN_ORDER: LiteralString = f"SELECT {_COLUMNS} FROM published_views ORDER BY position, id"


def render_offered_views(user_id: LiteralString) -> LiteralString:
    """Return the statement of one JSON list of the fields of each `OfferedView`; `user_id` is an expression.

    A person's own views come in their order, as far as they can be read, and then the published ones in theirs.
    """
    return f"""
  SELECT coalesce(jsonb_agg(o ORDER BY id IS NOT NULL, place, id), '[]') FROM (
    SELECT NULL::int AS id, view ->> 'name' AS name, view ->> 'query' AS query,
      coalesce(view ->> 'layout', 'list') AS layout,
      coalesce(view ->> 'name' = preferences ->> 'default_view', false) AS is_default, number AS place
    FROM user_preferences CROSS JOIN LATERAL {VIEWS}
    WHERE user_id = {user_id} AND {IS_READABLE}
    UNION ALL
    SELECT {_COLUMNS}, false, position FROM published_views
  ) AS o
"""


async def list_offered_views(user_id: int) -> tuple[list[dict[str, Any]], str]:
    """Return what `render_offered_views` has of a person, and the mirror's version."""
    [found] = await query(
        f"SELECT ({render_offered_views('%(user_id)s')}), (SELECT version::text FROM mirror_versions)",
        {"user_id": user_id},
    )
    return found


async def list_views() -> list[PublishedView]:
    """Return all published views in their order."""
    return await query(_IN_ORDER, row=PublishedView)


async def lock_views(transaction: Transaction) -> list[PublishedView]:
    """Return all in their order; until the transaction ends nobody else can add, change or remove one."""
    await transaction.query("LOCK TABLE published_views IN SHARE ROW EXCLUSIVE MODE")
    return await transaction.query(_IN_ORDER, row=PublishedView)


async def create_view(
    transaction: Transaction, *, name: str, query: str, layout: str, created_by: int | None
) -> int | None:
    """Add a view after all others and return its id; None when one of that name is there, in whatever case."""
    found = await transaction.query(
        """
        INSERT INTO published_views (name, query, layout, position, created_by)
        SELECT %(name)s, %(query)s, %(layout)s, coalesce(max(position), 0) + 1, %(created_by)s FROM published_views
        ON CONFLICT (lower(name)) DO NOTHING RETURNING id
        """,
        {"name": name, "query": query, "layout": layout, "created_by": created_by},
    )
    return found[0][0] if found else None


async def rename_view(transaction: Transaction, view_id: int, name: str) -> bool:
    """Return a view another name; False, and nothing done, when another view has it."""
    found = await transaction.query(
        """
        UPDATE published_views SET name = %(name)s, updated_at = now()
        WHERE id = %(view_id)s
          AND NOT EXISTS (SELECT FROM published_views WHERE lower(name) = lower(%(name)s) AND id <> %(view_id)s)
        RETURNING id
        """,
        {"view_id": view_id, "name": name},
    )
    return bool(found)


async def arrange_views(transaction: Transaction, view_ids: Sequence[int]) -> None:
    """Put views into this order."""
    await transaction.query(
        """
        UPDATE published_views p SET position = wanted.number, updated_at = now()
        FROM unnest(%(view_ids)s::integer[]) WITH ORDINALITY AS wanted (id, number)
        WHERE p.id = wanted.id AND p.position <> wanted.number
        """,
        {"view_ids": list(view_ids)},
    )


async def delete_view(transaction: Transaction, view_id: int) -> None:
    """Take a view from everybody."""
    await transaction.query("DELETE FROM published_views WHERE id = %(view_id)s", {"view_id": view_id})
