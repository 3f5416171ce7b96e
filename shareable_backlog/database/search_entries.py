"""Keep the search index behind the items: what changed is marked stale, and its words are read a little later."""

from shareable_backlog.database.query import query


async def refresh(limit: int) -> int:
    """Read the words of up to `limit` stale items and count them; what another process reads is left to it."""
    done = await query(
        """
        WITH stale AS (
          SELECT item_id FROM search_entries WHERE stale_since IS NOT NULL
          ORDER BY stale_since LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        UPDATE search_entries e
        SET stale_since = NULL,
            -- A tsvector holds at most 1 MB; 100,000 characters stay under it in every script.
            words = setweight(to_tsvector('simple', i.identifier || ' ' || left(i.title, 10000)), 'A')
              || setweight(to_tsvector('simple', left(coalesce(i.description, ''), 100000)), 'B')
        FROM stale LEFT JOIN backlog_items i ON i.id = stale.item_id
        WHERE e.item_id = stale.item_id
        RETURNING 1
        """,
        {"limit": limit},
    )
    return len(done)


async def count_stale(limit: int) -> int:
    """Count the items whose words are yet to be read, up to `limit`."""
    [(count,)] = await query(
        "SELECT count(*) FROM (SELECT 1 FROM search_entries WHERE stale_since IS NOT NULL LIMIT %(limit)s) s",
        {"limit": limit},
    )
    return count
