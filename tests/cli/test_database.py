"""`slb database grants` as an operator meets it."""

import shutil

import psycopg
import pytest

from shareable_backlog.cli import main
from tests.conftest import as_url
from tests.support.database import in_memory


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


def test_without_a_url_it_says_what_a_move_wants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["database", "move", "server"]) == 2
    assert "DATABASE_URL is not set: it names the server to move to, or from" in capsys.readouterr().err


def test_a_move_says_what_to_set_afterwards(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = in_memory.folder()
    monkeypatch.setenv("SLB_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("DATABASE_URL", as_url(database))
    assert main(["database", "move", "embedded"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("The copy is whole: ")
    assert second.startswith("Now take DATABASE_URL away from every process")
    assert main(["database", "move", "embedded"]) == 1
    assert "The embedded server in SLB_DATA_DIR has data already" in capsys.readouterr().err
    shutil.rmtree(folder)
