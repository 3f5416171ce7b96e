"""Count how often something was tried, for all processes together."""

import hashlib
from collections import OrderedDict
from time import time

from shareable_backlog.database.connection.query import query
from shareable_backlog.process_state import ProcessState

MOST_STRANGERS_ROWS = 2
"""How many of those whom nobody knows are counted for all processes together in one window of time."""
_MOST_REMEMBERED = 10_000
_COUNTED_HERE = ProcessState(OrderedDict[tuple[str, int], int])


async def allow_try(key: str, limit: int, window_s: int, *, tries: int = 1) -> bool:
    """Count one more try of `key`, or `tries` at once, and tell whether it is among the first `limit` of this window.

    Windows begin at multiples of `window_s`. The key is stored as a hash: it holds addresses of people.
    """
    [(count,)] = await query(
        """
        INSERT INTO rate_limits AS r (key, window_starts_at, count)
        VALUES (%(key)s, to_timestamp(floor(extract(epoch FROM now()) / %(window_s)s) * %(window_s)s), %(tries)s)
        ON CONFLICT (key, window_starts_at) DO UPDATE SET count = least(r.count + excluded.count, 1000000)
        RETURNING count
        """,
        {"key": _hash_key(key), "window_s": window_s, "tries": tries},
    )
    return count <= limit


async def allow_strangers_try(key: str, limit: int, window_s: int) -> bool:
    """Do the same for a `key` that strangers choose, who may have a million of them.

    The first few keys of a window have a row; what is tried by others is counted in this process, the last 10,000
    of them.
    """
    counted = await query(
        """
        WITH w AS (SELECT to_timestamp(floor(extract(epoch FROM now()) / %(window_s)s) * %(window_s)s) AS starts_at)
        INSERT INTO rate_limits AS r (key, window_starts_at, count)
        SELECT %(key)s, starts_at, 1 FROM w
        WHERE EXISTS (SELECT FROM rate_limits o WHERE o.key = %(key)s AND o.window_starts_at = w.starts_at)
          OR (SELECT count(*) FROM rate_limits o
              WHERE o.window_starts_at = w.starts_at AND o.key LIKE 'stranger:%%') < %(most_rows)s
        ON CONFLICT (key, window_starts_at) DO UPDATE SET count = least(r.count + 1, 1000000)
        RETURNING count
        """,
        {"key": f"stranger:{_hash_key(key)}", "window_s": window_s, "most_rows": MOST_STRANGERS_ROWS},
    )
    return (counted[0][0] if counted else _count_here(key, window_s)) <= limit


def _count_here(key: str, window_s: int) -> int:
    counts = _COUNTED_HERE.value
    window = (key, int(time() // window_s))
    counts[window] = counts.pop(window, 0) + 1
    if len(counts) > _MOST_REMEMBERED:
        counts.popitem(last=False)
    return counts[window]


def _hash_key(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def delete_old_windows() -> None:
    """Delete the windows of yesterday."""
    await query("DELETE FROM rate_limits WHERE window_starts_at < now() - interval '1 day'")
