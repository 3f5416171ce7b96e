"""`slb database grants` as an operator meets it."""

import psycopg
import pytest

from shareable_backlog.cli import main


def test_it_prints_sql_that_the_owner_runs(capsys: pytest.CaptureFixture[str], database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("GRANT DELETE ON audit_logs TO PUBLIC; ALTER TABLE audit_logs DISABLE TRIGGER USER")
    assert main(["database", "grants"]) == 0
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(capsys.readouterr().out.encode())
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SET ROLE pg_read_all_data; DELETE FROM audit_logs")
    with (
        psycopg.connect(database) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"),
    ):
        connection.execute("TRUNCATE audit_logs")


def test_it_names_the_roles_and_removes_only_with_a_retention(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["database", "grants", "--program", "slb_program", "--read-only", "reports"]) == 0
    printed = capsys.readouterr().out
    assert 'GRANT INSERT ON audit_seals TO "slb_program";' in printed
    assert 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "reports";' in printed
    assert 'REVOKE EXECUTE ON FUNCTION remove_pruned_audit_logs() FROM "slb_program";' in printed
    monkeypatch.setenv("AUDIT_RETENTION_DAYS", "30")
    assert main(["database", "grants", "--program", "slb_program"]) == 0
    assert 'GRANT EXECUTE ON FUNCTION remove_pruned_audit_logs() TO "slb_program";' in capsys.readouterr().out
