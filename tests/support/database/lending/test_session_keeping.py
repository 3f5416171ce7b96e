"""A session that is given on is to whoever gets it as if it had just begun; any other ends."""

from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.database.lending import session_keeping

HELD = """
    SELECT current_setting('work_mem'), current_setting('application_name'), current_user,
        to_regclass('pg_temp.notes'),
        (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
        (SELECT count(*) FROM pg_listening_channels()),
        (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')
"""


@pytest.fixture
def conninfo(empty_database: str) -> Generator[str]:
    session_keeping.keep_sessions(empty_database)
    yield make_conninfo(empty_database, application_name="someone", options="-c work_mem=2MB")
    session_keeping.end_sessions(empty_database)


def connect(conninfo: str) -> psycopg.Connection:
    return psycopg.connect(conninfo, autocommit=True)


def use(conninfo: str, *statements: str) -> int:
    """Return the process of a session that runs statements and is closed."""
    with connect(conninfo) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        return connection.info.backend_pid


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SET work_mem = '1MB'",
        "SET application_name = 'another'",
        "SET ROLE pg_monitor",
        "SET SESSION AUTHORIZATION pg_monitor",
        "CREATE TEMP TABLE notes ()",
        "PREPARE one AS SELECT 1",
        "DECLARE one CURSOR WITH HOLD FOR SELECT 1",
        "LISTEN news",
        "SELECT pg_advisory_lock(1)",
    ],
)
def test_whoever_connects_in_the_same_way_gets_it_with_nothing_in_it(conninfo: str, statement: str) -> None:
    with connect(conninfo) as connection:
        as_it_begins = connection.execute(HELD).fetchall()
    pid = use(conninfo, statement)
    with connect(conninfo) as connection:
        assert connection.info.backend_pid == pid
        assert connection.execute(HELD).fetchall() == as_it_begins


def _begin(connection: psycopg.Connection) -> None:
    connection.execute("BEGIN")


def _fail(connection: psycopg.Connection) -> None:
    connection.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")


def _be_ended(connection: psycopg.Connection) -> None:
    with connect(connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])


@pytest.mark.parametrize("leave", [_begin, _fail, _be_ended])
def test_one_that_is_not_idle_is_given_to_nobody(conninfo: str, leave: Callable[[psycopg.Connection], None]) -> None:
    connection = connect(conninfo)
    pid = connection.info.backend_pid
    leave(connection)
    connection.close()
    assert pid not in [use(conninfo) for _ in range(3)]


def test_one_that_the_server_ends_meanwhile_is_given_to_nobody(conninfo: str) -> None:
    pid = use(conninfo)
    use(make_conninfo(conninfo, application_name="other"), f"SELECT pg_terminate_backend({pid}, 5000)")
    assert use(conninfo) != pid


@pytest.mark.parametrize("word", [{"application_name": "other"}, {"options": "-c work_mem=3MB"}])
def test_who_connects_in_another_way_gets_another(conninfo: str, word: dict[str, str]) -> None:
    assert use(make_conninfo(conninfo, **word)) != use(conninfo)


def test_one_that_came_another_way_to_the_database_is_given_to_nobody(conninfo: str, tmp_path: Path) -> None:
    way = tmp_path / "way"
    way.symlink_to(str(conninfo_to_dict(conninfo)["host"]))
    another = make_conninfo(conninfo, host=str(way))
    assert use(another) != use(another)


def test_a_setting_of_the_database_counts_for_whoever_connects_after_it(conninfo: str) -> None:
    name = conninfo_to_dict(conninfo)["dbname"]
    use(conninfo, f"ALTER DATABASE {name} SET test.own = 'set'")
    with connect(conninfo) as connection:
        assert connection.execute("SHOW test.own").fetchall() == [("set",)]


def test_two_at_a_time_have_one_each(conninfo: str) -> None:
    with connect(conninfo) as first, connect(conninfo) as second:
        assert first.info.backend_pid != second.info.backend_pid


def test_a_database_whose_sessions_are_not_kept_gets_new_ones(empty_database: str) -> None:
    assert use(empty_database) != use(empty_database)


def test_whoever_closed_it_can_use_it_no_more(conninfo: str) -> None:
    with connect(conninfo) as connection:
        pass
    assert connection.closed
    assert not connection.broken
    with pytest.raises(psycopg.OperationalError, match="connection is closed"):
        connection.execute("SELECT 1")


@pytest.mark.anyio
async def test_a_connection_of_a_loop_gives_it_on_to_that_of_another(conninfo: str) -> None:
    pid = use(conninfo)
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        assert connection.info.backend_pid == pid
        assert await (await connection.execute("SELECT 1")).fetchall() == [(1,)]
    assert use(conninfo) == pid
