"""Write the database to one file, and fill an empty one from it."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from shareable_backlog import __version__
from shareable_backlog.database import migrate
from shareable_backlog.database.backup import manifest, programs
from shareable_backlog.database.backup.manifest import BackupManifest, BackupScope
from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.errors import BackupFailed
from shareable_backlog.streams import STREAMS

MIRROR = (
    *(stream.table for stream in STREAMS.values()),
    *("search_entries", "update_entries"),
    *("sync_history", "adopted_runs", "sync_cursors", "sync_refusals", "sweep_entries", "webhook_deliveries"),
)
"""The tables whose rows a sync writes again, and those that say how far it got."""

# pg_restore writes its settings before anything else.
_HEAD_BYTES = 4096


def dump_database(conninfo: str, file: Path, scope: BackupScope = "all") -> BackupManifest:
    """Write a consistent copy of the database to `file`, readable by its owner alone; it may be in use meanwhile.

    Returns what the file says of itself. Without the mirror its tables are in it, empty. An existing file is not
    overwritten. Raises BackupFailed, then no file is left.
    """
    try:
        with _create_beside(file) as unfinished:
            written = _write_dump(conninfo, unfinished, scope)
            manifest.add_manifest(unfinished, written)
    except FileExistsError:
        fault = "There is already a file with that name. Nothing was changed; choose another name."
        raise BackupFailed(fault) from None
    except OSError as error:
        raise BackupFailed(f"The file can't be written: {error.strerror}. Nothing was changed.") from None
    except psycopg.Error as error:
        raise BackupFailed(faults.describe_to_operator(error)) from None
    return written


def restore_database(conninfo: str, file: Path) -> BackupManifest | None:
    """Fill an empty database from `file`, all or nothing, and close the audit log again.

    Returns what the file says of itself, if it does. Raises BackupFailed.
    """
    manifest.require_file(file)
    if not is_empty(conninfo):
        raise BackupFailed(
            "The database is not empty, so nothing was restored."
            " Name an empty one in DATABASE_URL, or without it move `postgres` out of SLB_DATA_DIR."
        )
    written = manifest.read_manifest(file)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        programs.run_program("pg_restore", "--no-owner", "--no-privileges", "--file", str(script), str(file))
        _blank_out_statement(script, b"SET transaction_timeout = 0;")
        programs.run_connected(
            conninfo, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file",
            str(script),
        )  # fmt: skip
    with session_options.connect(conninfo) as connection:
        # A backup of an older version has none; the migrations that follow close the tables then.
        if connection.execute("SELECT to_regproc('close_audit_tables')").fetchone() != (None,):
            connection.execute("SELECT close_audit_tables()")
    return written


def require_migrated(conninfo: str) -> None:
    """Raise BackupFailed if no migration of this program was ever applied, as in an empty or another database."""
    if not migrate.read_status(conninfo).applied:
        raise BackupFailed(
            "The database holds nothing of this program, so no backup was made."
            " Is DATABASE_URL the right one, or without it SLB_DATA_DIR?"
        )


def is_empty(conninfo: str) -> bool:
    """Return whether there is no table in the database. Raises DatabaseUnavailable."""
    try:
        with session_options.connect(conninfo) as connection:
            return not connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchall()
    except psycopg.Error as error:
        raise faults.translate_error(error) from None


def is_in_use(conninfo: str) -> bool:
    """Return whether a pool of this program is open on the database, in whatever process."""
    with session_options.connect(conninfo) as connection:
        found = connection.execute(
            """
            SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'shareable-linear-backlog' LIMIT 1
            """
        )
        return found.rowcount > 0


@contextmanager
def _create_beside(file: Path) -> Generator[Path]:
    """Yield a new file beside `file`, for the owner's eyes alone, that gets its name at the end, or else is removed.

    Nothing that is there already is followed, written to or removed. Raises FileExistsError if the name is taken.
    """
    if _is_taken(file):
        raise FileExistsError
    descriptor, name = tempfile.mkstemp(prefix="slb-", suffix=".unfinished", dir=file.parent)
    os.close(descriptor)
    unfinished = Path(name)
    try:
        yield unfinished
        file.touch(mode=0o600, exist_ok=False)  # another backup may have begun with the same name
        unfinished.replace(file)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _is_taken(file: Path) -> bool:
    """Return whether there is a file, or a link to nowhere, of that name; raises OSError where none can be."""
    try:
        file.lstat()
    except FileNotFoundError:
        return False
    return True


def _write_dump(conninfo: str, file: Path, scope: BackupScope) -> BackupManifest:
    """Let pg_dump write what this program counts: both see the database as it is at one moment."""
    left_out = MIRROR if scope == "without mirror" else ()
    with session_options.connect(conninfo) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        [(snapshot, made_at)] = connection.execute("SELECT pg_export_snapshot(), now()").fetchall()
        programs.run_connected(
            conninfo, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
            *(f"--exclude-table-data=public.{table}" for table in left_out), "--file", str(file),
        )  # fmt: skip
        rows = manifest.count_rows(connection)
    size = file.stat().st_size
    return BackupManifest(
        made_at=made_at,
        version=__version__,
        scope=scope,
        rows=rows | dict.fromkeys(rows.keys() & left_out, 0),
        size_bytes=size,
        sha256=manifest.hash_beginning(file, size),
    )


def _blank_out_statement(script: Path, statement: bytes) -> None:
    """Overwrite a statement of the script's head, which servers before PostgreSQL 17 do not know, with blanks."""
    with script.open("r+b") as text:
        at = text.read(_HEAD_BYTES).find(statement)
        if at >= 0:
            text.seek(at)
            text.write(b" " * len(statement))
