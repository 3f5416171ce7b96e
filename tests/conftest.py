"""Give tests a real PostgreSQL: the embedded server, or the one of TEST_DATABASE_URL.

The migrations run once, into a template database; each test that asks for `database` gets a clone of it.
"""

import contextlib
import functools
import gc
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shareable_backlog import database as program_database
from shareable_backlog.config import NAMES, Settings, parse_settings
from shareable_backlog.database import migrate
from shareable_backlog.database.connection import conninfo as conninfo_words
from shareable_backlog.database.connection import pool
from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.process_state import reset_process_state
from tests.support import leaks
from tests.support.database import in_memory, lending, program_role
from tests.support.database.lending import session_keeping
from tests.support.signed_in import SECRET_KEY

pytest_plugins = ("tests.support.causes", "tests.fakes.postgres")

_FOLDER, _TEMPLATE = "SLB_TESTS_FOLDER", program_role.TEMPLATE
_OPTIONS = ("-c", "fsync=off", "-c", "full_page_writes=off")  # nothing has to outlive a crash


def pytest_configure(config: pytest.Config) -> None:
    """Name what all workers share, before the first of them starts: the server's folder and the template."""
    leaks.watch_draws()
    session_keeping.watch_connections()
    # To load the authorities of all the world takes 60 times as long as to make a client without any.
    os.environ.update({"SSL_CERT_FILE": "", "SSL_CERT_DIR": os.devnull})
    if not hasattr(config, "workerinput"):
        os.environ[_TEMPLATE] = f"slb_template_{uuid4().hex[:8]}"
        in_memory.remove_abandoned()
        os.environ[_FOLDER] = str(in_memory.folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove both after the last worker has gone."""
    if not hasattr(config, "workerinput"):
        role, name, url = program_role.name_role(), os.environ.pop(_TEMPLATE), os.environ.get("TEST_DATABASE_URL")
        if url:
            with psycopg.connect(conninfo_words.parse_url(url), autocommit=True) as admin:
                for made in (name, filled_name(name)):
                    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(made)))
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        shutil.rmtree(os.environ.pop(_FOLDER), ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, nor for any among them later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks the server; begin with the long tests, so that at the end no worker is alone with one."""
    for item in items:
        if isinstance(item, pytest.Function) and "server" in item.fixturenames:
            item.add_marker("server")
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_runtest_logstart() -> None:
    """Begin each test with what a fresh process has; a site that runs for all of a module keeps what it holds."""
    reset_process_state()
    # Behind `&` a shell has Ctrl-C ignored, and processes that tests start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of CI that skipped a test: there, all that can be installed is."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped: list[pytest.TestReport] = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") != "true" or not skipped:
        return
    from tests.fakes.linear.graphql import published  # late, as GraphQL takes long to import

    if any(published.WITHOUT not in str(one.longrepr) for one in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own environment and `.env` out of every test."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("SLB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def server() -> Generator[str]:
    """Yield the connection string of a database from which others can be created; all workers share the server."""
    url = os.environ.get("TEST_DATABASE_URL")
    with contextlib.ExitStack() as stack:
        if url:
            conninfo = conninfo_words.parse_url(url)
        else:
            run = embedded_server.run_server(Path(os.environ[_FOLDER]), options=_OPTIONS)
            conninfo = stack.enter_context(run)
        stack.callback(lambda: (_connect_admin(conninfo).close(), _connect_admin.cache_clear()))
        stack.callback(lending.drop_free, functools.partial(_drop_database, conninfo))
        yield conninfo


@functools.cache
def _connect_admin(server: str) -> psycopg.Connection:
    """Return this worker's one session in which databases are created and dropped."""
    return psycopg.connect(server, autocommit=True)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """Return the name of a migrated database to clone."""
    return create_once(server, os.environ[_TEMPLATE], "template1", _fill_template)


def _fill_template(conninfo: str) -> None:
    """Migrate as the owner, and let the program's role do what `slb database grants` says."""
    migrate.apply_migrations(conninfo)
    program_role.create_role(conninfo)


def filled_name(template: str) -> str:
    """Return the name of the database to clone that has the site's items too."""
    return f"{template}_filled"


def create_once(server: str, name: str, template: str, fill: Callable[[str], object]) -> str:
    """Clone `template` and fill it, unless another worker has; give the `name` of what is then there to be cloned."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
            fill(make_conninfo(server, dbname=name))
    return name


@contextlib.contextmanager
def create_database(server: str, template: str) -> Generator[str]:
    if template == os.environ[_TEMPLATE]:
        with _lend_database(server, template) as conninfo:
            yield conninfo
        return
    conninfo = _create_database(server, template)
    try:
        with lending.keep_writer(conninfo):
            yield conninfo
        leaks.hunt_stored(lending.read_rows(conninfo))
    finally:
        _drop_database(server, conninfo)


def _create_database(server: str, template: str) -> str:
    name = f"slb_test_{uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    # Files in memory are copied in less time than it takes to write them to the log first.
    how = sql.SQL("" if os.environ.get("TEST_DATABASE_URL") else " STRATEGY file_copy")
    _connect_admin(server).execute(create + how)
    return make_conninfo(server, dbname=name)


def _drop_database(server: str, conninfo: str) -> None:
    name = sql.Identifier(str(conninfo_to_dict(conninfo)["dbname"]))
    _connect_admin(server).execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def empty_database(server: str) -> Generator[str]:
    """Yield the connection string of a fresh empty database."""
    with create_database(server, "template0") as conninfo:
        yield conninfo


@pytest.fixture
def database(server: str, template: str) -> Generator[str]:
    """Yield the connection string of a migrated database that holds nothing yet."""
    with _lend_database(server, template) as conninfo:
        yield conninfo


def _lend_database(server: str, template: str) -> contextlib.AbstractContextManager[str]:
    return lending.lend_database(
        functools.partial(_create_database, server, template),
        functools.partial(_drop_database, server),
        leaks.hunt_stored,
    )


@pytest.fixture
def settings(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Settings:
    """Return settings that name a fresh migrated database by a URL.

    The program has the role that `slb database grants` makes; a test that itself changes tables or goes behind the
    triggers by the program's connections says so with the mark `owner`.
    """
    is_owner = request.node.get_closest_marker("owner")
    given = {
        "DATABASE_URL": as_url(database if is_owner else program_role.use_role(database)),
        "SECRET_KEY": SECRET_KEY,
        "SLB_DATA_DIR": str(tmp_path / "data"),
    }
    leaks.mark_settings(given)
    return parse_settings(given)


def as_url(conninfo: str) -> str:
    """Write a connection string as a URL, the way an operator gives it."""
    return f"postgresql://?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"


@pytest.fixture
async def live_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Settings]:
    """Open the program's database on a fresh migrated one; give its settings.

    To connect takes as long as a hundred statements, so it begins with one connection, and that is there: whoever
    asks a pool that is still empty has it make one more.
    """
    monkeypatch.setattr(pool, "_MIN_SIZE", 1)
    async with program_database.open_database(settings):
        await pool.pool().wait()
        yield settings
