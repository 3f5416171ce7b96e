"""Write the whole database to one file, and fill an empty one from it."""

import tempfile
from pathlib import Path

import psycopg

from shareable_backlog.database.backup import programs
from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.errors import BackupFailed

# pg_restore writes its settings before anything else.
_HEAD_BYTES = 4096


def dump_database(conninfo: str, file: Path) -> None:
    """Write a consistent copy of the database to `file`, readable by its owner alone; it may be in use meanwhile.

    An existing file is not overwritten. Raises BackupFailed, then no file is left.
    """
    if file.exists():
        raise BackupFailed("There is already a file with that name. Nothing was changed; choose another name.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        programs.run_connected(
            conninfo, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(unfinished)
        )
        unfinished.rename(file)
    except OSError as error:
        raise BackupFailed(f"The file can't be written: {error.strerror}. Nothing was changed.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def restore_database(conninfo: str, file: Path) -> None:
    """Fill an empty database from `file`, all or nothing, and close the audit log again. Raises BackupFailed."""
    if not file.is_file():
        raise BackupFailed("There is no such file. Nothing was changed.")
    try:
        with session_options.connect(conninfo) as connection:
            used = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    except psycopg.Error as error:
        raise faults.translate_error(error) from None
    if used:
        raise BackupFailed("The database is not empty, so nothing was restored. Name an empty one.")
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


def _blank_out_statement(script: Path, statement: bytes) -> None:
    """Overwrite a statement of the script's head, which servers before PostgreSQL 17 do not know, with blanks."""
    with script.open("r+b") as text:
        at = text.read(_HEAD_BYTES).find(statement)
        if at >= 0:
            text.seek(at)
            text.write(b" " * len(statement))
