"""The rights that are printed are enough for the program and too few to change the record; readers see no secrets."""

from collections.abc import Generator
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql

from shareable_backlog.database import grants
from tests.support.database import catalogue, program_role
from tests.support.database.chain import is_chained


def ask(database: str, role: str, statement: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        connection.execute(statement.encode())


@pytest.fixture
def reader(database: str) -> Generator[str]:
    """Yield the name of a role that only reads."""
    name = f"slb_reader_{uuid4().hex[:12]}"
    role = sql.Identifier(name)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        try:
            connection.execute(grants.build_grants(None, name, prunes=False))
            yield name
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_the_program_reads_and_writes_all_but_the_record_and_the_migrations(database: str) -> None:
    kept = {"audit_logs", "audit_seals", "unsealed_audit_logs", "pgmigrations", "set_aside_indexes"}
    for table in catalogue.tables(database):
        ask(database, program_role.name_role(), f"SELECT FROM {table} LIMIT 1")
        if table in kept:
            with pytest.raises(errors.InsufficientPrivilege):
                ask(database, program_role.name_role(), f"DELETE FROM {table}")
        else:
            ask(database, program_role.name_role(), f"DELETE FROM {table} WHERE false")


def test_the_program_adds_to_the_record_and_it_proves_whole(database: str) -> None:
    ask(database, program_role.name_role(), "INSERT INTO audit_logs (action) VALUES ('x')")
    assert is_chained(database)


def test_a_program_that_keeps_everything_can_not_remove_what_a_seal_says(database: str) -> None:
    role = program_role.name_role()
    ask(database, role, "SELECT remove_pruned_audit_logs()")
    with psycopg.connect(database) as connection:
        connection.execute(grants.build_grants(role, None, prunes=False))
    with pytest.raises(errors.InsufficientPrivilege):
        ask(database, role, "SELECT remove_pruned_audit_logs()")


def test_a_reader_reads_and_nothing_else(database: str, reader: str) -> None:
    ask(database, reader, "SELECT FROM backlog_items")
    for statement in ("INSERT INTO audit_logs (action) VALUES ('x')", "DELETE FROM users", "SELECT FROM sessions"):
        with pytest.raises(errors.InsufficientPrivilege):
            ask(database, reader, statement)


def test_a_reader_sees_no_hash_of_what_people_sign_in_with(database: str, reader: str) -> None:
    with psycopg.connect(database) as connection:
        secret = connection.execute(
            """
            SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname ~ 'token|secret|salt|code'
              AND attname <> 'error_code'
              AND has_table_privilege(%s, attrelid, 'SELECT')
            """,
            [reader],
        ).fetchall()
    assert secret == []


def test_a_name_is_no_sql() -> None:
    text = grants.format_grants('slb"; DROP TABLE users; --', None, prunes=True)
    assert 'TO "slb""; DROP TABLE users; --";' in text
    assert text.startswith("BEGIN;\n")
    assert text.endswith("COMMIT;\n")
