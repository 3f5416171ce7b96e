"""Write the whole database to one file and read it back, with PostgreSQL's own programs."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from shareable_backlog import logs
from shareable_backlog.database.connection import faults
from shareable_backlog.database.embedded import embedded_cluster
from shareable_backlog.errors import BackupFailed, EmbeddedServerFailed

_LOG = logs.get_logger(__name__)

# libpq's environment variables: a password in an argument would show in the list of processes.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "options": "PGOPTIONS",
}
# pg_restore writes its settings before anything else.
_HEAD_BYTES = 4096
_TLS = {"require", "verify-ca", "verify-full"}


def dump_database(conninfo: str, file: Path) -> None:
    """Write a consistent copy of the database to `file`, readable by its owner alone; it may be in use meanwhile.

    An existing file is not overwritten. Raises BackupFailed, then no file is left.
    """
    if file.exists():
        raise BackupFailed("There is already a file with that name. Nothing was changed; choose another name.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        _run_program(
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
        with psycopg.connect(conninfo) as connection:
            used = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    except psycopg.Error as error:
        raise faults.translate_error(error) from None
    if used:
        raise BackupFailed("The database is not empty, so nothing was restored. Name an empty one.")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run_program(conninfo, "pg_restore", "--no-owner", "--no-privileges", "--file", str(script), str(file))
        _blank_out_statement(script, b"SET transaction_timeout = 0;")
        _run_program(
            conninfo, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file",
            str(script),
        )  # fmt: skip
    with psycopg.connect(conninfo) as connection:
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


def _run_program(conninfo: str, name: str, *arguments: str) -> None:
    words = conninfo_to_dict(conninfo)
    variables = {_VARIABLES[word]: str(value) for word, value in words.items() if word in _VARIABLES}
    program = _find_program(name, with_tls=words.get("sslmode") in _TLS)
    ended = subprocess.run(  # noqa: S603 (the program is PostgreSQL's, the words are ours)
        [program, *arguments], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        _LOG.error("backup_program_failed", program=name, output=faults.redact_output(ended.stderr[-2000:], conninfo))
        raise BackupFailed(f"{name} failed, and nothing was changed. The log says why.")


def _find_program(name: str, *, with_tls: bool) -> Path:
    """Find `name` beside the embedded server, the newest there is but without TLS; else on the PATH."""
    with contextlib.suppress(EmbeddedServerFailed):
        if not with_tls:
            return embedded_cluster.find_package() / "pginstall" / "bin" / name
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"{name} is not installed. Install PostgreSQL's client programs.")
    return Path(found)
