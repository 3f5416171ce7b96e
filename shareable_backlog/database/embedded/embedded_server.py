"""Run the PostgreSQL that serves while there is no DATABASE_URL: one server for all processes of a data folder.

Three lock files keep the processes in step (embedded_lock.py):
- start.lock, exclusive, is held by a process that comes or goes: one at a time.
- users.lock, shared, is held by every process that uses the server.
- watcher.lock is held by the watcher (embedded_watch.py), which starts the server, waits for users.lock to be
  exclusively its own, and then stops the server: nobody uses it any more, whether they left or were killed.
The watcher waits for users.lock alone, and nobody who holds that waits for start.lock but to leave: no circle.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
from msgspec import Struct
from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from shareable_backlog import logs
from shareable_backlog.database.embedded import embedded_cluster, embedded_folder, embedded_lock, embedded_watch
from shareable_backlog.database.embedded.embedded_cluster import Cluster
from shareable_backlog.errors import EmbeddedServerFailed

_LOG = logs.get_logger(__name__)

_DATABASE = "shareable_linear_backlog"
_PORT = "5432"
_OUTPUT = "postgres.log"
_OUTPUT_MAX = 10_000_000
_TAIL_MAX = 10_000
_READY_S = 60
# On the command line, where neither postgresql.conf nor ALTER SYSTEM can undo it; "." is the server's folder.
_SETTINGS = (
    *("-c", f"cluster_name={_DATABASE}", "-c", "listen_addresses=", "-p", _PORT),
    *("-c", "unix_socket_directories=.", "-c", "unix_socket_permissions=0700"),
)
# What PostgreSQL says while a killed server's sessions are still ending.
_PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')


class EmbeddedServer(Struct, frozen=True):
    """Describe an embedded server; `version` is None before its first start, `pid` while it is down."""

    folder: Path
    version: str | None
    pid: int | None


@contextmanager
def run_server(data_dir: Path, options: Sequence[str] = (), programs: Path | None = None) -> Generator[str]:
    """Yield the libpq connection string of the server in `data_dir`, which it makes, starts or joins.

    The server runs until the last process that uses it leaves or is killed; leaving as the last waits until it
    has stopped. `options` go on the command line of a server that is not running yet (`-c`, `name=value`).
    `programs` are those of the major version that made the data, where that is another one.
    Raises EmbeddedServerFailed.
    """
    home = data_dir.absolute()
    with ExitStack() as stack:
        with _translate_errors():
            embedded_cluster.check_home(home)
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            users = stack.enter_context(embedded_lock.open_file(home / embedded_lock.USERS))
            with embedded_lock.hold_start_lock(home):
                embedded_lock.share_lock(users)
                cluster = embedded_cluster.find_cluster(home)
                if programs is not None:
                    made_by = embedded_folder.read_major_version(cluster.folder)
                    cluster = replace(cluster, programs=programs, version=made_by or cluster.version)
                stack.callback(_leave_server, cluster, users)
                _bring_up_server(cluster, options)
        yield _build_conninfo(cluster, _DATABASE)


def inspect_server(data_dir: Path) -> EmbeddedServer:
    """Return what is in `data_dir` and whether it runs; changes nothing. Raises EmbeddedServerFailed."""
    folder = embedded_cluster.locate_folder(data_dir.absolute())
    pid = None
    with _translate_errors():
        if embedded_watch.is_listening(str(folder)):
            with suppress(FileNotFoundError):  # it has stopped meanwhile
                pid = int((folder / "postmaster.pid").read_text().partition("\n")[0])
        return EmbeddedServer(folder, embedded_folder.read_major_version(folder), pid)


@contextmanager
def _translate_errors() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedServerFailed(
            f"The data folder can't be used: {error.strerror or type(error).__name__}."
            " Set SLB_DATA_DIR to a folder that you may write to."
        ) from error


def _build_conninfo(cluster: Cluster, database: str) -> str:
    return make_conninfo(host=str(cluster.folder), port=_PORT, user=embedded_folder.ROLE, dbname=database)


def _bring_up_server(cluster: Cluster, options: Sequence[str]) -> None:
    deadline = time.monotonic() + _READY_S
    while not _ensure_running(cluster, options):
        if time.monotonic() > deadline:
            raise EmbeddedServerFailed(
                "The embedded PostgreSQL is still busy starting or stopping; nothing is lost. Try again in a minute."
            )
        time.sleep(0.1)


def _ensure_running(cluster: Cluster, options: Sequence[str]) -> bool:
    """See to it that the server and a watcher run; False while an earlier server stands in the way."""
    embedded_folder.check_version(cluster)
    with embedded_lock.open_file(cluster.home / embedded_lock.WATCHER) as watcher:
        unwatched = embedded_lock.take_lock(watcher)
        if not embedded_watch.is_listening(str(cluster.folder)):
            embedded_folder.prepare_folder(cluster)
            settings = shlex.join([*options, *_SETTINGS])
            if not _start_watcher(cluster, watcher, "-w", "-t", "600", "-s", "-o", settings):
                return False
        elif unwatched:
            _start_watcher(cluster, watcher)
    try:
        with psycopg.connect(_build_conninfo(cluster, "postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).rowcount
            if not known:
                connection.execute(f"CREATE DATABASE {_DATABASE}")
    except psycopg.OperationalError as error:
        _LOG.info("embedded_server_awaited", reason=str(error))
        return False
    return True


def _start_watcher(cluster: Cluster, watcher: int, *start: str) -> bool:
    """Leave a watcher behind that holds the lock on `watcher`; with pg_ctl's options `start` it starts the server.

    So no server runs without a watcher, not even if this process is killed while it waits. False: try again.
    """
    output_path = cluster.home / _OUTPUT
    if start and output_path.exists() and output_path.stat().st_size > _OUTPUT_MAX:
        output_path.replace(output_path.with_suffix(".log.1"))
    with (
        embedded_lock.open_file(cluster.home / embedded_lock.USERS) as users,
        embedded_lock.open_file(output_path) as output,
    ):
        before = os.fstat(output).st_size
        descriptors = (str(users), str(watcher))
        account = (str(cluster.uid), str(cluster.gid))
        program = (sys.executable, "-I", "-S", embedded_watch.__file__, *descriptors, *account)
        # Not subprocess.run: on Ctrl-C that kills what it waits for.
        with subprocess.Popen(  # noqa: S603  # a program of ours
            [*program, cluster.programs / "pg_ctl", *start],
            pass_fds=(users, watcher),
            # Not as an option of pg_ctl, which would hand the path to a shell.
            env=embedded_cluster.ENVIRONMENT | {"PGDATA": str(cluster.folder)},
            cwd=cluster.home,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as child:
            code = child.wait()
        tail = os.pread(output, _TAIL_MAX, before).decode(errors="replace")
    killed = code < 0
    if code == 0 or killed or any(words in tail for words in _PASSING):
        return code == 0
    _LOG.error("embedded_server_not_started", output=tail)
    raise EmbeddedServerFailed("The embedded PostgreSQL did not start; its data is untouched. The log says why.")


def _leave_server(cluster: Cluster, users: int) -> None:
    """Stop using the server; the last one waits until the watcher has stopped it."""
    with embedded_lock.hold_start_lock(cluster.home):
        if not embedded_lock.take_lock(users):
            # Others use it. Or the watcher has just taken the lock: then this waits until it is done.
            embedded_lock.share_lock(users)
            return
        for _ in range(2):  # again if the watcher was killed at this moment
            if not embedded_watch.is_listening(str(cluster.folder)):
                return
            with embedded_lock.open_file(cluster.home / embedded_lock.WATCHER) as watcher:
                if embedded_lock.take_lock(watcher):  # it was killed before
                    _start_watcher(cluster, watcher)
            embedded_lock.release_lock(users)
            with embedded_lock.open_file(cluster.home / embedded_lock.WATCHER) as watcher:
                embedded_lock.share_lock(watcher)
