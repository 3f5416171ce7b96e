"""Read the rows of the audit log as they are stored, for seals and for a check that trusts no function there."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.transaction import Transaction

LARGEST_SEAL = 5000
"""How many rows a seal may have, as migration 029 says it."""


class ChainLink(Struct, frozen=True, kw_only=True):
    """One row: `values` are all that its hash covers, in the order in which it does.

    `position` and `hash` are None but for rows from before there were seals, which carry their chain themselves.
    """

    id: int
    position: int | None
    user_id: int | None
    actor_id: int | None
    created_at: datetime
    values: list[str | None]
    hash: bytes | None


VALUE_NAMES = (
    "position", "id", "actor_id", "actor_email", "action", "resource", "resource_id", "details", "ip_address",
    "user_agent", "is_admin_action", "outcome", "created_at_us",
)  # fmt: skip
"""What the values of a row are, in their order; the time is in microseconds since 1970."""

_LINK: LiteralString = """
    id, position, user_id, actor_id, created_at, ARRAY[
        position::text, id::text, actor_id::text, actor_email, action, resource, resource_id, details::text,
        ip_address, user_agent, is_admin_action::text, outcome, trunc(extract(epoch FROM created_at) * 1000000)::text
    ] AS values, hash
"""


async def list_links(tx: Transaction, ids: Sequence[int]) -> dict[int, ChainLink]:
    """Return the rows with these ids, by their id."""
    links = await tx.query(
        f"SELECT {_LINK} FROM audit_logs WHERE id = ANY(%(ids)s::bigint[])", {"ids": list(ids)}, row=ChainLink
    )
    return {link.id: link for link in links}


async def list_chained(tx: Transaction, after: int, limit: int) -> list[ChainLink]:
    """Return at most `limit` rows that carry a place of their own above `after`, by it."""
    return await tx.query(
        f"""
        SELECT {_LINK} FROM audit_logs
        WHERE position > %(after)s ORDER BY position LIMIT %(limit)s
        """,
        {"after": after, "limit": limit},
        row=ChainLink,
    )


async def list_unsealed(tx: Transaction, limit: int) -> list[ChainLink]:
    """Return at most `limit` rows that wait for a seal, by id."""
    return await tx.query(
        f"""
        SELECT {_LINK} FROM audit_logs
        WHERE id IN (SELECT id FROM unsealed_audit_logs ORDER BY id LIMIT %(limit)s) ORDER BY id
        """,
        {"limit": limit},
        row=ChainLink,
    )


async def count_links(tx: Transaction) -> int:
    """Count all rows, wherever they stand."""
    [(count,)] = await tx.query("SELECT count(*) FROM audit_logs")
    return count


async def list_strays(tx: Transaction, limit: int) -> list[int]:
    """Return the ids of at most `limit` rows that stand in no seal and wait for none."""
    rows = await tx.query(
        """
        SELECT id FROM audit_logs WHERE position IS NULL
        EXCEPT (SELECT unnest(ids) FROM audit_seals UNION ALL SELECT id FROM unsealed_audit_logs)
        ORDER BY id LIMIT %(limit)s
        """,
        {"limit": limit},
    )
    return [row_id for (row_id,) in rows]


async def list_lost(tx: Transaction, limit: int) -> list[int]:
    """Return the ids of at most `limit` rows that wait for a seal and are gone."""
    rows = await tx.query(
        """
        SELECT id FROM unsealed_audit_logs AS waiting
        WHERE NOT EXISTS (SELECT FROM audit_logs AS entry WHERE entry.id = waiting.id)
        ORDER BY id LIMIT %(limit)s
        """,
        {"limit": limit},
    )
    return [row_id for (row_id,) in rows]


async def count_prunable(tx: Transaction, before: datetime, limit: int) -> int:
    """Count the sealed rows at the chain's beginning that are older than `before`, at most `limit`."""
    [(count,)] = await tx.query(
        """
        WITH newest AS (
            SELECT pruned_number, pruned_position FROM audit_seals ORDER BY number DESC LIMIT 1
        ),
        placed AS (
            (
                SELECT entry.position, entry.created_at
                FROM newest JOIN audit_logs AS entry ON entry.position > newest.pruned_position
                ORDER BY entry.position LIMIT %(limit)s
            )
            UNION ALL
            (
                SELECT seal.position - cardinality(seal.ids) + listed.place AS place, entry.created_at
                FROM newest
                JOIN audit_seals AS seal
                  ON seal.position > newest.pruned_position
                  AND seal.position <= newest.pruned_position + %(limit)s + %(largest)s
                CROSS JOIN unnest(seal.ids) WITH ORDINALITY AS listed (id, place)
                JOIN audit_logs AS entry ON entry.id = listed.id
                ORDER BY place LIMIT %(limit)s
            )
        ),
        oldest AS (SELECT position, created_at FROM placed ORDER BY position LIMIT %(limit)s)
        SELECT count(*) FROM oldest
        WHERE position < coalesce((SELECT min(position) FROM oldest WHERE created_at >= %(before)s), position + 1)
        """,
        {"before": before, "limit": limit, "largest": LARGEST_SEAL},
    )
    return count
