"""Read and change what people set for themselves."""

from collections.abc import Mapping, Sequence
from typing import LiteralString

import msgspec
from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

# Whoever wrote it: what stands there need be no list.
VIEWS: LiteralString = """jsonb_array_elements(
  CASE jsonb_typeof(preferences -> 'views') WHEN 'array' THEN preferences -> 'views' ELSE '[]' END
) WITH ORDINALITY AS stored (view, number)"""
"""The saved views of a row of preferences, in their order."""
IS_READABLE: LiteralString = r"""
  jsonb_typeof(view -> 'name') = 'string' AND view ->> 'name' ~ '\S' AND jsonb_typeof(view -> 'query') = 'string' AND
  coalesce(view -> 'layout' IN
    ('"list"', '"board"', '"matrix"', '"timeline"', '"trends"', '"roadmap"', '"changes"'), true)
"""
"""Tell whether one of `VIEWS` is a view that this program knows how to show."""


class StoredViews(Struct, frozen=True):
    """A person's views as their JSON, and the name of each, None of one that can't be read.

    `default` is the name of the view they begin with, `deleted` the JSON that tells of the last one deleted.
    """

    views: list[str]
    names: list[str | None]
    default: str | None
    deleted: str | None


class StoredPreferences(Struct, frozen=True):
    """What stands in a person's row, whoever wrote it; None is what does not, `columns` may be any JSON."""

    theme: str | None
    density: str | None
    time_zone: str | None
    locale: str | None
    columns: object
    shortcuts: str | None


COLUMNS: LiteralString = """
  p.preferences ->> 'theme' AS theme, p.preferences ->> 'density' AS density,
  p.preferences ->> 'time_zone' AS time_zone, p.preferences ->> 'locale' AS locale,
  p.preferences -> 'columns' AS columns, p.preferences ->> 'shortcuts' AS shortcuts
"""
"""The columns of `StoredPreferences` of a row `p`."""


async def merge_preferences(user_id: int, changes: Mapping[str, object]) -> None:
    """Set what is `changes`, as JSON, and leave whatever else stands in the person's row."""
    await query(
        """
        INSERT INTO user_preferences (user_id, preferences) VALUES (%(user_id)s, %(given)s::jsonb)
        ON CONFLICT (user_id) DO UPDATE SET updated_at = now(), preferences =
          CASE jsonb_typeof(user_preferences.preferences)
          WHEN 'object' THEN user_preferences.preferences ELSE '{}' END || excluded.preferences
        """,
        {"user_id": user_id, "given": msgspec.json.encode(changes).decode()},
    )


async def find_deleted_view_name(user_id: int) -> str | None:
    """Return the name of the view that a person deleted last; None when there is none to bring back."""
    found = await query(
        "SELECT preferences #>> '{deleted_view,view,name}' FROM user_preferences WHERE user_id = %(user_id)s",
        {"user_id": user_id},
    )
    return found[0][0] if found else None


async def lock_views(transaction: Transaction, user_id: int) -> StoredViews:
    """Return a person's views, which nobody else can change until the transaction ends."""
    [found] = await transaction.query(
        f"""
        INSERT INTO user_preferences (user_id) VALUES (%(user_id)s)
        ON CONFLICT (user_id) DO UPDATE SET updated_at = now()
        RETURNING
          ARRAY(SELECT view::text FROM {VIEWS} ORDER BY number) AS views,
          ARRAY(SELECT CASE WHEN {IS_READABLE} THEN view ->> 'name' END FROM {VIEWS} ORDER BY number) AS names,
          preferences ->> 'default_view' AS "default",
          (preferences -> 'deleted_view')::text AS deleted
        """,
        {"user_id": user_id},
        row=StoredViews,
    )
    return found


async def save_views(
    transaction: Transaction, user_id: int, views: Sequence[str], default: str | None, deleted: str | None
) -> None:
    """Replace what `lock_views` gave; whatever else stands in the row stays as it is."""
    changed: dict[str, object] = {"views": [msgspec.Raw(view.encode()) for view in views]}
    if default is not None:
        changed["default_view"] = default
    if deleted is not None:
        changed["deleted_view"] = msgspec.Raw(deleted.encode())
    await transaction.query(
        """
        UPDATE user_preferences SET updated_at = now(), preferences =
          (CASE jsonb_typeof(preferences) WHEN 'object' THEN preferences ELSE '{}' END
            - ARRAY['default_view', 'deleted_view']) || %(changed)s::jsonb
        WHERE user_id = %(user_id)s
        """,
        {"user_id": user_id, "changed": msgspec.json.encode(changed).decode()},
    )
