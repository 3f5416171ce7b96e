"""The audit log as the database keeps it: whoever writes, its rows are chained, and nobody changes or removes one."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import migrate
from shareable_backlog.database.backup import backup_file
from shareable_backlog.services.audit import audit_retention, audit_sealing
from tests.conftest import as_url
from tests.database.migrate import sample
from tests.support.database.chain import add, build_config, is_chained, seal_and_verify

CHANGES = [
    "UPDATE audit_logs SET action = 'item.viewed'",
    "UPDATE audit_logs SET details = '{}' WHERE details IS NULL",
    "UPDATE audit_logs SET user_id = 2",
    "UPDATE audit_logs SET user_id = NULL",
    "UPDATE audit_logs SET user_id = NULL, action = 'x'",
    "UPDATE audit_logs SET position = 100",
    "UPDATE audit_logs SET hash = sha256('x')",
    "DELETE FROM audit_logs",
    "TRUNCATE audit_logs",
    "TRUNCATE users CASCADE",
]


@pytest.fixture
def filled(database: str) -> str:
    """Return a database with two people and a row of each."""
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com'), ('bob@example.com')")
        add(connection, 1, "person.approved")
        add(connection, 2)
    return database


@pytest.fixture
def owners_database(server: str, empty_database: str) -> Generator[str]:
    """Yield a database that an ordinary role has migrated, and whose tables it owns, as that role."""
    role = f"slb_owner_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    try:
        with psycopg.connect(empty_database) as connection:
            connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(role)))
        conninfo = make_conninfo(empty_database, options=f"-c role={role}")
        migrate.apply_migrations(conninfo)
        with psycopg.connect(conninfo) as connection:
            connection.execute("INSERT INTO users (email) VALUES ('alice@example.com'), ('bob@example.com')")
            add(connection)
        yield conninfo
    finally:
        with psycopg.connect(empty_database) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_rows_from_any_hand_are_chained(filled: str) -> None:
    assert is_chained(filled)


def test_who_acted_stays_when_the_person_is_deleted(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        connection.execute("DELETE FROM users WHERE email = 'bob@example.com'")
    rows = sample.rows(filled, "SELECT user_id, actor_id, actor_email FROM audit_logs ORDER BY id")
    assert rows == [(1, 1, "alice@example.com"), (None, 2, "bob@example.com")]
    assert is_chained(filled)


def test_a_person_can_be_deleted_in_the_transaction_of_their_last_act(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        add(connection, 2, "session.ended")
        connection.execute("DELETE FROM users WHERE id = 2")
    assert sample.rows(filled, "SELECT actor_email FROM audit_logs WHERE action = 'session.ended'") == [
        ("bob@example.com",)
    ]
    assert is_chained(filled)


def test_what_the_chain_decides_can_not_be_given(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        connection.execute(
            "INSERT INTO audit_logs (user_id, actor_id, actor_email, action, position, hash, created_at)"
            " VALUES (1, 2, 'bob@example.com', 'item.viewed', 77, 'x', '2020-01-01')"
        )
    [row] = sample.rows(
        filled,
        "SELECT actor_id, actor_email, position, created_at > now() - interval '1 hour' FROM audit_logs"
        " ORDER BY id DESC LIMIT 1",
    )
    assert row == (1, "alice@example.com", None, True)
    assert is_chained(filled)


def test_a_transaction_that_is_rolled_back_leaves_no_gap(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        add(connection)
        connection.rollback()
        add(connection)
    assert is_chained(filled)


def test_many_writers_at_once_never_fork_the_chain(filled: str) -> None:
    def write(_: int) -> None:
        with psycopg.connect(filled) as connection:
            for user_id in (1, 2, None):
                add(connection, user_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    assert sample.rows(filled, "SELECT count(*) FROM audit_logs") == [(74,)]
    verdict = seal_and_verify(filled)
    assert (verdict.rows, verdict.faults) == (74, [])


def test_a_writer_that_dawdles_holds_nobody_up(filled: str) -> None:
    with psycopg.connect(filled) as slow, psycopg.connect(filled) as quick:
        add(slow)
        quick.execute("SET lock_timeout = '1s'")
        add(quick)
        quick.commit()
    assert is_chained(filled)


def test_two_who_lock_each_others_people_do_not_stop_each_other(filled: str) -> None:
    with psycopg.connect(filled) as first, psycopg.connect(filled) as second:
        add(first, None)
        second.execute("SELECT FROM users WHERE id = 2 FOR UPDATE")
        add(second, None)
        second.commit()
        first.execute("SELECT FROM users WHERE id = 2 FOR UPDATE")
    assert is_chained(filled)


@pytest.mark.parametrize("change", CHANGES)
def test_not_even_a_superuser_changes_or_removes_a_row(filled: str, change: str) -> None:
    with psycopg.connect(filled) as connection, pytest.raises(errors.InsufficientPrivilege, match="only grows"):
        connection.execute(change.encode())


def test_the_programs_own_role_is_denied_what_would_change_it(owners_database: str) -> None:
    with psycopg.connect(owners_database, autocommit=True) as connection:
        for change in CHANGES:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(change.encode())
        for change in ("UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"):
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                connection.execute(change.encode())
    assert is_chained(owners_database)


def test_the_programs_own_role_deletes_a_person_and_keeps_the_rows(owners_database: str) -> None:
    with psycopg.connect(owners_database) as connection:
        connection.execute("DELETE FROM users WHERE id = 1")
    assert sample.rows(owners_database, "SELECT user_id, actor_email FROM audit_logs") == [
        (None, "alice@example.com")
    ]
    assert is_chained(owners_database)


@pytest.mark.anyio
async def test_the_programs_own_role_may_still_prune_and_keeps_no_right_to_remove(owners_database: str) -> None:
    role = str(conninfo_to_dict(owners_database)["options"]).removeprefix("-c role=")
    url = as_url(make_conninfo(owners_database, options=""))
    async with program_database.open_database(parse_settings({"DATABASE_URL": url})):
        await audit_sealing.seal_entries(build_config())
        async with program_database.transaction() as tx:
            await tx.query(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            pruned = await audit_retention.prune_oldest(tx, build_config(), datetime.now(UTC), 10)
    assert pruned
    assert (pruned.rows, pruned.through) == (1, 1)
    with psycopg.connect(owners_database) as connection:
        add(connection)
        connection.commit()
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
            connection.execute("DELETE FROM audit_logs")


def test_hashes_do_not_depend_on_the_settings_of_a_session(filled: str) -> None:
    odd = "-c TimeZone=Asia/Kathmandu -c DateStyle=German -c extra_float_digits=-15 -c IntervalStyle=iso_8601"
    conninfo = make_conninfo(filled, options=odd)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            """INSERT INTO audit_logs (action, details) VALUES ('x', '{"b": 1.50, "a": 1e3, "ä": "😀"}')"""
        )
    assert is_chained(filled)
    # The program says itself what form dates have.
    assert is_chained(make_conninfo(filled, options=odd.replace("-c DateStyle=German", "")))


def test_after_the_down_part_rows_can_be_changed_again(owners_database: str) -> None:
    assert is_chained(owners_database)
    migrate.revert_migrations(owners_database, to=13)
    with psycopg.connect(owners_database) as connection:
        connection.execute("UPDATE audit_logs SET action = 'x'")
        connection.execute("DELETE FROM audit_logs")
    migrate.apply_migrations(owners_database)
    with psycopg.connect(owners_database) as connection:
        add(connection)
    assert is_chained(owners_database)


def test_a_backup_brings_the_chain_back_and_closes_it_again(filled: str, empty_database: str, tmp_path: Path) -> None:
    backup_file.dump_database(filled, tmp_path / "backup")
    backup_file.restore_database(empty_database, tmp_path / "backup")
    with psycopg.connect(empty_database) as connection:
        add(connection)
    assert is_chained(empty_database)
    with psycopg.connect(empty_database) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("UPDATE audit_logs SET action = 'x'")
