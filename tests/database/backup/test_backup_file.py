"""Backups: the whole database in one file, and back."""

import errno
import stat
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database import migrate
from shareable_backlog.database.backup import backup_file, manifest, programs
from shareable_backlog.errors import BackupFailed


def mark(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("INSERT INTO users (email, display_name) VALUES ('alice@example.com', 'Alice')")


def test_what_was_backed_up_is_there_after_a_restore(database: str, empty_database: str, tmp_path: Path) -> None:
    mark(database)
    backup_file.dump_database(database, tmp_path / "file")
    backup_file.restore_database(empty_database, tmp_path / "file")
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("alice@example.com",)]
    assert migrate.read_status(empty_database).find_problem() is None


def test_a_backup_is_readable_by_its_owner_alone(database: str, tmp_path: Path) -> None:
    backup_file.dump_database(database, tmp_path / "file")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_an_existing_file_is_not_overwritten(database: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BackupFailed, match="already"):
        backup_file.dump_database(database, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "precious"


def test_what_others_put_beside_a_backup_is_neither_written_to_nor_removed(database: str, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "a.unfinished").symlink_to("victim")
    (tmp_path / "b.unfinished").write_text("of somebody else")
    for name in ("a", "b"):
        backup_file.dump_database(database, tmp_path / name)
        assert not (tmp_path / name).is_symlink()
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / "a.unfinished").read_text() == "precious"
    assert (tmp_path / "b.unfinished").read_text() == "of somebody else"
    assert len(list(tmp_path.iterdir())) == 5


def test_a_link_that_leads_nowhere_is_a_file_that_is_not_overwritten(database: str, tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("victim")
    with pytest.raises(BackupFailed, match="already"):
        backup_file.dump_database(database, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_of_two_backups_at_once_to_one_name_the_one_that_ends_first_stays(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_first(conninfo: str, name: str, *arguments: str) -> None:
        monkeypatch.undo()
        programs.run_connected(conninfo, name, *arguments)
        backup_file.dump_database(database, tmp_path / "file")

    monkeypatch.setattr(programs, "run_connected", end_first)
    with pytest.raises(BackupFailed, match="already"):
        backup_file.dump_database(database, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert manifest.read_manifest(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere/file", "No such file or directory"),
        ("plain/file", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_name_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(BackupFailed, match=rf"^The file can't be written: {reason}\. Nothing was changed\.$"):
        backup_file.dump_database("host=127.0.0.1 port=1", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


def test_a_file_may_have_the_longest_name_there_is(database: str, tmp_path: Path) -> None:
    backup_file.dump_database(database, tmp_path / ("x" * 255))
    assert [path.name for path in tmp_path.iterdir()] == ["x" * 255]


def test_a_file_system_that_turned_read_only_is_said_in_words(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, *_arguments: object, **_words: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for method in ("open", "unlink"):
        monkeypatch.setattr(Path, method, refuse)
    with pytest.raises(BackupFailed, match="can't be written: Read-only file system"):
        backup_file.dump_database(database, tmp_path / "file")


LEDGER = "CREATE TABLE pgmigrations (id serial, name text, run_on timestamp, checksum text)"


@pytest.mark.parametrize("has_ledger", [False, True])
def test_a_database_that_was_never_migrated_is_no_backlog(empty_database: str, *, has_ledger: bool) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute(LEDGER if has_ledger else "CREATE TABLE people (id int)")
    with pytest.raises(BackupFailed, match="holds nothing of this program"):
        backup_file.require_migrated(empty_database)


def test_a_database_that_has_yet_to_be_migrated_further_is_a_backlog(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM pgmigrations WHERE id > 1")
    backup_file.require_migrated(database)


def test_a_database_in_use_is_not_restored_over(database: str, tmp_path: Path) -> None:
    backup_file.dump_database(database, tmp_path / "file")
    with pytest.raises(BackupFailed, match="not empty"):
        backup_file.restore_database(database, tmp_path / "file")


def test_a_damaged_file_restores_nothing(database: str, empty_database: str, tmp_path: Path) -> None:
    mark(database)
    backup_file.dump_database(database, tmp_path / "file")
    whole = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupFailed):
        backup_file.restore_database(empty_database, tmp_path / "file")
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_a_failed_backup_leaves_no_file_and_names_no_host(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed) as failed:
        backup_file.dump_database(
            "host=127.0.0.1 port=1 user=mallory password=hunter2-secret dbname=x", tmp_path / "file"
        )
    assert list(tmp_path.iterdir()) == []
    assert "127.0.0.1" not in str(failed.value)


def test_a_restore_takes_from_the_owner_what_would_change_the_record(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO audit_logs (action) VALUES ('x')")
    backup_file.dump_database(database, tmp_path / "file")
    backup_file.restore_database(empty_database, tmp_path / "file")
    for table in ("audit_logs", "audit_seals"):
        with psycopg.connect(empty_database) as connection:
            rights = connection.execute(
                """
                SELECT acl.privilege_type FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS acl
                WHERE c.oid = %s::regclass ORDER BY 1
                """,
                [table],
            ).fetchall()
        assert {right for (right,) in rights} & {"UPDATE", "DELETE", "TRUNCATE"} == set()
        assert ("INSERT",) in rights
        for change in ("UPDATE {} SET position = 7", "DELETE FROM {}", "TRUNCATE {}"):
            with psycopg.connect(empty_database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change.format(table).encode())


KEPT = """
adopted_labels api_tokens audit_logs audit_seals done_headings field_changes followed_views forecast_records
held_forms invitations kept_agenda_contents kept_agendas last_backups mirror_changes mirror_versions
outgoing_mails passkeys pgmigrations place_logos published_views rate_limits seen_marks sessions set_aside_indexes
settings sharing_rules sharing_settings sign_in_links state_pasts unsealed_audit_logs used_challenges
user_identities user_preferences users viewer_group_members viewer_group_rules viewer_groups
"""
"""What no sync can fetch again: people and what they chose, the record, and what the mirror noted of moves."""


def test_each_table_is_either_the_mirror_or_kept_without_it(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert manifest.count_rows(connection).keys() == set(KEPT.split()) | set(backup_file.MIRROR)
    assert set(KEPT.split()).isdisjoint(backup_file.MIRROR)


def test_a_backup_without_the_mirror_keeps_people_and_has_empty_tables_for_the_rest(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    mark(database)
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO teams (id, name, key, created_at, updated_at) VALUES ('t', 'Field', 'FLD', now(), now())"
        )
        connection.execute("INSERT INTO sync_history (status, trigger_type) VALUES ('succeeded', 'manual')")
    backup_file.dump_database(database, tmp_path / "file", "without mirror")
    restored = backup_file.restore_database(empty_database, tmp_path / "file")
    assert restored
    with psycopg.connect(empty_database) as connection:
        found = manifest.count_rows(connection)
    assert restored.scope == "without mirror"
    assert (found["users"], found["teams"], found["sync_history"]) == (1, 0, 0)
    assert restored.rows == found
    assert migrate.read_status(empty_database).find_problem() is None


def test_rows_are_counted_as_they_are_at_the_moment_of_the_backup(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = programs.run_connected

    def write_meanwhile(conninfo: str, name: str, *arguments: str) -> None:
        mark(database)
        run(conninfo, name, *arguments)

    monkeypatch.setattr(programs, "run_connected", write_meanwhile)
    assert backup_file.dump_database(database, tmp_path / "file").rows["users"] == 0
