"""Keep the search index behind the items: what changed is marked stale, and its words are read a little later."""

import asyncio
from bisect import bisect_right
from itertools import accumulate

from msgspec import Struct

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction, transaction
from shareable_backlog.database.search import folding

_AT_ONCE = 500
_WITHIN_S = 60.0
# A tsvector holds at most 1 MB of words, each with a few bytes for its places.
_MOST_BYTES = 1_000_000
_BYTES_OF_A_PLACE = 6


class _Texts(Struct, frozen=True):
    id: str
    heading: str
    description: str
    comments: str


async def refresh_entries(limit: int) -> int:
    """Read the words of up to `limit` stale items and count them; what another process reads is left to it.

    They are committed some hundred at a time. A crash of the server may make the last of them stale again.
    """
    count = 0
    while count < limit:
        async with transaction(within_s=_WITHIN_S, durable_at_once=False) as tx:
            done = await _refresh_batch(tx, min(limit - count, _AT_ONCE))
        count += done
        if done < _AT_ONCE:
            break
    return count


async def _refresh_batch(tx: Transaction, limit: int) -> int:
    stale = await tx.query(
        "SELECT item_id FROM search_entries WHERE stale_since IS NOT NULL"
        " ORDER BY stale_since LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        {"limit": limit},
    )
    if not stale:
        return 0
    ids = [id_ for (id_,) in stale]
    # Read after the entries are locked: whatever changes from now on marks them stale again.
    texts = await tx.query(
        f"""
        SELECT i.id, i.identifier || ' ' || left(i.title, 10000) AS heading,
               left(coalesce(i.description, ''), 100000) AS description,
               coalesce((
                 SELECT left(string_agg(left(c.body, 100000), ' '), 100000)
                 FROM (
                   SELECT body FROM comments
                   WHERE issue_id = i.id AND {visibility.COMMENT}
                   ORDER BY created_at DESC LIMIT 1000
                 ) c
               ), '') AS comments
        FROM backlog_items i WHERE i.id = ANY (%(ids)s::text[])
        """,
        {"ids": ids},
        row=_Texts,
    )
    vectors = await asyncio.to_thread(lambda: [_render_tsvector(one) for one in texts])
    await tx.query(
        """
        UPDATE search_entries e SET stale_since = NULL, words = read.words::tsvector
        FROM unnest(%(ids)s::text[], %(vectors)s::text[]) AS read (id, words) WHERE e.item_id = read.id
        """,
        {"ids": [one.id for one in texts], "vectors": vectors},
    )
    if len(texts) < len(ids):
        await tx.query(
            "DELETE FROM search_entries WHERE item_id = ANY (%(ids)s::text[])",
            {"ids": list(set(ids) - {one.id for one in texts})},
        )
    return len(ids)


def _render_tsvector(texts: _Texts) -> str:
    """Write the words of an item with their places as a tsvector, up to what one can hold."""
    place, room, placed = 1, _MOST_BYTES, list[str]()
    for weight, text in (("A", texts.heading), ("B", texts.description), ("C", texts.comments)):
        words = folding.split_words(text)
        size = 4 * sum(map(len, words)) + _BYTES_OF_A_PLACE * len(words)  # at most
        if size > room:
            sizes = list(accumulate(len(word.encode()) + _BYTES_OF_A_PLACE for word in words))
            words = words[: bisect_right(sizes, room)]
            size = sizes[len(words) - 1] if words else 0
        room -= size
        placed += [f"{word}:{at}{weight}" for at, word in enumerate(words, place)]
        place += len(words) + 1  # no phrase goes over the end of a text
    return " ".join(placed)


async def count_stale(limit: int) -> int:
    """Count the items whose words are yet to be read, up to `limit`."""
    [(count,)] = await query(
        "SELECT count(*) FROM (SELECT 1 FROM search_entries WHERE stale_since IS NOT NULL LIMIT %(limit)s) s",
        {"limit": limit},
    )
    return count
