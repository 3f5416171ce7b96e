"""Read the chain of the audit log as it is stored, for a check that trusts no function of the database."""

from dataclasses import dataclass

from shareable_backlog.database.connection.query import query


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Place and hash of the chain's last row, and of the last one that retention removed (0 and empty: none)."""

    position: int
    hash: bytes
    pruned_position: int
    pruned_hash: bytes


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One row: `values` are all that its hash covers, in the order in which it does."""

    id: int
    position: int
    user_id: int | None
    actor_id: int | None
    values: list[str | None]
    hash: bytes | None


async def read_page(after: int, limit: int) -> tuple[ChainHead | None, list[ChainLink]]:
    """Return the head as it is (None: it is missing), and at most `limit` rows with a place above `after`."""
    rows = await query(
        """
        SELECT head.position, head.hash, head.pruned_position, head.pruned_hash, link.*
        FROM audit_chain_heads head
        LEFT JOIN LATERAL (
            SELECT id, position, user_id, actor_id, ARRAY[
                position::text, id::text, actor_id::text, actor_email, action, resource, resource_id, details::text,
                ip_address, user_agent, is_admin_action::text, outcome,
                trunc(extract(epoch FROM created_at) * 1000000)::text
            ], hash
            FROM audit_logs WHERE position > %(after)s ORDER BY position LIMIT %(limit)s
        ) link ON true
        """,
        {"after": after, "limit": limit},
    )
    heads = 4
    links = [ChainLink(*row[heads:]) for row in rows if row[heads] is not None]
    return (ChainHead(*rows[0][:heads]) if rows else None), links


async def list_unchained(limit: int) -> list[int]:
    """Return the ids of at most `limit` rows that have no place in the chain."""
    rows = await query(
        "SELECT id FROM audit_logs WHERE position IS NULL ORDER BY id LIMIT %(limit)s", {"limit": limit}
    )
    return [row_id for (row_id,) in rows]


async def is_pruning_recorded() -> bool:
    """Return whether the chain itself says that it begins where it does: a row of its own records each removal."""
    rows = await query(
        """
        SELECT head.pruned_position = 0 OR EXISTS (
            SELECT FROM audit_logs
            WHERE action = 'audit.pruned' AND position > head.pruned_position
              AND details ->> 'through' = head.pruned_position::text
              AND details ->> 'hash' = encode(head.pruned_hash, 'hex')
        )
        FROM audit_chain_heads head
        """
    )
    return bool(rows and rows[0][0])
