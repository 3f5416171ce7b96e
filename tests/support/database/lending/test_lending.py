"""A database that one test after another borrows is to each as if nobody had had it before."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.database import lending
from tests.support.database.lending import lend_database

Lend = Callable[[], AbstractContextManager[str]]
END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLE = """
    CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text UNIQUE,
        follows bigint REFERENCES notes);
    INSERT INTO notes (text) VALUES ('there at first');
"""


@pytest.fixture
def lend(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Lend]:
    """Yield what lends a database with one table; to create another fails."""
    monkeypatch.setattr(lending, "_free", [])
    with psycopg.connect(empty_database) as connection:
        connection.execute(TABLE)
    left = [empty_database]
    yield partial(lend_database, left.pop, left.append, lambda _: None)
    lending.drop_free(left.append)


def write(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def read(conninfo: str) -> list[tuple[int, str]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT id, text FROM notes ORDER BY 1").fetchall()


@pytest.mark.parametrize(
    "statements",
    [
        ["INSERT INTO notes (text) VALUES ('written')"],
        ["DELETE FROM notes"],
        ["UPDATE notes SET text = 'changed'"],
        ["SELECT nextval('notes_id_seq')"],
        [],
    ],
)
def test_rows_that_a_test_wrote_are_gone_and_those_of_the_template_back(lend: Lend, statements: list[str]) -> None:
    with lend() as first:
        write(first, *statements)
    with lend() as second:
        assert second == first
        assert read(second) == [(1, "there at first")]
        write(second, "INSERT INTO notes (text) VALUES ('next')")
        assert read(second) == [(1, "there at first"), (2, "next")]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE notes ADD COLUMN more text",
        "ALTER TABLE notes RENAME TO others",
        "ALTER TABLE notes DISABLE TRIGGER ALL",
        "DROP TABLE notes",
        "CREATE INDEX ON notes (id, text)",
        "CREATE SCHEMA elsewhere",
        "GRANT SELECT ON notes TO PUBLIC",
        "REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
        "ALTER DATABASE {name} SET work_mem = '1MB'",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1",
        "ANALYZE notes",
        "INSERT INTO notes (text) SELECT i || repeat('-', 100) FROM generate_series(1, 2000) i",
        END_ALL,
    ],
)
def test_a_database_that_a_test_changed_otherwise_is_lent_no_more(lend: Lend, statement: str) -> None:
    with lend() as first:
        write(first, statement.format(name=conninfo_to_dict(first)["dbname"]))
    assert not lending._free  # pyright: ignore[reportPrivateUsage] (what is lent next)


def test_a_database_that_somebody_is_still_connected_to_is_lent_no_more(lend: Lend) -> None:
    with lend() as first:
        left = psycopg.connect(first)
    left.close()
    assert not lending._free  # pyright: ignore[reportPrivateUsage] (what is lent next)


def test_a_test_that_fails_gives_its_database_to_nobody(lend: Lend) -> None:
    with pytest.raises(ZeroDivisionError), lend():
        _ = 1 / 0
    assert not lending._free  # pyright: ignore[reportPrivateUsage] (what is lent next)


def test_what_a_test_wrote_is_checked_even_if_it_ended_all_sessions(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_free", [])
    write(empty_database, TABLE)
    checked: list[dict[str, str]] = []
    with lend_database(lambda: empty_database, lambda _: None, checked.append) as conninfo:
        write(conninfo, "UPDATE notes SET text = 'changed'")
        write(conninfo, END_ALL)
    assert checked == [{"notes": "(1,changed,)"}]


@pytest.mark.parametrize("is_lent", [True, False])
def test_what_is_written_to_it_obeys_its_rules_and_is_there_whole_or_not_at_all(
    lend: Lend, monkeypatch: pytest.MonkeyPatch, *, is_lent: bool
) -> None:
    def write_third(conninfo: str) -> None:
        with lending.write_to(conninfo) as connection:
            connection.execute("INSERT INTO notes (text) VALUES ('third')")
            connection.execute("DELETE FROM notes WHERE id = 1")

    with lend() as conninfo:
        if not is_lent:
            monkeypatch.setattr(lending, "_writers", {})  # as for any other database
        with lending.write_to(conninfo) as connection:
            connection.execute("INSERT INTO notes (text, follows) VALUES ('second', 1)")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            write_third(conninfo)
        assert read(conninfo) == [(1, "there at first"), (2, "second")]
