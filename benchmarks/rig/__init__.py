"""Hold what the measurements share: a PostgreSQL, programs to time and to serve, packages from npm, rows to print."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

import psycopg
from platformdirs import user_cache_path
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from shareable_backlog import config
from shareable_backlog.database import migrate
from shareable_backlog.database.connection import conninfo as conninfo_words
from shareable_backlog.database.embedded import embedded_server
from tests.support.signed_in import SECRET_KEY, cookies

AS_BOB = "; ".join(f"{name}={value}" for name, value in cookies("bob").items())
"""The Cookie header of a viewer, once `tests.support.signed_in.let_in` has let him in."""

AS_ERIN = "; ".join(f"{name}={value}" for name, value in cookies("erin").items())
"""That of a viewer whose group sees a part."""

ROOT = Path(__file__).parents[2]
SLB = (sys.executable, "-m", "shareable_backlog")
_NODE_PACKAGES = ("express@5", "compression@1", "pg@8", "ejs@7", "pino@10", "node-pg-migrate@9")
_SERVES_WITHIN_S = 60.0
_WAITS_S = 120.0
_UNLIMITED = {"PAGES_PER_MINUTE": "1000000", "EXPORTS_PER_HOUR": "1000000"}
"""One reader stands for all."""


class Unavailable(Exception):
    """What a measurement needs and how to get it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line; `bar` is what is wanted, `met` None where nothing is."""

    name: str
    figure: str
    bar: str = ""
    met: bool | None = None


def at_most(name: str, value: float, bar: float, unit: str = "") -> Row:
    """Return the row of a value that should not exceed `bar`."""
    return Row(name, f"{value:.2f}{unit}", f"at most {bar:g}{unit}", value <= bar)


def at_least(name: str, value: float, bar: float) -> Row:
    """Return the row of a value that should reach `bar`."""
    return Row(name, f"{value:.2f}", f"at least {bar:g}", value >= bar)


@contextmanager
def server() -> Generator[str]:
    """Yield the connection string of the PostgreSQL of TEST_DATABASE_URL, else of an embedded one made for it."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield conninfo_words.parse_url(url)
        return
    with data_folder() as folder, embedded_server.run_server(folder) as conninfo:
        yield conninfo


@contextmanager
def data_folder() -> Generator[Path]:
    """Yield an empty folder that an embedded server can live in, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="slb-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(on_server: str) -> Generator[str]:
    """Yield the connection string of a fresh migrated database, dropped at the end."""
    name = Identifier(f"slb_bench_{uuid4().hex[:12]}")
    with psycopg.connect(on_server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {}").format(name))
        try:
            conninfo = make_conninfo(on_server, dbname=name.as_string().strip('"'))
            migrate.apply_migrations(conninfo)
            yield conninfo
        finally:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def wait_until(conninfo: str, condition: str) -> None:
    """Wait until the statement `condition` gives a row; raises RuntimeError after two minutes."""
    deadline = time.monotonic() + _WAITS_S
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while not connection.execute(condition.encode()).fetchone():
            if time.monotonic() > deadline:
                raise RuntimeError("the mirror did not get ready")
            time.sleep(0.005)


def url_of(conninfo: str) -> str:
    """Write a connection string as the DATABASE_URL that an operator would set."""
    return f"postgresql://?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with no other settings of the product than `settings`."""
    # Without compiled modules, as on an installed system, each start would be a second slower.
    dropped = {*config.NAMES, *(f"{name}_FILE" for name in config.NAMES), "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "warning", "SECRET_KEY": SECRET_KEY, **_UNLIMITED} | settings


def node_environment(conninfo: str, **settings: str) -> dict[str, str]:
    """Return the environment in which node-postgres finds the same database."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    parts = conninfo_to_dict(conninfo)
    connection = {name: str(parts[key]) for key, name in names.items() if parts.get(key)}
    return environment(NODE_ENV="production", **connection, **settings)


def node_modules() -> Path:
    """Return the folder of the npm packages, installed once into the user's cache; raises Unavailable."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Unavailable(f"{program} is missing (apt-get install nodejs npm)")
    folder = user_cache_path("shareable-linear-backlog", appauthor=False) / "benchmarks" / "-".join(_NODE_PACKAGES)
    if not folder.exists():
        unfinished = Path(f"{folder}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", *_NODE_PACKAGES]
        if subprocess.run(command, cwd=unfinished, check=False).returncode:
            shutil.rmtree(unfinished)
            raise Unavailable("npm could not install its packages: is its registry reachable?")
        unfinished.rename(folder)
    return folder / "node_modules"


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took from its start to its end: wall-clock and processor time, its largest resident memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def timed(command: Sequence[str | Path], environ: Mapping[str, str]) -> Run:
    """Run a program to its end, out of reach of any `.env`; raises CalledProcessError when it fails."""
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, env=environ, cwd="/", stdout=subprocess.DEVNULL, stderr=errors) as process,
    ):
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            print(errors.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(process.returncode, command)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


@contextmanager
def serving(command: Sequence[str | Path], environ: Mapping[str, str], ready_path: str) -> Generator[str]:
    """Start a server that reads PORT, give its address once `ready_path` is a 200, and stop it at the end."""
    with started(command, environ, ready_path) as (address, _):
        yield address


@contextmanager
def started(command: Sequence[str | Path], environ: Mapping[str, str], ready_path: str) -> Generator[tuple[str, int]]:
    """Do as `serving` does, and yield the id of the server's process too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env={**environ, "PORT": str(port)}, cwd="/", stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _SERVES_WITHIN_S
            while not _answers(address + ready_path):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} {command[-1]} does not serve")
                time.sleep(0.005)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(_SERVES_WITHIN_S)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_SERVES_WITHIN_S):
            return True
    except OSError:
        return False
