"""Take over databases that node-pg-migrate built from files like the Node service's."""

from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database import grants, migrate
from shareable_backlog.database.migrate import SchemaDrifted, ledger, node_service
from shareable_backlog.database.migrate.adopt import adopt_database
from shareable_backlog.errors import MigrationFailed
from tests.database.migrate import node_databases, sample
from tests.database.migrate.test_node_pg_migrate import Node, modules, node
from tests.support.database import catalogue

__all__ = ["modules", "node"]

OWN = [path.stem for path in sorted(migrate.locate_migrations().glob("*.sql"))]


@pytest.fixture
def later(empty_database: str, folder: Path) -> str:
    """Return a database at the Node service's 015, as its tool left it."""
    return build(empty_database, folder, 15)


def build(conninfo: str, folder: Path, reached: int) -> str:
    """Run the Node service's files and fill what they make; the ledger is as node-pg-migrate writes it."""
    node_databases.copy_files(folder)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
        )
        for path in sorted(folder.glob("*.sql"))[:reached]:
            connection.execute(path.read_text(encoding="utf-8").split("-- Down Migration")[0].encode())
            connection.execute("INSERT INTO pgmigrations (name, run_on) VALUES (%s, now())", [path.stem])
    node_databases.fill(conninfo, reached)
    return conninfo


@pytest.mark.npm
def test_what_node_pg_migrate_built_is_taken_over_once(
    node: Node, empty_database: str, database: str, folder: Path
) -> None:
    assert node("up", folder=node_databases.copy_files(folder)).returncode == 0
    node_databases.fill(empty_database, 15)
    adoption = adopt_database(empty_database, project_id=node_databases.PROJECT)
    assert adoption is not None
    assert migrate.read_status(empty_database).find_problem() is None
    assert adopt_database(empty_database, project_id=None) is None
    kept = {"is_it", "last_seen_at", "idx_users_is_it", "idx_users_active_approved"}
    for table in ("users", "user_preferences", "audit_logs", "sync_history", "backlog_items"):
        assert catalogue.constraints(empty_database, table) == catalogue.constraints(database, table)
        lacking = catalogue.indexes(database, table).keys() - catalogue.indexes(empty_database, table).keys()
        assert not lacking - kept


@pytest.mark.parametrize("reached", range(6, 16))
def test_every_state_is_taken_over(empty_database: str, folder: Path, reached: int) -> None:
    build(empty_database, folder, reached)
    adoption = adopt_database(empty_database, project_id=None)
    assert adoption is not None
    assert adoption.holding.people == 4
    assert migrate.verify_migrations(empty_database).find_problem() is None
    assert migrate.apply_migrations(empty_database) == []


def test_the_names_of_the_node_service_stay_as_adopted(later: str) -> None:
    before = sample.ledger(later)
    adopt_database(later, project_id=None)
    assert sample.ledger(later) == [*before, *OWN[5:]]
    rows = sample.rows(later, "SELECT name FROM pgmigrations WHERE checksum = 'adopted' ORDER BY id")
    assert [name for (name,) in rows] == list(node_service.OWN_NAMES)


def test_people_are_who_they_were(later: str) -> None:
    adopt_database(later, project_id=None)
    assert sample.rows(
        later, "SELECT email, is_admin, is_approved, is_disabled, approved_by, is_it FROM users ORDER BY id"
    ) == [
        ("alice@example.com", True, True, False, None, True),
        ("bob@example.com", False, True, False, 1, True),
        ("carol@example.com", False, False, False, None, False),
        ("mallory@example.com", False, True, True, None, False),
    ]
    seen = "SELECT count(*) FROM users WHERE last_access_at = '2026-02-03T04:05:06Z'"
    assert sample.rows(later, seen) == [(2,)]
    assert sample.rows(later, "SELECT preferences - 'visits' FROM user_preferences ORDER BY user_id") == [
        ({"theme": "dark"},),
        ({},),
    ]


def test_who_was_marked_as_it_is_a_team_member_and_labels_keep_what_was_decided(later: str) -> None:
    adopt_database(later, project_id=None)
    members = "SELECT email FROM users WHERE is_team_member ORDER BY id"
    assert sample.rows(later, members) == [("alice@example.com",), ("bob@example.com",)]
    decided = "SELECT count(*) FROM adopted_labels a JOIN node_label_visibility n ON lower(n.label_name) = a.name"
    kept = "SELECT count(*) FROM node_label_visibility WHERE is_visible OR reviewed_at IS NOT NULL"
    assert sample.rows(later, f"{decided} WHERE n.is_visible = a.is_offered") == sample.rows(later, kept)
    assert sample.rows(later, "SELECT count(*) FROM adopted_labels WHERE is_offered") == [(1,)]


def test_the_record_has_our_words_and_keeps_the_old_ones_under_the_seal(later: str) -> None:
    adopt_database(later, project_id=None)
    assert sample.rows(later, "SELECT action, actor_email, details FROM audit_logs ORDER BY position") == [
        ("person.approved", "alice@example.com", {"before": False, "after": True, "node_action": "USER_APPROVED"}),
        ("item.viewed", "bob@example.com", {"node_action": "VIEW_ITEM"}),
        ("sync.requested", "alice@example.com", {"node_details": ["now"], "node_action": "TRIGGER_SYNC"}),
        ("API_ACCESS", None, {"path": "/api/backlog", "node_action": "API_ACCESS"}),
    ]
    with psycopg.connect(later) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE audit_logs SET action = 'x'")


def test_runs_have_our_words_and_keep_the_old_ones(later: str) -> None:
    adopt_database(later, project_id=None)
    assert sample.rows(
        later,
        "SELECT r.status, r.trigger_type, h.status, h.trigger_type, h.completed_at IS NULL FROM sync_history AS h"
        " JOIN adopted_runs AS r ON r.sync_history_id = h.id ORDER BY h.id",
    ) == [
        ("success", "scheduled", "succeeded", "automatic", False),
        ("error", "manual", "failed", "manual", False),
        ("partial", "startup", "partial", "automatic", False),
        ("syncing", "scheduled", "interrupted", "automatic", False),
    ]


def test_people_see_the_one_project_of_before_and_newcomers_too(later: str) -> None:
    adopt_database(later, project_id=node_databases.PROJECT)
    assert sample.rows(later, "SELECT email FROM users WHERE sees_everything") == [("alice@example.com",)]
    assert sample.rows(
        later,
        "SELECT u.email, r.kind, r.entity_id, g.is_for_newcomers FROM viewer_group_members AS m"
        " JOIN viewer_groups AS g ON g.id = m.viewer_group_id"
        " JOIN viewer_group_rules AS r ON r.viewer_group_id = g.id JOIN users AS u ON u.id = m.user_id ORDER BY u.id",
    ) == [
        ("bob@example.com", "project", node_databases.PROJECT, True),
        ("mallory@example.com", "project", node_databases.PROJECT, True),
    ]


def test_without_the_project_readers_see_nothing_until_an_admin_chooses(later: str) -> None:
    adopt_database(later, project_id=None)
    assert sample.rows(later, "SELECT email FROM users WHERE sees_everything") == [("alice@example.com",)]
    assert sample.rows(later, "SELECT count(*) FROM viewer_group_members") == [(0,)]


def test_nothing_of_its_own_tables_is_lost(later: str) -> None:
    tables = {name: read_table(later, name) for name in node_service.TABLES}
    adopt_database(later, project_id=None)
    assert {name: read_table(later, kept) for name, kept in node_service.TABLES.items()} == tables
    assert all(tables.values())


def read_table(conninfo: str, name: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(f"SELECT to_jsonb(t) FROM {name} AS t".encode()).fetchall()


def test_a_person_who_asked_for_something_can_be_deleted_afterwards(later: str) -> None:
    adopt_database(later, project_id=None)
    sample.execute(later, "DELETE FROM users WHERE email = 'bob@example.com'")
    assert sample.rows(later, "SELECT user_id, title FROM node_requests") == [(None, "A bigger button")]


def test_what_fails_changes_nothing(later: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for path in migrate.locate_migrations().glob("*.sql"):
        (own / path.name).write_bytes(path.read_bytes())
    sample.write(own, "900_fail", "SELECT 1 / 0;")
    before = (catalogue.describe_tables(later), sample.ledger(later), read_table(later, "audit_logs"))
    with pytest.raises(MigrationFailed, match="900_fail"):
        adopt_database(later, project_id=None, directory=own)
    assert (catalogue.describe_tables(later), sample.ledger(later), read_table(later, "audit_logs")) == before


def test_a_dry_run_counts_and_changes_nothing(later: str) -> None:
    before = (catalogue.describe_tables(later), sample.ledger(later))
    adoption = adopt_database(later, project_id=None, dry_run=True)
    assert adoption is not None
    held = adoption.holding
    assert (held.people, held.let_in, held.audit_rows, held.other_actions, held.runs) == (4, 1, 4, 1, 4)
    assert (held.sessions, held.labels, held.hidden_labels, held.items, held.requests) == (1, 2, 1, 1, 1)
    assert (held.marked_it, held.cron, held.same_emails) == (2, "*/15 * * * *", 0)
    assert (catalogue.describe_tables(later), sample.ledger(later)) == before


@pytest.mark.parametrize("gone", ["007_create-app-settings-table", "003_create-audit-logs-table"])
def test_a_ledger_with_a_gap_is_refused_by_what_it_says(later: str, gone: str) -> None:
    with psycopg.connect(later) as connection:
        connection.execute("DELETE FROM pgmigrations WHERE name = %s", [gone])
    with pytest.raises(SchemaDrifted, match=r"but has 00.*015_request-pipeline-hardening\. Nothing was changed"):
        adopt_database(later, project_id=None)


def test_what_is_not_the_node_services_is_refused(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=6)
    sample.execute(empty_database, "INSERT INTO pgmigrations (name, run_on) VALUES ('007_x', now())")
    with pytest.raises(SchemaDrifted, match="007_x"):
        adopt_database(empty_database, project_id=None)


def test_our_own_database_has_nothing_to_adopt(database: str) -> None:
    assert adopt_database(database, project_id=None) is None


def test_status_and_up_name_the_way(later: str) -> None:
    assert "slb migrate adopt" in migrate.read_status(later).describe()
    with pytest.raises(SchemaDrifted, match="slb migrate adopt"):
        migrate.apply_migrations(later)


@pytest.mark.owner
def test_a_role_for_reports_reads_no_session_of_the_node_service(later: str) -> None:
    adopt_database(later, project_id=None)
    with psycopg.connect(later) as connection:
        connection.execute("CREATE ROLE slb_reports_of_adopted")
        connection.execute(grants.build_grants(None, "slb_reports_of_adopted", prunes=False))
        connection.execute("SET ROLE slb_reports_of_adopted")
        connection.execute("SELECT 1 FROM node_requests")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM node_sessions")
        connection.rollback()


def test_later_migrations_come_in_order_and_go_back_without_the_adopted_ones(later: str) -> None:
    adopt_database(later, project_id=None)
    [last] = migrate.revert_migrations(later)
    assert last.name == OWN[-1]
    assert migrate.apply_migrations(later) == [last]


def test_it_waits_behind_the_lock_of_both_tools(later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LOCK_WAIT_S", 0.0)
    with psycopg.connect(later) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ledger.LOCK_KEY])
        with pytest.raises(MigrationFailed, match="under way"):
            adopt_database(later, project_id=None)
