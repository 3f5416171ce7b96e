"""The product's own files go up, down and up again, and mend what another hand made."""

import asyncio
from functools import partial
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database import migrate
from shareable_backlog.database.access import sessions
from shareable_backlog.database.audit.audit_logs import AuditFilters
from shareable_backlog.database.migrate import files
from shareable_backlog.errors import MigrationFailed
from shareable_backlog.services.audit import audit_actions, audit_log
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action
from tests.database.migrate import sample
from tests.support.database import catalogue, chain
from tests.support.signed_in import let_in

NODE_SERVICE = Path(__file__).parent / "node_service"


@pytest.fixture
def node_services_database(empty_database: str) -> str:
    """Return a database as the Node service's own five files and node-pg-migrate leave it."""
    with psycopg.connect(empty_database) as connection:
        connection.execute(
            "CREATE TABLE pgmigrations (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
        )
        for migration in files.read_migrations(NODE_SERVICE):
            connection.execute(migration.up.text.encode(), prepare=False)
            connection.execute("INSERT INTO pgmigrations (name, run_on) VALUES (%s, NOW())", [migration.name])
    return empty_database


def test_up_down_and_up_again_ends_where_it_began(empty_database: str) -> None:
    migrate.apply_migrations(empty_database)
    first = catalogue.describe_tables(empty_database)
    migrate.revert_migrations(empty_database, to=0)
    assert catalogue.tables(empty_database) == ["pgmigrations"]
    migrate.apply_migrations(empty_database)
    assert catalogue.describe_tables(empty_database) == first


def test_down_and_up_find_the_indexes_that_a_first_sync_has_set_aside(empty_database: str) -> None:
    migrate.apply_migrations(empty_database)
    before = catalogue.describe_tables(empty_database)
    sample.execute(empty_database, "SELECT set_indexes_aside()")
    migrate.revert_migrations(empty_database)
    migrate.apply_migrations(empty_database)
    assert catalogue.describe_tables(empty_database) == before
    sample.execute(empty_database, "SELECT set_indexes_aside()")
    migrate.revert_migrations(empty_database, to=0)
    assert catalogue.tables(empty_database) == ["pgmigrations"]


def test_naming_the_constraints_changes_nothing_in_a_fresh_database(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=5)
    fresh = catalogue.describe_tables(empty_database)
    migrate.apply_migrations(empty_database, to=6)
    assert catalogue.describe_tables(empty_database) == fresh


def test_a_database_of_the_node_service_becomes_like_a_fresh_one(node_services_database: str, database: str) -> None:
    applied = migrate.apply_migrations(node_services_database)
    assert applied[0].name == "006_name-constraints"
    mended, fresh = catalogue.describe_tables(node_services_database), catalogue.describe_tables(database)
    # Read backwards it serves as well, so it is left as it was.
    _, _, audit_indexes = mended["audit_logs"]
    assert audit_indexes["idx_audit_logs_user_id_created_at"] == "btree (user_id, created_at)"
    audit_indexes["idx_audit_logs_user_id_created_at"] = "btree (user_id, created_at DESC)"
    assert mended == fresh


def test_approvals_by_users_who_are_gone_lose_only_their_approver(node_services_database: str) -> None:
    sample.execute(
        node_services_database,
        "INSERT INTO users (email, is_approved, approved_by) VALUES ('alice@example.com', true, NULL),"
        " ('bob@example.com', true, 1), ('carol@example.com', true, 77)",
    )
    migrate.apply_migrations(node_services_database)
    assert sample.rows(node_services_database, "SELECT email, is_approved, approved_by FROM users ORDER BY id") == [
        ("alice@example.com", True, None),
        ("bob@example.com", True, 1),
        ("carol@example.com", True, None),
    ]


def test_rows_of_the_node_service_are_chained_when_they_are_taken_over(node_services_database: str) -> None:
    with psycopg.connect(node_services_database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        connection.execute(
            "INSERT INTO audit_logs (user_id, action, resource, details, created_at) VALUES"
            """ (1, 'LOGIN', NULL, '{"from": "web", "score": 1.50}', '2025-12-31 23:59:59.123456+00'),"""
            " (NULL, 'LOGIN_FAILED', NULL, NULL, '2026-01-01'), (1, 'APPROVE', 'user', '[]', '2025-01-01')"
        )
    migrate.apply_migrations(node_services_database)
    with psycopg.connect(node_services_database) as connection:
        chain.add(connection)
    rows = sample.rows(
        node_services_database, "SELECT position, actor_id, actor_email, action FROM audit_logs ORDER BY id"
    )
    assert rows == [
        (1, 1, "alice@example.com", "LOGIN"),
        (2, None, None, "LOGIN_FAILED"),
        (3, 1, "alice@example.com", "APPROVE"),
        (None, 1, "alice@example.com", "item.viewed"),
    ]
    assert chain.is_chained(node_services_database)


def test_names_and_indexes_of_any_other_hand_are_mended_too(node_services_database: str, database: str) -> None:
    sample.execute(
        node_services_database,
        "ALTER TABLE user_preferences"
        " RENAME CONSTRAINT user_preferences_user_id_unique TO user_preferences_user_id_key;"
        "ALTER TABLE sync_history DROP CONSTRAINT sync_history_triggered_by_fkey;"
        "DROP INDEX idx_users_email, idx_audit_logs_user_id_created_at, idx_sync_history_started_at",
    )
    migrate.apply_migrations(node_services_database)
    assert catalogue.describe_tables(node_services_database) == catalogue.describe_tables(database)


def test_the_mended_database_goes_down_again(node_services_database: str) -> None:
    migrate.apply_migrations(node_services_database)
    migrate.revert_migrations(node_services_database, to=0)
    assert catalogue.tables(node_services_database) == ["pgmigrations"]


def test_who_was_in_before_groups_closed_keeps_what_they_see_and_nobody_else_is_given_anything(
    node_services_database: str,
) -> None:
    """As in a database that the Node service left, where approval meant everything, with one group of our own."""
    migrate.apply_migrations(node_services_database, to=27)
    sample.execute(
        node_services_database,
        "INSERT INTO viewer_groups (name) VALUES ('Suppliers');"
        "INSERT INTO users (email, is_approved, is_disabled, is_admin, viewer_group_id) VALUES"
        " ('alice@example.com', true, false, true, NULL), ('bob@example.com', true, false, false, NULL),"
        " ('carol@example.com', false, false, false, NULL), ('dora@example.com', true, true, false, NULL),"
        " ('edgar@example.com', false, true, false, NULL), ('erin@example.com', true, false, false, 1)",
    )
    migrate.apply_migrations(node_services_database)
    seen = (
        "SELECT split_part(email, '@', 1), sees_everything, array_remove(array_agg(viewer_group_id), NULL)"
        " FROM users LEFT JOIN viewer_group_members ON user_id = id GROUP BY 1, 2 ORDER BY 1"
    )
    assert sample.rows(node_services_database, seen) == [
        ("alice", True, []),
        ("bob", True, []),
        ("carol", False, []),
        ("dora", True, []),
        ("edgar", False, []),
        ("erin", False, [1]),
    ]
    assert sample.rows(node_services_database, "SELECT newcomers_see_everything FROM sharing_settings") == [(False,)]


def test_nobody_sees_more_by_going_back_to_one_group(empty_database: str) -> None:
    migrate.apply_migrations(empty_database)
    sample.execute(
        empty_database,
        "INSERT INTO viewer_groups (name) VALUES ('Suppliers'), ('Roofers');"
        "INSERT INTO users (email, is_approved, sees_everything) VALUES"
        " ('bob@example.com', true, true), ('carol@example.com', false, false),"
        " ('erin@example.com', true, false), ('frank@example.com', true, false);"
        "INSERT INTO viewer_group_members (user_id, viewer_group_id) VALUES (3, 1), (3, 2)",
    )
    migrate.revert_migrations(empty_database, to=27)
    assert sample.rows(
        empty_database,
        "SELECT split_part(email, '@', 1), g.name FROM users LEFT JOIN viewer_groups g ON g.id = viewer_group_id"
        " ORDER BY 1",
    ) == [("bob", None), ("carol", None), ("erin", "Suppliers"), ("frank", "Nothing (before migration 028)")]
    assert sample.rows(empty_database, "SELECT 1 FROM viewer_group_rules") == []


def test_a_chain_from_before_there_were_seals_goes_on_and_back(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=27)
    with psycopg.connect(empty_database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        for _ in range(3):
            chain.add(connection)
    migrate.apply_migrations(empty_database)
    with psycopg.connect(empty_database) as connection:
        chain.add(connection)
    assert chain.is_chained(empty_database)
    with psycopg.connect(empty_database) as connection:
        chain.add(connection)
    migrate.revert_migrations(empty_database, to=27)
    assert sample.rows(empty_database, "SELECT position FROM audit_logs WHERE hash IS NOT NULL ORDER BY id") == [
        (1,), (2,), (3,), (4,), (5,),
    ]  # fmt: skip
    migrate.apply_migrations(empty_database)
    assert chain.is_chained(empty_database)


def test_a_row_that_was_changed_before_there_were_seals_is_named(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=27)
    with psycopg.connect(empty_database) as connection:
        for _ in range(3):
            chain.add(connection, None)
    migrate.apply_migrations(empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET action = 'x' WHERE id = 2")
    [fault] = chain.seal_and_verify(empty_database).faults
    assert (fault.row_id, fault.position) == (2, 2)


def test_who_may_use_some_pages_alone_is_given_no_others(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=58)
    sample.execute(
        empty_database,
        "INSERT INTO users (email, pages_off) VALUES ('bob@example.com', '{}'), ('erin@example.com', '{board,done}')",
    )
    migrate.apply_migrations(empty_database)
    found = sample.rows(empty_database, "SELECT pages_off FROM users ORDER BY email")
    assert [sorted(off) for (off,) in found] == [[], ["board", "done", "forecasts", "trends", "updates"]]


def test_a_record_whose_keys_are_widened_and_narrowed_again_proves_whole_each_time(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=65)
    with psycopg.connect(empty_database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        chain.add(connection)
    assert chain.is_chained(empty_database), "the program seals what it finds numbered by four bytes"
    for apply in (migrate.apply_migrations, partial(migrate.revert_migrations, to=65)):
        with psycopg.connect(empty_database) as connection:
            chain.add(connection)
        apply(empty_database)
        assert chain.is_chained(empty_database)
    assert sample.rows(empty_database, "SELECT id FROM audit_logs ORDER BY id") == [(1,), (2,), (3,)]


def test_a_record_that_needs_wide_keys_is_not_narrowed(empty_database: str) -> None:
    migrate.apply_migrations(empty_database)
    sample.execute(empty_database, "ALTER SEQUENCE audit_logs_id_seq RESTART WITH 2147483648")
    sample.execute(empty_database, "INSERT INTO audit_logs (action) VALUES ('x')")
    with pytest.raises(MigrationFailed, match=r"066_expand-record-keys\.sql, line \d+: integer out of range"):
        migrate.revert_migrations(empty_database, to=65)
    assert sample.rows(empty_database, "SELECT id FROM audit_logs") == [(2147483648,)]


@pytest.mark.owner
@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_a_program_that_runs_goes_on_while_keys_are_widened(database: str) -> None:
    """By the previous version's own statements, which are prepared for numbers of four bytes by then."""
    people = let_in(database)

    async def use() -> tuple[int, list[str]]:
        await audit_actions.record(None, OPERATOR, Action.ITEM_VIEWED)
        page = await audit_log.list_entries(OPERATOR, AuditFilters(action="item.viewed"), None, 50)
        listed = await sessions.list_sessions(people["bob"], 100, 100)
        assert (await chain.seal_and_verify_open()).faults == []
        return len(page.rows), [session.email for session in listed]

    await asyncio.to_thread(migrate.revert_migrations, database, to=65)
    assert [await use() for _ in range(5)] == [(count, ["bob@example.com"]) for count in range(1, 6)]
    await asyncio.to_thread(migrate.apply_migrations, database)
    assert [await use() for _ in range(2)] == [(count, ["bob@example.com"]) for count in (6, 7)]


def test_what_runs_in_the_owners_name_is_not_for_everybody_to_run(empty_database: str) -> None:
    """From the migrations on, before `slb database grants` is run."""
    migrate.apply_migrations(empty_database)
    with psycopg.connect(empty_database) as connection:
        found = connection.execute(
            """
            SELECT p.proname::text, bool_or(acl.grantee = 0) FROM pg_proc AS p
            CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
            WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef GROUP BY 1
            """
        ).fetchall()
    assert ("list_prunable_audit_logs", False) in found
    assert [name for name, is_for_everybody in found if is_for_everybody] == []
