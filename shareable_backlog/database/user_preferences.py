"""Read what people set for themselves."""

from shareable_backlog.database.query import query


async def stored_views(user_id: int) -> list[object]:
    """Give the saved views among a person's preferences, as the JSON that is stored; none when there is no list."""
    found = await query(
        """
        SELECT view FROM user_preferences
        CROSS JOIN LATERAL jsonb_array_elements(
          CASE jsonb_typeof(preferences -> 'views') WHEN 'array' THEN preferences -> 'views' ELSE '[]' END
        ) WITH ORDINALITY AS stored (view, number)
        WHERE user_id = %(user_id)s ORDER BY number
        """,
        {"user_id": user_id},
    )
    return [view for (view,) in found]
