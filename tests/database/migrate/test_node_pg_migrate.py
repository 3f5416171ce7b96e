"""Prove against the real node-pg-migrate that either tool goes on where the other stopped."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from shareable_backlog.database import migrate
from shareable_backlog.database.migrate import ledger
from tests.database.migrate import sample
from tests.fakes.npm import install_packages
from tests.support.database import catalogue

pytestmark = pytest.mark.npm

NODE_SERVICE = Path(__file__).parent / "node_service"
PACKAGES = ("node-pg-migrate@9", "node-pg-migrate-7@npm:node-pg-migrate@7.9.1", "pg@8")
PROGRAMS = {"9": "node-pg-migrate/bin/node-pg-migrate.js", "7": "node-pg-migrate-7/bin/node-pg-migrate.js"}
NOTHING = "No migrations to run!"

Node = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    return install_packages(tmp_path_factory, testrun_uid, *PACKAGES)


@pytest.fixture
def node(modules: Path, empty_database: str) -> Node:
    """Return a function that runs the tool on the empty database: arguments, and which version and folder."""
    parts = conninfo_to_dict(empty_database)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    connection = {name: str(parts[key]) for key, name in names.items() if parts.get(key)}

    def run(*arguments: str, version: str = "9", folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        directory = folder or migrate.locate_migrations()
        command = ["node", str(modules / PROGRAMS[version]), *arguments, "-m", str(directory), "--no-verbose"]
        environment = os.environ | connection
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.mark.parametrize("version", ["7", "9"])
def test_what_it_applied_is_taken_over_and_only_the_rest_is_run(
    node: Node, empty_database: str, database: str, version: str
) -> None:
    assert node("up", "5", version=version).returncode == 0
    assert migrate.apply_migrations(empty_database)[0].number == 6
    assert catalogue.describe_tables(empty_database) == catalogue.describe_tables(database)
    assert NOTHING in node("up", version=version).stdout


def test_the_node_services_own_files_are_taken_over_and_their_names_mended(
    node: Node, empty_database: str, database: str
) -> None:
    assert node("up", folder=NODE_SERVICE).returncode == 0
    assert "users_email_key" in catalogue.constraints(empty_database, "users")
    assert migrate.apply_migrations(empty_database)[0].name == "006_name-constraints"
    for table in ("users", "user_preferences", "audit_logs", "sync_history"):
        assert catalogue.constraints(empty_database, table) == catalogue.constraints(database, table)
        assert catalogue.indexes(empty_database, table).keys() == catalogue.indexes(database, table).keys()
    assert NOTHING in node("up").stdout


def test_after_ours_it_has_nothing_to_run(node: Node, empty_database: str) -> None:
    migrate.apply_migrations(empty_database)
    answer = node("up")
    assert answer.returncode == 0
    assert NOTHING in answer.stdout


def test_it_goes_on_where_ours_stopped(node: Node, empty_database: str, database: str) -> None:
    migrate.apply_migrations(empty_database, to=3)
    assert node("up").returncode == 0
    assert migrate.apply_migrations(empty_database) == []
    assert catalogue.describe_tables(empty_database) == catalogue.describe_tables(database)


def test_it_takes_back_what_ours_applied(node: Node, empty_database: str) -> None:
    applied = migrate.apply_migrations(empty_database)
    assert node("down").returncode == 0
    assert [found.name for found in migrate.read_status(empty_database).pending] == [applied[-1].name]
    assert migrate.apply_migrations(empty_database) == applied[-1:]


def test_ours_takes_back_what_it_applied(node: Node, empty_database: str) -> None:
    assert node("up").returncode == 0
    migrate.revert_migrations(empty_database, to=4)
    assert len(sample.ledger(empty_database)) == 4
    assert node("up").returncode == 0
    assert migrate.read_status(empty_database).find_problem() is None


def test_it_waits_behind_the_same_lock(node: Node, empty_database: str) -> None:
    with psycopg.connect(empty_database) as ours:
        ours.execute("SELECT pg_advisory_lock(%s)", [ledger.LOCK_KEY])
        answer = node("up")
    assert answer.returncode == 1
    assert "Another migration is already running" in answer.stderr


def test_a_file_that_ours_creates_is_one_for_it(node: Node, empty_database: str, folder: Path) -> None:
    path = migrate.create_migration("create figs", folder)
    path.write_text(path.read_text().replace("-- Up Migration\n", "-- Up Migration\nCREATE TABLE figs ();\n"))
    assert node("up", folder=folder).returncode == 0
    assert sample.tables(empty_database) == ["figs"]
    assert migrate.apply_migrations(empty_database, directory=folder) == []
