"""Keep the words of updates behind them: what was written is marked stale, and its words are read a little later."""

import asyncio

from msgspec import Struct

from shareable_backlog.database.connection.transaction import transaction
from shareable_backlog.database.search import folding

_WITHIN_S = 60.0
# A tsvector holds at most 1 MB of words.
_MOST_CHARS = 100_000


class _Body(Struct, frozen=True):
    id: str
    body: str


async def refresh_entries(limit: int) -> int:
    """Read the words of up to `limit` stale updates and count them; what another process reads is left to it."""
    async with transaction(within_s=_WITHIN_S, durable_at_once=False) as tx:
        stale = await tx.query(
            "SELECT update_id FROM update_entries WHERE stale_since IS NOT NULL"
            " ORDER BY stale_since LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
            {"limit": limit},
        )
        if not stale:
            return 0
        # Read after the entries are locked: whatever changes from now on marks them stale again.
        bodies = await tx.query(
            """
            SELECT id, left(body, %(most)s) AS body FROM project_updates WHERE id = ANY (%(ids)s::text[])
            UNION ALL SELECT id, left(body, %(most)s) FROM initiative_updates WHERE id = ANY (%(ids)s::text[])
            """,
            {"ids": [id_ for (id_,) in stale], "most": _MOST_CHARS},
            row=_Body,
        )
        vectors = await asyncio.to_thread(lambda: [_render_tsvector(one.body) for one in bodies])
        await tx.query(
            """
            UPDATE update_entries e SET stale_since = NULL, words = read.words::tsvector
            FROM unnest(%(ids)s::text[], %(vectors)s::text[]) AS read (id, words) WHERE e.update_id = read.id
            """,
            {"ids": [one.id for one in bodies], "vectors": vectors},
        )
        return len(stale)


def _render_tsvector(text: str) -> str:
    return " ".join(f"{word}:{at}" for at, word in enumerate(folding.split_words(text), 1))
