"""Write the mirror's tables: rows go in by COPY into a staging table and from there by one upsert."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from psycopg.sql import SQL, Composed, Identifier

from shareable_backlog.database.mirror_rows import TABLES, Row
from shareable_backlog.database.query import query
from shareable_backlog.database.transaction import Transaction

SAMPLE_PREFIX = "sample-"
"""What the ids of the sample backlog begin with; Linear's are UUIDs."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Count what an upsert did to its rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


async def upsert(transaction: Transaction, kind: type[Row], rows: Sequence[Row]) -> Stored:
    """Store `rows`, all of `kind`, with distinct ids; a row that equals the stored one is left untouched.

    A row that had been marked as removed is back. A staging table lives as long as the transaction.
    """
    if not rows:
        return Stored()
    table = TABLES[kind]
    columns = [field.name for field in fields(kind)]
    staging = f"staging_{table}"
    await transaction.query(
        SQL("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            Identifier(staging), _names(columns), Identifier(table)
        )
    )
    await transaction.query(SQL("TRUNCATE {}").format(Identifier(staging)))
    await transaction.copy(staging, columns, map(attrgetter(*columns), rows))
    [(created, updated)] = await transaction.query(_upsert_statement(table, staging, columns))
    return Stored(created, updated, len(rows) - created - updated)


def _names(columns: Sequence[str], of: str | None = None) -> Composed:
    return SQL(", ").join(Identifier(of, column) if of else Identifier(column) for column in columns)


def _upsert_statement(table: str, staging: str, columns: Sequence[str]) -> Composed:
    # xmax is 0 in a row that this statement inserted, and the statement's own id in one that it updated.
    return SQL(
        "WITH stored AS ("
        " INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging}"
        " ON CONFLICT (id) DO UPDATE SET ({columns}, removed_at) = ({excluded}, NULL)"
        " WHERE ({present}, {table}.removed_at) IS DISTINCT FROM ({excluded}, NULL)"
        " RETURNING (xmax = 0) AS is_new)"
        " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored"
    ).format(
        table=Identifier(table),
        staging=Identifier(staging),
        columns=_names(columns),
        excluded=_names(columns, "excluded"),
        present=_names(columns, table),
    )


async def holds_sample() -> bool:
    """Tell whether the mirror shows the sample backlog."""
    return bool(await query("SELECT 1 FROM teams WHERE id LIKE 'sample-%%' LIMIT 1", {}))


async def is_empty() -> bool:
    """Tell whether the mirror has never held anything."""
    return not await query("SELECT 1 FROM teams LIMIT 1")


async def remove_sample(transaction: Transaction) -> None:
    """Delete the sample backlog, so that it never stands beside a real one."""
    for table in TABLES.values():
        await transaction.query(SQL("DELETE FROM {} WHERE id LIKE 'sample-%'").format(Identifier(table)))


async def count_items() -> int:
    """Count the items that have not gone from Linear, archived ones too."""
    [(count,)] = await query("SELECT count(*) FROM backlog_items WHERE removed_at IS NULL")
    return count
