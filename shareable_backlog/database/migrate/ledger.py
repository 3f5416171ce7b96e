"""Keep the table of what was applied, and the lock that lets one runner work at a time.

Table and lock are node-pg-migrate's, so that either tool can go on where the other stopped; our checksum is
one more column, which that tool does not mind.
"""

import contextlib
from collections.abc import Generator, Sequence
from datetime import datetime
from time import monotonic, sleep
from typing import LiteralString

import psycopg
from msgspec import Struct
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row

from shareable_backlog.database.connection import faults, schema_use, session_options
from shareable_backlog.database.migrate.files import Migration
from shareable_backlog.errors import MigrationFailed

LOCK_KEY = 7241865325823964
# A killed runner's lock ends within about a second, so whoever holds it longer is at work: instances that
# start together wait for the one that migrates, but not past what a start may take.
LOCK_WAIT_S = 30.0
_POLL_S = 0.1
_CONNECT_AGAIN_S = 0.5
# A statement that waits for a table makes the table's readers wait behind it: no longer than this.
_SESSION = """
RESET ALL;
SET search_path TO public;
SET lock_timeout TO '1s';
SET statement_timeout TO 0;
SET idle_in_transaction_session_timeout TO 0;
"""
# Behind a pooler the next transaction may be another session's, and what is set for a session would reach others.
_TRANSACTION = _SESSION.replace("RESET ALL;", "").replace("SET ", "SET LOCAL ")

EXISTS = "SELECT to_regclass('public.pgmigrations') IS NOT NULL"
# Through JSON, because a ledger made by node-pg-migrate has no such column.
SELECT_APPLIED = """
SELECT name, run_on, to_jsonb(ledger) ->> 'checksum' AS checksum
FROM public.pgmigrations AS ledger ORDER BY run_on, id
"""

_NEEDED_RIGHTS = "it needs CREATE on the schema public, and must own the tables that migrations change"


class AppliedMigration(Struct, frozen=True):
    """One row of the ledger; `run_on` is in its runner's time zone, `checksum` None if unknown.

    For what was taken over from the Node service's later versions the checksum is `node_service.ADOPTED`.
    """

    name: str
    run_on: datetime
    checksum: str | None


@contextlib.contextmanager
def open_for_reading(conninfo: str, *, wait_s: float = 0) -> Generator[Connection]:
    """Yield a connection that can change nothing, without the lock. Raises DatabaseUnavailable."""
    with _open_connection(conninfo, wait_s=wait_s) as connection:
        # For this transaction alone: a pooler hands the session on to others.
        connection.read_only = True
        with connection.transaction():
            connection.execute("SET LOCAL search_path TO public")
            yield connection


@contextlib.contextmanager
def open_for_writing(conninfo: str, *, wait_s: float = 0) -> Generator[Connection]:
    """Yield the connection that holds the lock, waiting up to `wait_s` for a server that is not there yet.

    Raises DatabaseUnavailable, and MigrationFailed when another runner keeps the lock or a right is missing.
    """
    with _open_connection(conninfo, wait_s=wait_s, target_session_attrs="read-write") as connection:
        if _is_pooled(connection):
            with _hold_pooled_lock(conninfo):
                yield connection
            return
        prepare_session(connection)
        _take_lock(connection, "pg_try_advisory_lock")
        try:
            yield connection
        finally:
            # The server would notice the closed connection a little later than the next runner starts.
            with contextlib.suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))


def _is_pooled(connection: Connection) -> bool:
    """Return whether a pooler stands between: the session that answers is not the one that was connected to."""
    ((pid,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
    return pid != connection.info.backend_pid


@contextlib.contextmanager
def _hold_pooled_lock(conninfo: str) -> Generator[None]:
    """Hold the lock in a transaction of its own, which a pooler leaves together: a session's would stay behind."""
    with _open_connection(conninfo, wait_s=0, target_session_attrs="read-write") as holder, holder.transaction():
        holder.execute(_TRANSACTION)
        _take_lock(holder, "pg_try_advisory_xact_lock")
        yield


@contextlib.contextmanager
def _open_connection(conninfo: str, *, wait_s: float, **wanted: str) -> Generator[Connection]:
    parameters = {"connect_timeout": "5", **wanted, **conninfo_to_dict(conninfo)}
    parameters |= {"application_name": "slb migrate", "client_encoding": "UTF8"}
    parameters["options"] = f"{parameters.get('options') or ''} -c search_path=public".strip()
    with contextlib.closing(_connect(make_conninfo("", **parameters), wait_s)) as connection:
        if problem := faults.describe_encoding(connection.info.parameter_status("server_encoding") or "UTF8"):
            raise MigrationFailed(problem)
        try:
            _require_schema(connection)
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise MigrationFailed(describe_missing_right(error)) from error
        except psycopg.Error as error:
            raise faults.translate_error(error) from error


def _connect(conninfo: str, wait_s: float) -> Connection:
    deadline = monotonic() + wait_s
    while True:
        try:
            return session_options.connect(conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            left_s = deadline - monotonic()
            if left_s <= 0:
                raise faults.translate_error(error) from None
            sleep(min(left_s, _CONNECT_AGAIN_S))


def _require_schema(connection: Connection) -> None:
    """Raise MigrationFailed for a session that would make or find nothing where everything is."""
    with connection.transaction():  # of which a pooler in statement mode has none
        ((_, role, is_open, search_path),) = connection.execute(schema_use.SELECT_USE).fetchall()
    if problem := schema_use.describe_use(role, search_path, is_open=is_open):
        raise MigrationFailed(problem)


def prepare_session(connection: Connection) -> None:
    """Set up the session as each migration finds it, undoing what an earlier one may have SET.

    Behind a pooler that holds for the transaction under way alone.
    """
    if _is_pooled(connection):
        connection.execute(_TRANSACTION)
        return
    connection.execute(_SESSION)
    # Some platforms' servers can't watch their client: there a killed runner's lock ends with its statement.
    with contextlib.suppress(psycopg.errors.InvalidParameterValue), connection.transaction():
        connection.execute("SET client_connection_check_interval TO '1s'")


def _take_lock(connection: Connection, function: LiteralString) -> None:
    """Poll for the lock: waiting inside the server deadlocks against a concurrent index build."""
    deadline = monotonic() + LOCK_WAIT_S
    while not connection.execute(f"SELECT 1 WHERE {function}(%s)", (LOCK_KEY,)).fetchone():
        if monotonic() >= deadline:
            raise MigrationFailed(
                "Another migration run is under way. Nothing was changed; try again when it has ended."
            )
        sleep(_POLL_S)


def describe_missing_right(error: psycopg.Error) -> str:
    """Return which right the database refused, and which ones a role that migrates needs."""
    return f"The database role lacks a right ({error.diag.message_primary}): {_NEEDED_RIGHTS}."


def _inspect_ledger(connection: Connection) -> tuple[bool, bool]:
    """Return whether the ledger exists, and whether it has our column."""
    ((exists, has_checksum),) = connection.execute(
        "SELECT to_regclass('public.pgmigrations') IS NOT NULL, EXISTS ("
        " SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('public.pgmigrations')"
        " AND attname = 'checksum' AND NOT attisdropped)"
    ).fetchall()
    return exists, has_checksum


def list_applied(connection: Connection) -> list[AppliedMigration]:
    """Return what was applied, in that order; nothing if there is no ledger yet."""
    exists, _ = _inspect_ledger(connection)
    if not exists:
        return []
    return connection.cursor(row_factory=class_row(AppliedMigration)).execute(SELECT_APPLIED).fetchall()


def ensure_ledger(connection: Connection) -> None:
    """Make the ledger if there is none, and add our column to one that node-pg-migrate made."""
    exists, has_checksum = _inspect_ledger(connection)
    if not exists:
        connection.execute(
            "CREATE TABLE public.pgmigrations"
            " (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL, checksum text)"
        )
    elif not has_checksum:
        connection.execute("ALTER TABLE public.pgmigrations ADD COLUMN IF NOT EXISTS checksum text")


def record_migration(connection: Connection, migration: Migration) -> None:
    """Note a migration as applied.

    Never before an earlier row, even where sessions differ in time zone or a clock went back: the order of
    `run_on` is the order of the ledger, for both tools.
    """
    connection.execute(
        "INSERT INTO public.pgmigrations (name, run_on, checksum) VALUES (%(name)s,"
        " greatest(now()::timestamp, (SELECT max(run_on) FROM public.pgmigrations)), %(checksum)s)",
        {"name": migration.name, "checksum": migration.checksum},
    )


def delete_migration(connection: Connection, migration: Migration) -> None:
    """Remove a migration from the ledger."""
    connection.execute("DELETE FROM public.pgmigrations WHERE name = %s", (migration.name,))


def set_checksums(connection: Connection, migrations: Sequence[Migration]) -> None:
    """Note the files' present checksums for migrations that are applied, all or none."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE public.pgmigrations SET checksum = %s WHERE name = %s",
            [(migration.checksum, migration.name) for migration in migrations],
        )
