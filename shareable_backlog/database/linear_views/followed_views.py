"""Read the views that are shared in Linear, and keep which of them are published here."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias

import msgspec
from msgspec import Struct

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

CheckOutcome: TypeAlias = Literal["matched", "differs", "refused", "too_many"]


class ViewCheck(Struct, frozen=True):
    """What a comparison found: how many items Linear's view and ours have, and how many only one of them has."""

    outcome: CheckOutcome
    linear_count: int | None = None
    own_count: int | None = None
    differing_count: int | None = None


class LinearView(Struct, frozen=True, kw_only=True):
    """A view of items made in Linear; not `is_shared` when it no longer is, or is gone.

    `published_…` are of the view here that follows it, if any, and the rest of the last comparison with Linear's ids,
    which still holds if it `is_checked`: one that found no match is made again the day after.
    """

    id: str
    name: str
    description: str | None
    team_id: str | None
    filter_data: Any
    is_shared: bool
    published_id: int | None
    published_name: str | None
    published_query: str | None
    is_checked: bool
    check_outcome: CheckOutcome | None
    linear_count: int | None
    own_count: int | None
    differing_count: int | None
    checked_at: datetime | None


_VIEWS: LiteralString = """
    SELECT coalesce(v.id, f.custom_view_id) AS id, coalesce(v.name, f.published_name) AS name, v.description,
      v.team_id, v.filter_data, coalesce(v.is_shared, false) AS is_shared,
      f.published_view_id AS published_id, f.published_name, f.published_query,
      coalesce(
        f.checked_filter = v.filter_data AND f.checked_query = f.published_query
        AND (f.check_outcome = 'matched' OR f.checked_at > now() - interval '1 day'), false
      ) AS is_checked,
      f.check_outcome, f.linear_count, f.own_count, f.differing_count, f.checked_at
    FROM (
      SELECT id, name, description, team_id, filter_data,
        shared AND model_name = 'Issue' AND removed_at IS NULL AND archived_at IS NULL AS is_shared
      FROM custom_views
    ) v
    FULL JOIN (
      SELECT f.*, p.name AS published_name, p.query AS published_query
      FROM followed_views f JOIN published_views p ON p.id = f.published_view_id
    ) f ON f.custom_view_id = v.id
"""


async def list_shared() -> list[LinearView]:
    """Return the views of items that are shared in Linear, and those that are published, by their names."""
    return await query(
        f"""
        SELECT * FROM ({_VIEWS}) w WHERE is_shared OR published_id IS NOT NULL ORDER BY lower(name), id LIMIT 1000
        """,
        row=LinearView,
    )


async def list_followed() -> list[LinearView]:
    """Return those that are published and still shared in Linear, whose comparison is oldest first."""
    return await query(
        f"""
        SELECT * FROM ({_VIEWS}) w WHERE is_shared AND published_id IS NOT NULL ORDER BY checked_at NULLS FIRST, id
        """,
        row=LinearView,
    )


async def find_shared(view_id: str) -> LinearView | None:
    """Return one that is shared in Linear; None when it isn't, or no more."""
    found = await query(
        f"SELECT * FROM ({_VIEWS}) w WHERE id = %(view_id)s AND is_shared", {"view_id": view_id}, row=LinearView
    )
    return found[0] if found else None


async def follow_view(transaction: Transaction, view_id: str, published_id: int) -> None:
    """Note that a published view shows what one in Linear does."""
    await transaction.query(
        "INSERT INTO followed_views (custom_view_id, published_view_id) VALUES (%(view_id)s, %(published_id)s)",
        {"view_id": view_id, "published_id": published_id},
    )


async def set_query(transaction: Transaction, published_id: int, *, before: str, after: str) -> bool:
    """Let a published view show something else; False, and nothing done, when it isn't as it was `before`."""
    found = await transaction.query(
        """
        UPDATE published_views SET query = %(after)s, updated_at = now()
        WHERE id = %(published_id)s AND query = %(before)s RETURNING id
        """,
        {"published_id": published_id, "before": before, "after": after},
    )
    return bool(found)


async def list_not_shown(ids: Collection[str]) -> set[str]:
    """Return those of these items that the mirror has, and that nobody is shown here."""
    found = await query(
        f"""
        SELECT i.id FROM backlog_items i
        WHERE i.id = ANY (%(ids)s::text[]) AND {visibility.IN_LINEAR} AND NOT coalesce({visibility.ITEM}, false)
        """,
        {**visibility.build_params(EVERYTHING), "ids": list(ids)},
    )
    return {id_ for (id_,) in found}


async def save_check(view: LinearView, check: ViewCheck) -> None:
    """Keep what a comparison of a view's items with Linear's found."""
    await query(
        """
        UPDATE followed_views
        SET checked_filter = %(filter)s::jsonb, checked_query = %(query)s, check_outcome = %(outcome)s,
          linear_count = %(linear_count)s, own_count = %(own_count)s, differing_count = %(differing_count)s,
          checked_at = now()
        WHERE custom_view_id = %(view_id)s
        """,
        {
            "view_id": view.id,
            "filter": msgspec.json.encode(view.filter_data).decode(),
            "query": view.published_query,
            "outcome": check.outcome,
            "linear_count": check.linear_count,
            "own_count": check.own_count,
            "differing_count": check.differing_count,
        },
    )
