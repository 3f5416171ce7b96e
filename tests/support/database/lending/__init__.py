"""Lend one database to one test after another: what a test wrote is deleted; what it changed otherwise ends its use.

To create a database and to drop it takes ten times as long as to empty it, and its sessions that are kept know it
already. One is lent again only if nobody else is connected to it any more, no table has grown large, and its catalogs
(tables, columns, triggers, functions, rights, statistics, settings) are what they were at first.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from tests.support.database.lending import session_keeping
from tests.support.database.lending.session_keeping import NAME

_PATIENCE_SECONDS = 0.5  # until the sessions that a test has closed are gone
_PAUSE_SECONDS = 0.002
_MOST_BYTES = 16 * 8192
"""Of a table: what was deleted keeps its room, and plans count that."""

_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relkind = 'r' ORDER BY 1"
_MOST_ROWS = 1000
"""That are read of a table; tests with more have items alone in it."""
_SEQUENCES = """
    SELECT array_agg(seqrelid::regclass::text), array_agg(seqstart), array_agg(pg_sequence_last_value(seqrelid))
    FROM pg_sequence
"""
_SET_SEQUENCES = """
    SELECT setval(name::regclass, coalesce(last, start), last IS NOT NULL)
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS sequence (name, start, last)
"""
_SIZES = "SELECT coalesce(max(pg_relation_size(name::regclass)), 0) FROM unnest(%s::text[]) name"
_OTHERS = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name <> %s AND backend_type = 'client backend'
    )
"""
_SHARED_CATALOGS: tuple[LiteralString, ...] = (
    "pg_database WHERE datname = current_database()",
    "pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
)
_CATALOGS: tuple[LiteralString, ...] = (
    *("pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_event_trigger", "pg_extension", "pg_index"),
    *("pg_largeobject_metadata", "pg_namespace", "pg_policy", "pg_proc", "pg_publication", "pg_rewrite"),
    *("pg_statistic", "pg_trigger", "pg_type"),
)
_COUNT_CATALOGS = (
    sql.SQL(" UNION ALL ")
    .join(
        sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM ") + sql.SQL(name)
        for name in _SHARED_CATALOGS + _CATALOGS
    )
    .as_bytes()
)
"""A row that is written anew has a greater `xmin`, and one that is gone is missing from the count."""


@dataclass(frozen=True, kw_only=True)
class LentDatabase:
    """A database as it was at first, and the session that reads and empties it."""

    conninfo: str
    session: psycopg.Connection
    catalogs: list[tuple[object, ...]]
    sequences: tuple[object, ...]
    """Their names, where each begins, and where it has come to."""
    rows: dict[str, str]
    copies: dict[str, bytes]


_free: list[LentDatabase] = []
_writers: dict[str, psycopg.Connection | None] = {}
"""By the connection strings of tests' databases, the session that `write_to` has there since it first wrote."""


@contextlib.contextmanager
def lend_database(
    create: Callable[[], str], drop: Callable[[str], None], check: Callable[[dict[str, str]], None]
) -> Generator[str]:
    """Yield the connection string of a database that is as `create` makes it; `check` gets what a test wrote."""
    database = _free.pop() if _free else open_database(create())
    is_clean = False
    try:
        yield database.conninfo
        written = _read_again(database)
        is_clean = written is not None and restore(database, written)
        check(read_rows(database.conninfo) if written is None else written)
    finally:
        if is_clean:
            _free.append(database)
        else:
            _end(database, drop)


@contextlib.contextmanager
def write_to(conninfo: str) -> Generator[psycopg.Connection]:
    """Yield a connection within a transaction: in a test's database the session that stays, as to connect takes long.

    It is not the one that empties the database: to change what triggers do there and back forgets all its plans.
    """
    if conninfo not in _writers:
        with psycopg.connect(conninfo) as connection:
            yield connection
        return
    writer = _writers[conninfo]
    if writer is None or writer.broken:
        writer = _writers[conninfo] = psycopg.connect(conninfo, autocommit=True, application_name=NAME)
    with writer.transaction():
        yield writer


@contextlib.contextmanager
def keep_writer(conninfo: str) -> Generator[None]:
    """Let `write_to` keep its session until the end of the context."""
    _writers[conninfo] = None
    try:
        yield
    finally:
        _end_writer(conninfo)


def _end_writer(conninfo: str) -> None:
    if writer := _writers.pop(conninfo, None):
        writer.close()


def _end(database: LentDatabase, drop: Callable[[str], None]) -> None:
    _end_writer(database.conninfo)
    session_keeping.end_sessions(database.conninfo)
    database.session.close()
    drop(database.conninfo)


def drop_free(drop: Callable[[str], None]) -> None:
    """Drop the databases that are lent to nobody; the tests are over."""
    while _free:
        _end(_free.pop(), drop)


def open_database(conninfo: str) -> LentDatabase:
    """Connect to a database that no test has used yet."""
    session = psycopg.connect(conninfo, autocommit=True, prepare_threshold=0, application_name=NAME)
    session.execute("SET session_replication_role = replica")  # so that what is deleted fires no trigger
    rows = _read_tables(session, _list_tables(session))
    _writers[conninfo] = None
    session_keeping.keep_sessions(conninfo)
    return LentDatabase(
        conninfo=conninfo,
        session=session,
        catalogs=session.execute(_COUNT_CATALOGS).fetchall(),
        sequences=session.execute(_SEQUENCES).fetchall()[0],
        rows=rows,
        copies={name: _copy_table(session, name) for name, text in rows.items() if text},
    )


def read_rows(conninfo: str) -> dict[str, str]:
    """Return the text of each table's rows."""
    with psycopg.connect(conninfo) as session:
        return _read_tables(session, _list_tables(session))


def restore(database: LentDatabase, written: dict[str, str]) -> bool:
    """Delete what a test has written; return False if that is not all that it changed."""
    session = database.session
    changed = [name for name, text in database.rows.items() if written[name] != text]
    [(largest,)] = session.execute(_SIZES, [changed]).fetchall()
    is_same = session.execute(_COUNT_CATALOGS).fetchall() == database.catalogs
    if not (is_same and largest <= _MOST_BYTES and _is_left(session)):
        return False
    for name in changed:
        session.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        if name in database.copies:
            _fill_table(session, name, database.copies[name])
    session.execute(_SET_SEQUENCES, database.sequences)
    return True


def _read_again(database: LentDatabase) -> dict[str, str] | None:
    """Return the text of each table's rows, or None if a test has ended the session or dropped a table."""
    with contextlib.suppress(psycopg.Error):
        return _read_tables(database.session, tuple(database.rows))
    return None


def _list_tables(session: psycopg.Connection) -> tuple[str, ...]:
    return tuple(str(name) for (name,) in session.execute(_TABLES))


def _read_tables(session: psycopg.Connection, names: tuple[str, ...]) -> dict[str, str]:
    return dict(session.execute(_write_reading(names)).fetchall()) if names else {}


@functools.cache
def _write_reading(names: tuple[str, ...]) -> bytes:
    parts = [
        sql.SQL("SELECT {}, coalesce(string_agg(t::text, E'\\n'), '') FROM (SELECT * FROM {} LIMIT {}) t").format(
            name, sql.Identifier(name), _MOST_ROWS
        )
        for name in names
    ]
    return sql.SQL(" UNION ALL ").join(parts).as_bytes()


def _is_left(session: psycopg.Connection) -> bool:
    """Return whether nobody else is connected, once the sessions that a test has just closed are gone."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while session.execute(_OTHERS, [NAME]).fetchall() != [(False,)]:
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _copy_table(session: psycopg.Connection, name: str) -> bytes:
    with session.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
        return b"".join(bytes(part) for part in copy)


def _fill_table(session: psycopg.Connection, name: str, rows: bytes) -> None:
    with session.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
        copy.write(rows)
