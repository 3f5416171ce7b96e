"""Keep the seals of the audit log, each of which stands for a batch of its rows and for the seal before it."""

from datetime import datetime
from typing import Any, LiteralString

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

_LOCK = 5_317_002
_COLUMNS: LiteralString = """
    number, position, ids, row_hashes, pruned_number, pruned_position, pruned_hash, sealed_at, hash, key_id, mac
"""


class AuditSeal(Struct, frozen=True, kw_only=True):
    """A row of `audit_seals`: `ids` are the rows it seals, in order, the last of which has the place `position`.

    `row_hashes` are theirs, 32 bytes each. `pruned_position` is the place of the last row that retention removed
    (0: none), `pruned_number` the last seal that went with it (-1: none), and `pruned_hash` that seal's hash, or the
    row's own if it is from before there were seals. Seal 0 has no key.
    """

    number: int
    position: int
    ids: list[int]
    row_hashes: bytes
    pruned_number: int
    pruned_position: int
    pruned_hash: bytes
    sealed_at: datetime
    hash: bytes
    key_id: str | None
    mac: bytes | None


class UnsealedCount(Struct, frozen=True):
    """How many rows wait for a seal, and when the first of them was written."""

    rows: int
    oldest_at: datetime | None


async def hold_seal_lock(tx: Transaction) -> None:
    """Wait until nobody else seals, and keep it so until the transaction ends."""
    await tx.query("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _LOCK})


async def read_newest(tx: Transaction) -> tuple[AuditSeal | None, datetime]:
    """Return the last seal (None: the table was emptied), and the server's time."""
    [(now,)] = await tx.query("SELECT clock_timestamp()")
    rows = await tx.query(f"SELECT {_COLUMNS} FROM audit_seals ORDER BY number DESC LIMIT 1", row=AuditSeal)
    return (rows[0] if rows else None), now


async def add_seal(tx: Transaction, seal: AuditSeal) -> None:
    """Add the seal after the last one; its rows wait no longer."""
    await tx.query(
        f"""
        INSERT INTO audit_seals ({_COLUMNS})
        VALUES (%(number)s, %(position)s, %(ids)s::bigint[], %(row_hashes)s, %(pruned_number)s, %(pruned_position)s,
                %(pruned_hash)s, %(sealed_at)s, %(hash)s, %(key_id)s, %(mac)s)
        """,
        asdict(seal),
    )


async def list_seals(tx: Transaction, after: AuditSeal | None, most_rows: int) -> list[AuditSeal]:
    """Return the next seals after the one given (None: from the first on), in order, as many as have so many rows."""
    given: dict[str, Any] = {"number": -1, "position": -1, "rows": most_rows}
    if after is None:
        first = await tx.query("SELECT position, cardinality(ids) FROM audit_seals ORDER BY number LIMIT 1")
        given["position"] = first[0][0] - first[0][1] if first else 0
    else:
        given |= {"number": after.number, "position": after.position}
    return await tx.query(
        f"""
        SELECT {_COLUMNS} FROM audit_seals
        WHERE (position, number) > (%(position)s, %(number)s) AND position <= %(position)s::bigint + %(rows)s
        ORDER BY position, number LIMIT %(rows)s
        """,
        given,
        row=AuditSeal,
    )


async def has_seal(tx: Transaction, position: int, seal_hash: bytes) -> bool:
    """Return whether a seal ends at that place with that hash, or retention has removed it since."""
    rows = await tx.query(
        """
        SELECT FROM audit_seals
        WHERE (position = %(position)s AND hash = %(hash)s)
           OR number = (SELECT max(number) FROM audit_seals) AND pruned_position >= %(position)s
        """,
        {"position": position, "hash": seal_hash},
    )
    return bool(rows)


async def remove_pruned(tx: Transaction) -> int:
    """Remove the rows, and the seals, that the last seal says are removed; return how many rows they were."""
    [(count,)] = await tx.query("SELECT remove_pruned_audit_logs()")
    return count


async def find_pruned_seal(tx: Transaction, position: int) -> tuple[int, bytes] | None:
    """Return number and hash of the last seal that has no row beyond `position`; None when all have."""
    rows = await tx.query(
        "SELECT number, hash FROM audit_seals WHERE position <= %(position)s ORDER BY position DESC, number DESC"
        " LIMIT 1",
        {"position": position},
    )
    return rows[0] if rows else None


async def has_unsealed() -> bool:
    """Return whether any row waits for a seal."""
    [(is_any,)] = await query("SELECT EXISTS (SELECT FROM unsealed_audit_logs)")
    return is_any


async def count_unsealed(tx: Transaction) -> UnsealedCount:
    """Count the rows that wait for a seal."""
    [count] = await tx.query(
        """
        SELECT count(*) AS rows, min(created_at) AS oldest_at
        FROM unsealed_audit_logs JOIN audit_logs USING (id)
        """,
        row=UnsealedCount,
    )
    return count
