"""Count how often something was tried, for all processes together."""

import hashlib

from shareable_backlog.database.connection.query import query


async def allow_try(key: str, limit: int, window_s: int) -> bool:
    """Count one more try of `key` and tell whether it is among the first `limit` of this window of time.

    Windows begin at multiples of `window_s`. The key is stored as a hash: it holds addresses of people.
    """
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    [(count,)] = await query(
        """
        INSERT INTO rate_limits AS r (key, window_starts_at, count)
        VALUES (%(key)s, to_timestamp(floor(extract(epoch FROM now()) / %(window_s)s) * %(window_s)s), 1)
        ON CONFLICT (key, window_starts_at) DO UPDATE SET count = least(r.count + 1, 1000000)
        RETURNING count
        """,
        {"key": digest, "window_s": window_s},
    )
    return count <= limit


async def delete_old_windows() -> None:
    """Delete the windows of yesterday."""
    await query("DELETE FROM rate_limits WHERE window_starts_at < now() - interval '1 day'")
