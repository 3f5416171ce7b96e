"""Find PostgreSQL's own programs, and run them with a connection like this program's."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from shareable_backlog import logs
from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.database.embedded import embedded_cluster
from shareable_backlog.errors import BackupFailed, EmbeddedServerFailed

_LOG = logs.get_logger(__name__)

# What doesn't demand TLS, but takes it where it is offered.
_LENIENT = {None, "allow", "prefer"}


def run_connected(conninfo: str, name: str, *arguments: str) -> None:
    """Run a program that connects, as this program itself does: encrypted where that is. Raises BackupFailed."""
    variables = _build_variables(conninfo)
    with_tls, version = _inspect_connection(conninfo)
    if with_tls and variables.get("PGSSLMODE") in _LENIENT:
        variables["PGSSLMODE"] = "require"
    run_program(name, *arguments, variables=variables, conninfo=conninfo, with_tls=with_tls, version=version)


def run_program(
    name: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    conninfo: str = "",
    with_tls: bool = False,
    version: int = 0,
) -> None:
    """Run a program to its end; what it says goes to the log without the words of `conninfo`. Raises BackupFailed."""
    program = _find_program(name, with_tls=with_tls, version=version)
    ended = subprocess.run(  # noqa: S603 (the program is PostgreSQL's, the words are ours)
        [program, *arguments], env=os.environ | (variables or {}), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        _LOG.error("backup_program_failed", program=name, output=faults.redact_output(ended.stderr[-2000:], conninfo))
        raise BackupFailed(f"{name} failed, and nothing was changed. The log says why.")


def _build_variables(conninfo: str) -> dict[str, str]:
    """Return libpq's variables for a connection: a password in an argument would show in the list of processes."""
    words = conninfo_to_dict(conninfo)
    names = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}
    return {envvar.decode(): str(value) for word, value in words.items() if (envvar := names.get(word))}


def _inspect_connection(conninfo: str) -> tuple[bool, int]:
    """Return whether this program's own connections are encrypted, and the server's major version."""
    try:
        with session_options.connect(conninfo) as connection:
            return connection.pgconn.ssl_in_use, connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise BackupFailed(str(faults.translate_error(error))) from None


def _find_program(name: str, *, with_tls: bool, version: int) -> Path:
    """Find `name` on PATH, beside the embedded server (whose programs know no TLS), or where Debian has it.

    pg_dump reads no server newer than itself, which `version` is the major version of: it is the first that does, and
    the others are the newest there is.
    """
    found = [Path(path) for path in (shutil.which(name), *embedded_cluster.DEBIAN.glob(f"*/bin/{name}")) if path]
    with contextlib.suppress(EmbeddedServerFailed):
        if not with_tls:
            found.insert(1, embedded_cluster.find_package() / "pginstall" / "bin" / name)
    if not found:
        raise BackupFailed(f"{name} is not installed. Install PostgreSQL's client programs. Nothing was changed.")
    newest = max(found, key=_read_version)
    if name != "pg_dump":
        return newest
    fitting = next((path for path in found if _read_version(path) >= version), None)
    if fitting is None:
        raise BackupFailed(
            f"The server is PostgreSQL {version}, and pg_dump here is of {_read_version(newest)}: install PostgreSQL"
            f" {version}'s client programs. Nothing was changed."
        )
    return fitting


def _read_version(program: Path) -> int:
    """Return the major version of one of PostgreSQL's programs; 0 if it does not tell."""
    with contextlib.suppress(OSError):
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 (the same)
        if number := re.search(r"\) (\d+)", told):
            return int(number[1])
    return 0
