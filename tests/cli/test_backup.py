"""The database into a file and back, as an operator does it: `slb backup`, `slb restore`."""

import json
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.config import Settings, read_settings
from shareable_backlog.services.audit import audit_heads
from shareable_backlog.services.audit.audit_heads import AuditHead
from tests.conftest import as_url
from tests.support.database import in_memory


@pytest.fixture(autouse=True)
def database_url(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set DATABASE_URL to a fresh migrated database."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())


def test_backup_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "file")]) == 0
    assert (tmp_path / "file").stat().st_size > 0
    assert main(["backup", str(tmp_path / "file")]) == 1
    assert "already" in capsys.readouterr().err


def test_a_backup_that_was_written_is_remembered_and_one_that_was_not_is_not(database: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert main(["backup", str(tmp_path / "file")]) == 1
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM last_backups").fetchone() == (0,)
    assert main(["backup", str(tmp_path / "other")]) == 0
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM last_backups").fetchone() == (1,)


@pytest.mark.parametrize("name", ["nowhere", "x" * 300, "."])
def test_restore_of_what_is_no_file_changes_nothing_and_is_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", name]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("Nothing was changed.")


def test_what_was_backed_up_is_restored_into_an_empty_database_and_each_says_what_is_next(
    database: str,
    empty_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
    file = tmp_path / "file"
    assert main(["backup", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"The backup is in {file}. It holds everything mirrored and recorded: keep it safe.\n"
    )
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    assert main(["restore", str(file)]) == 0
    assert capsys.readouterr().out == "The database is restored. Check it with: slb doctor\n"
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("alice@example.com",)]


def test_a_database_in_use_is_not_restored_over_and_that_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"PGDMP")
    assert main(["restore", str(tmp_path / "file")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "slb: The database is not empty, so nothing was restored. Name an empty one in DATABASE_URL, or without it"
        " move `postgres` out of SLB_DATA_DIR.\n"
    )


def test_a_database_without_the_programs_tables_is_not_backed_up(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    assert main(["backup", str(tmp_path / "file")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "Is DATABASE_URL the right one" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_without_a_file_it_is_wrong_usage(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    assert "FILE" in capsys.readouterr().err


def test_a_wrong_setting_keeps_a_backup_from_being_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://bob:hunter2secret@db.example.com/backlog")
    assert main(["backup", str(tmp_path / "file")]) == 2
    assert "DATABASE_URL does not begin with postgresql://" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_restore_says_how_far_the_record_went_and_expects_it_no_longer(
    empty_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["backup", str(tmp_path / "file")]) == 0
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    file, head = audit_heads.locate_head_file(read_settings()), AuditHead(7, bytes(32))
    audit_heads.write_head(file, head)
    assert main(["restore", str(tmp_path / "file")]) == 0
    assert f"Whether it still does: slb audit verify --from {head}\n" in capsys.readouterr().out
    assert audit_heads.read_remembered(file) is None


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Yield the folder for temporary files, which the account of a server can enter."""
    folder = in_memory.folder()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.usefixtures("room")
def test_a_backup_without_the_mirror_is_verified_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "file")
    assert main(["backup", file, "--without-mirror"]) == 0
    assert "It holds all but the mirror: keep it safe." in capsys.readouterr().out
    assert main(["backup", "verify", file]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("The backup is whole: all but the mirror of 20")
    assert second == "Its audit log is intact: 0 sealed rows."
    assert third.startswith("There is no SECRET_KEY here")


def test_a_backup_that_is_damaged_is_told_as_json_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"PGDMP")
    assert main(["backup", "verify", str(tmp_path / "file"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["backup"], told["audit"]) == (False, None, None)
    assert "cut off" in told["faults"][0]


@pytest.mark.parametrize("words", [["verify"], ["x", "--json"], ["verify", "x", "--without-mirror"], ["x", "y"]])
def test_wrong_words_of_backup_are_refused_and_write_nothing(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["backup", *words])
    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
