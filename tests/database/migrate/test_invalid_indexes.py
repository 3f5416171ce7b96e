"""Indexes that a broken-off CREATE INDEX CONCURRENTLY left behind."""

import json
import time

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.database import migrate
from shareable_backlog.database.migrate.invalid_indexes import list_invalid_indexes
from tests.conftest import as_url

_GIVE_UP_S = 20.0

FIX = 'REINDEX INDEX CONCURRENTLY public."idx_users_by_hand";'


@pytest.fixture
def broken_off(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a migrated database in which an index was given up half-way."""
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    migrate.apply_migrations(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (email, display_name) VALUES ('a@example.com', 'A'), ('b@example.com', 'A')"
        )
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY idx_users_by_hand ON users (display_name)")
    return empty_database


@pytest.mark.parametrize("action", [("up",), ("up", "--dry-run"), ("status",), ("baseline", "5")])
@pytest.mark.usefixtures("broken_off")
def test_each_action_names_it_with_its_fix(action: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", *action]) == 0
    assert FIX in capsys.readouterr().err


@pytest.mark.usefixtures("broken_off")
def test_doctor_names_it_too_and_is_not_content(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 1
    assert FIX in json.loads(capsys.readouterr().out)["checks"]["indexes"]["what"]


def test_its_fix_mends_it(broken_off: str, capsys: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(broken_off, autocommit=True) as connection:
        connection.execute("UPDATE users SET display_name = email")
        connection.execute(FIX.encode())
    assert list_invalid_indexes(broken_off) == []
    assert main(["migrate", "status"]) == 0
    assert capsys.readouterr().err == ""


def test_one_that_is_being_built_is_not_named(broken_off: str) -> None:
    with psycopg.connect(broken_off, autocommit=True) as watcher, psycopg.connect(broken_off) as writer:
        watcher.execute("DROP INDEX idx_users_by_hand")
        writer.execute("UPDATE users SET display_name = 'B'")
        builder = psycopg.connect(broken_off, autocommit=True)
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY idx_users_by_hand ON users (display_name)")
        try:
            # Not asked in the writer's transaction, which would see the same progress for ever.
            end = time.monotonic() + _GIVE_UP_S
            while not watcher.execute("SELECT 1 FROM pg_stat_progress_create_index").fetchone():
                assert time.monotonic() < end
            assert list_invalid_indexes(broken_off) == []
        finally:
            writer.rollback()
            builder.close()
