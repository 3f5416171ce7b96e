"""Write the mirror's tables: a page of rows goes in by one statement, as JSON that PostgreSQL takes apart."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import LiteralString, TypeVar, cast

import msgspec
from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.standby.request_version import note_version
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.streams import TABLES
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.issues import CommentRow, ItemRow

R = TypeVar("R", bound=MirrorRow)

SAMPLE_PREFIX = "sample-"
"""What the ids of the sample backlog begin with; Linear's are UUIDs."""
IMPORT_PREFIX = "csv-"
"""What the ids begin with that an import made, as the file had none."""

# PostgreSQL's texts can't hold NUL. A backslash before this one would make it a backslash and a word.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class RowCounts(Struct, frozen=True):
    """Count what became of rows; `removed` were found to be gone from Linear."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )


class Upsert(Struct, frozen=True):
    """Rows on their way into a table: the statement, what it takes, and how many they are."""

    statement: SQL
    params: Mapping[str, object]
    count: int

    def count_rows(self, answer: Sequence[tuple[int, int]]) -> RowCounts:
        """Count from the statement's answer what became of the rows."""
        [(created, updated)] = answer
        return RowCounts(created, updated, self.count - created - updated)


def build_upsert(
    kind: type[MirrorRow],
    rows: Sequence[MirrorRow],
    *,
    seen_at: datetime,
    older_too: bool = False,
    without: frozenset[str] = frozenset(),
) -> Upsert:
    """Prepare storing `rows`, all of `kind`, with distinct ids; a row that equals the stored one is left untouched.

    So is a row that is older than the stored one, unless `older_too`, and one that is known to have gone after it
    was seen, at `seen_at`; a row that had gone before that is back. The columns `without` stay as they are where the
    row is stored already. Items, and those of comments, are marked for the search index.
    """
    params = {"rows": encode_rows(rows), "seen_at": seen_at, "older_too": older_too}
    return Upsert(_render_upsert(kind, without), params, len(rows))


def encode_rows(rows: Sequence[msgspec.Struct]) -> str:
    """Return rows as JSON for PostgreSQL, with U+FFFD in place of each NUL."""
    encoded = msgspec.json.encode(rows)
    if b"\\u0000" in encoded:
        encoded = _NUL.sub(rb"\1\\ufffd", encoded)
    return encoded.decode()


async def upsert_rows(
    transaction: Transaction,
    kind: type[MirrorRow],
    rows: Sequence[MirrorRow],
    *,
    seen_at: datetime,
    older_too: bool = False,
    without: frozenset[str] = frozenset(),
) -> RowCounts:
    """Store rows as `build_upsert` says, and count what became of them."""
    if not rows:
        return RowCounts()
    prepared = build_upsert(kind, rows, seen_at=seen_at, older_too=older_too, without=without)
    return prepared.count_rows(await transaction.query(prepared.statement, prepared.params))


@cache
def _render_upsert(kind: type[MirrorRow], without: frozenset[str]) -> SQL:
    # xmax is 0 in a row that this statement inserted, and the statement's own id in one that it updated.
    table, columns = Identifier(TABLES[kind]), kind.__struct_fields__
    changed = tuple(column for column in columns if column not in without)
    composed = SQL(
        "WITH stored AS ("
        " INSERT INTO {table} ({columns})"
        " SELECT {columns} FROM json_populate_recordset(NULL::{table}, %(rows)s::json)"
        " ON CONFLICT (id) DO UPDATE SET ({changed}, removed_at) = ({excluded}, NULL)"
        " WHERE ({present}, {table}.removed_at) IS DISTINCT FROM ({excluded}, NULL)"
        " AND ({table}.updated_at <= excluded.updated_at OR %(older_too)s)"
        " AND ({table}.removed_at IS NULL OR {table}.removed_at < %(seen_at)s)"
        " RETURNING {returned}, (xmax = 0) AS is_new)"
        "{marked}"
        " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored"
    ).format(
        table=table,
        columns=_render_columns(columns),
        changed=_render_columns(changed),
        excluded=_render_columns(changed, "excluded"),
        present=_render_columns(changed, TABLES[kind]),
        returned=_render_columns(("id", "issue_id") if kind is CommentRow else ("id",), TABLES[kind]),
        marked=_ITEMS_MARKED if kind is ItemRow else _ITEMS_OF_STORED_MARKED if kind is CommentRow else SQL(""),
    )
    # Made into one text once: making it anew for each page takes longer than storing a small one.
    return SQL(cast("LiteralString", composed.as_string(None)))


_MARKING = SQL(
    ", marked AS (INSERT INTO search_entries (item_id) {}"
    " ON CONFLICT (item_id) DO UPDATE SET stale_since = now() WHERE search_entries.stale_since IS NULL)"
)
_ITEMS_MARKED = _MARKING.format(SQL("SELECT id FROM stored"))
# Always in one order, as two transactions may mark the same items.
_OF_COMMENTS = SQL("SELECT DISTINCT issue_id FROM {} WHERE issue_id IS NOT NULL ORDER BY issue_id")
_ITEMS_OF_COMMENTS_MARKED = _MARKING.format(_OF_COMMENTS.format(SQL("stored")))
# One may have moved here from another item. What is read of the table is from before this statement.
_ITEMS_OF_STORED_MARKED = _MARKING.format(
    _OF_COMMENTS.format(
        SQL(
            "(SELECT issue_id FROM stored UNION ALL"
            " SELECT c.issue_id FROM comments c JOIN stored s ON s.id = c.id WHERE NOT s.is_new) m"
        )
    )
)


def render_change(kind: type[MirrorRow], change: SQL | Composed) -> Composed:
    """Return the CTE `stored` of what `change` changes, an UPDATE of `m`; items with these comments are marked."""
    if kind is CommentRow:
        return SQL("WITH stored AS ({} RETURNING m.issue_id){}").format(change, _ITEMS_OF_COMMENTS_MARKED)
    return SQL("WITH stored AS ({} RETURNING m.id)").format(change)


def _render_columns(columns: Sequence[str], table: str | None = None) -> Composed:
    return SQL(", ").join(Identifier(table, column) if table else Identifier(column) for column in columns)


async def lock_rows(
    transaction: Transaction, kind: type[R], ids: Sequence[str]
) -> dict[str, tuple[R, datetime | None]]:
    """Return the stored rows of `ids`, each with when it went (None: it is there), and lock them.

    What the mirror has not is left out.
    """
    columns = kind.__struct_fields__
    found = await transaction.query(
        SQL("SELECT {}, removed_at FROM {} WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE").format(
            _render_columns(columns), Identifier(TABLES[kind])
        ),
        {"ids": list(ids)},
    )
    rows = [(kind(**dict(zip(columns, values, strict=True))), removed_at) for *values, removed_at in found]
    return {row.id: (row, removed_at) for row, removed_at in rows}


async def mark_removed(transaction: Transaction, kind: type[MirrorRow], removed_at: Mapping[str, datetime]) -> None:
    """Mark rows, by their ids, as gone since a time; one that has changed after that stays."""
    gone = SQL(
        "UPDATE {} m SET removed_at = gone.at"
        " FROM unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS gone (id, at)"
        " WHERE m.id = gone.id AND m.removed_at IS NULL AND m.updated_at <= gone.at"
    ).format(Identifier(TABLES[kind]))
    await transaction.query(
        render_change(kind, gone) + SQL(" SELECT FROM stored"),
        {"ids": list(removed_at), "times": list(removed_at.values())},
    )


async def list_used_prefixes() -> list[str]:
    """Return those of SAMPLE_PREFIX and IMPORT_PREFIX with which ids of the mirror begin."""
    prefixes = (SAMPLE_PREFIX, IMPORT_PREFIX)
    found = await query(
        "SELECT prefix FROM unnest(%(prefixes)s::text[]) prefix"
        " WHERE EXISTS (SELECT 1 FROM teams WHERE starts_with(id, prefix))",
        {"prefixes": list(prefixes)},
    )
    return [prefix for (prefix,) in found]


async def is_empty() -> bool:
    """Return whether the mirror has never held anything."""
    return not await query("SELECT 1 FROM teams LIMIT 1")


async def delete_by_prefix(transaction: Transaction, prefix: str) -> None:
    """Delete all rows whose ids begin with `prefix`, so that they never stand beside real ones."""
    for table in TABLES.values():
        await transaction.query(
            SQL("DELETE FROM {} WHERE starts_with(id, %(prefix)s)").format(Identifier(table)), {"prefix": prefix}
        )
    await transaction.query("DELETE FROM search_entries WHERE starts_with(item_id, %(prefix)s)", {"prefix": prefix})


async def delete_imported(transaction: Transaction, identifiers: Sequence[str]) -> None:
    """Delete the items that an import had to make ids for and that Linear calls by one of `identifiers`."""
    await transaction.query(
        "DELETE FROM backlog_items WHERE identifier = ANY(%(identifiers)s) AND starts_with(id, %(prefix)s)",
        {"identifiers": list(identifiers), "prefix": IMPORT_PREFIX},
    )


async def read_version() -> str:
    """Return the mark of the mirror, which is another one after each change; what is read later is as new."""
    [(version,)] = await query("SELECT version::text FROM mirror_versions")
    note_version(version)
    return version


async def count_items() -> int:
    """Count the items that have not gone from Linear, archived ones too."""
    [(count,)] = await query("SELECT count(*) FROM backlog_items WHERE removed_at IS NULL")
    return count
