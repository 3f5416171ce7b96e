"""Run private PostgreSQL servers that a test may stop, kill, freeze or promote; Linux only (it reads /proc).

They are real ones, run with the embedded server's programs on a loopback address of their own, and ask for a
password that needs escaping in a URL. Their data is lost with them.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL

from shareable_backlog.database import migrate
from shareable_backlog.database.embedded import embedded_cluster
from tests.support import leaks
from tests.support.database import in_memory
from tests.support.signed_in import let_in

USER = "slb_tester"
PASSWORD = leaks.mark("open#sesame@1/%41?&=:")
DATABASE = "mirror_of_tests"
PORT = 5439
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), USER, DATABASE)

_READY_WITHIN_S = 60.0
_NOBODY = "65534"
_STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_QUICK = (
    "fsync=off", "full_page_writes=off", "unix_socket_directories=", "shared_buffers=16MB", "wal_level=replica",
    "min_wal_size=2MB", "dynamic_shared_memory_type=mmap", "logging_collector=off",
    "superuser_reserved_connections=0",
)  # fmt: skip


class PrivateServer:
    """One server over a data folder of its own; made by `private_servers`, not running yet."""

    def __init__(self, data: Path, programs: Path, *, enter: Sequence[str] = (), host: str | None = None) -> None:
        self.data = data
        self.host = host or f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"
        self._programs = programs
        self._enter = enter
        self._options: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the URL of its database, as an operator writes it."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{self.host}:{PORT}/{DATABASE}"

    @property
    def log(self) -> str:
        """Return what the server has logged since its first start."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def _log_path(self) -> Path:
        return self.data.with_suffix(".log")

    def start(self, *options: str, ready: bool = True) -> None:
        """Start with `options` (`name=value`, kept for later starts); with `ready` wait until it takes part."""
        self._options = options or self._options
        settings = (*_QUICK, f"listen_addresses={self.host}", f"port={PORT}", *self._options)
        arguments = [word for setting in settings for word in ("-c", setting)]
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._enter, *as_account(), self._programs / "postgres", "-D", self.data, *arguments],
                env={"PATH": os.defpath, "LC_ALL": "C"}, cwd="/", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it takes part, after a start that did not wait."""
        _until(self._is_ready, f"the server at {self.data} is ready")

    def _is_ready(self) -> bool:
        """Return whether it answers, or is a standby that takes no sessions: what pg_ctl waits for."""
        assert self._process is not None
        assert self._process.poll() is None, self.log[-2000:]
        with contextlib.suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[:1] == [str(self._process.pid)] and lines[7:8] in (["ready   "], ["standby "])
        return False

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it and wait for its end; "immediate" leaves the next start a crash to recover from."""
        assert self._process is not None
        self._process.send_signal(_STOP_SIGNALS[mode])
        self._process.wait(_READY_WITHIN_S)

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it and start it again, as `pg_ctl restart -w` does."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """End all its processes with SIGKILL, as a power cut does; a stopped one stays stopped."""
        if self._process is not None and self._process.poll() is None:
            for pid in self.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(_READY_WITHIN_S)
            self._remove_shared_memory()

    def _remove_shared_memory(self) -> None:
        """Give back what a killed server leaves to the kernel: the next start would do so, and may never come."""
        with contextlib.suppress(FileNotFoundError, IndexError):
            _key, shared_memory = (self.data / "postmaster.pid").read_text().splitlines()[6].split()
            subprocess.run(["ipcrm", "--shmem-id", shared_memory], check=False, capture_output=True)

    def freeze(self) -> None:
        """Halt all its processes; the kernel goes on accepting connections and acknowledging packets."""
        assert self._process is not None
        _halt(self._process.pid)  # first: from here on no session begins, and one that ends stays to be found
        for pid in self.pids()[1:]:
            _halt(pid)

    def thaw(self) -> None:
        """Let it go on after `freeze()`."""
        for pid in reversed(self.pids()):
            os.kill(pid, signal.SIGCONT)

    def pids(self) -> list[int]:
        """Return the postmaster and its children, each of which has a session of its own."""
        assert self._process is not None
        return [self._process.pid, *_children(self._process.pid)]

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """Connect to it as its superuser, each statement a transaction of its own."""
        return psycopg.connect(self.url.rpartition("/")[0] + f"/{database}", autocommit=True)

    def reload(self) -> None:
        """Let it read its configuration anew, and return when the change has reached every session."""
        with self.connect() as admin:
            before = _read_load_time(admin)
            admin.execute("SELECT pg_reload_conf()")
        loaded = before
        # The postmaster tells its sessions before it begins a new one.
        while loaded <= before:
            with self.connect() as fresh:
                loaded = _read_load_time(fresh)

    def sessions(self) -> list[int]:
        """Return the process ids of the sessions of the program under test."""
        with self.connect() as admin:
            found = admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'shareable-linear-backlog'"
            )
            return [pid for (pid,) in found]

    def until_sleeping(self, count: int) -> None:
        """Wait until so many pages sleep, as `slow_pages_down()` has them do."""
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        with self.connect() as admin:
            _until(lambda: admin.execute(asleep).fetchone() == (count,), f"{count} pages sleep")

    def slow_pages_down(self, seconds: float) -> None:
        """Put a view that sleeps in the place of the table that every page reads."""
        statement = (
            "CREATE VIEW backlog_items AS SELECT * FROM real_backlog_items WHERE (SELECT pg_sleep({})) IS NOT NULL"
        )
        with self.connect() as admin:
            admin.execute("ALTER TABLE backlog_items RENAME TO real_backlog_items")
            admin.execute(SQL(statement).format(seconds))

    def speed_pages_up(self) -> None:
        """Undo `slow_pages_down()`."""
        with self.connect() as admin:
            admin.execute("DROP VIEW backlog_items")
            admin.execute("ALTER TABLE real_backlog_items RENAME TO backlog_items")

    def promote(self) -> None:
        """Make a standby the primary, and wait until it is."""
        with self.connect() as admin:
            assert admin.execute("SELECT pg_promote(true, 30)").fetchone() == (True,)


def _read_load_time(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT pg_conf_load_time()").fetchone()
    assert row is not None
    return row[0]


class PrivateServers:
    """Make private servers from one template, in a folder that is removed at the end."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self.programs = programs
        self._made: list[PrivateServer] = []
        self._template = folder / "template"
        _initialise(self._template, programs)
        server = PrivateServer(self._template, programs)
        self._made.append(server)
        server.start()
        with server.connect("postgres") as admin:
            admin.execute(f"CREATE DATABASE {DATABASE}")
        migrate.apply_migrations(server.url)
        let_in(server.url)
        with server.connect() as admin:
            # A third of the files is a third of the time to copy them.
            admin.execute("UPDATE pg_database SET datistemplate = false")
            for unused in ("postgres", "template0", "template1"):
                admin.execute(f"DROP DATABASE {unused}")
        server.stop()

    def make(self, *, enter: Sequence[str] = (), host: str | None = None) -> PrivateServer:
        """Return a server with a fresh migrated database; `enter` is a command that runs it elsewhere."""
        server = PrivateServer(self._new_folder(), self.programs, enter=enter, host=host)
        subprocess.run(["cp", "-a", self._template, server.data], check=True)
        self._made.append(server)
        return server

    def make_standby(self, primary: PrivateServer) -> PrivateServer:
        """Return a standby that follows `primary`, which must be running."""
        server = PrivateServer(self._new_folder(), self.programs)
        source = f"host={primary.host} port={PORT} user={USER} password={PASSWORD}"
        _run(self.programs / "pg_basebackup", "-D", server.data, "-d", source, "-R", "-X", "stream", "-c", "fast")
        self._made.append(server)
        return server

    def _new_folder(self) -> Path:
        return self._folder / f"data{len(self._made)}"

    def end(self) -> None:
        """Kill every server made here that still runs."""
        for server in self._made:
            server.kill()


def programs_of_wheel(folder: Path) -> Path:
    """Return the embedded server's programs, copied into `folder` where PostgreSQL's account can't reach them."""
    package = embedded_cluster.find_package()
    within = Path("pginstall", "bin")
    try:
        _run(package / within / "initdb", "--version")
    except (PermissionError, subprocess.CalledProcessError):
        for part in package.parent.glob(f"{package.name}*"):  # the libraries lie beside the package
            shutil.copytree(part, folder / part.name)
        return folder / package.name / within
    return package / within


@contextlib.contextmanager
def make_servers(programs: Path | None = None) -> Generator[PrivateServers]:
    """Yield a maker of private servers, run with the embedded server's `programs` unless told otherwise."""
    folder = in_memory.folder()
    give_away(folder)
    servers: PrivateServers | None = None
    try:
        servers = PrivateServers(folder, programs or programs_of_wheel(folder))
        yield servers
    finally:
        if servers is not None:
            servers.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def private_servers() -> Iterator[PrivateServers]:
    """Yield this worker's maker of private servers."""
    with make_servers() as servers:
        yield servers


@pytest.fixture
def private_server(private_servers: PrivateServers) -> Iterator[PrivateServer]:
    """Yield a running private server of one's own."""
    server = private_servers.make()
    server.start()
    yield server
    server.kill()


def read_process_state(pid: int) -> str:
    """Return the kernel's letter for what a process does: T is halted, Z has ended and waits for its parent."""
    return Path("/proc", str(pid), "stat").read_text(encoding="ascii").rpartition(") ")[2][0]


def _halt(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    _until(lambda: read_process_state(pid) in "TZ", f"process {pid} is halted")


def _initialise(data: Path, programs: Path) -> None:
    password = data.with_suffix(".password")
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    give_away(password)
    _run(
        programs / "initdb", "-D", data, "-U", USER, f"--pwfile={password}", "--auth=scram-sha-256",
        "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1",
    )  # fmt: skip
    with (data / "pg_hba.conf").open("a") as access:
        access.write("host all all all scram-sha-256\n")


def as_account() -> tuple[str, ...]:
    """Return the command that PostgreSQL needs in front, which refuses to run as root."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")


def give_away(path: Path) -> None:
    """Give a path to PostgreSQL's account, with what is in it."""
    if os.geteuid() == 0:
        for one in (path, *path.rglob("*")):
            os.chown(one, int(_NOBODY), int(_NOBODY))


def _run(program: Path, *arguments: str | Path) -> None:
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    done = subprocess.run(
        [*as_account(), program, *arguments], cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field is the program's name in brackets, which may hold anything.
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return sorted(found)


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"it did not come about that {what}"
        time.sleep(0.01)
