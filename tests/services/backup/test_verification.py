"""What is proven of a backup: that it can be restored, with all its rows and a record that was not changed."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database.backup import backup_file, manifest
from shareable_backlog.services.backup import verification
from tests.support.database import chain, in_memory
from tests.support.served import ROOT


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Yield the folder for temporary files, which the account of a server can enter."""
    folder = in_memory.folder()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def sealed(database: str) -> str:
    """Return a database with a record of two rows, sealed."""
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        chain.add(connection)
        chain.add(connection)
    assert chain.seal_and_verify(database).faults == []
    return database


def test_a_whole_backup_is_restored_with_its_record_and_leaves_nothing_behind(
    sealed: str, settings: Settings, tmp_path: Path, room: Path
) -> None:
    backup_file.dump_database(sealed, tmp_path / "file")
    verdict = verification.verify_backup(settings, tmp_path / "file")
    assert verdict.faults == []
    assert verdict.manifest
    assert verdict.record
    assert (verdict.manifest.rows["users"], verdict.record.rows) == (1, 2)
    assert list(room.iterdir()) == []


def test_a_row_that_the_record_lost_before_the_backup_is_found(
    sealed: str, settings: Settings, tmp_path: Path
) -> None:
    with psycopg.connect(sealed) as connection:
        connection.execute("ALTER TABLE audit_logs DISABLE TRIGGER USER; GRANT DELETE ON audit_logs TO CURRENT_USER")
        connection.execute("DELETE FROM audit_logs WHERE id = (SELECT min(id) FROM audit_logs)")
    backup_file.dump_database(sealed, tmp_path / "file")
    [fault, *_] = verification.verify_backup(settings, tmp_path / "file").faults
    assert "removed" in fault


def test_other_counts_than_the_backup_tells_are_named_and_nothing_is_left_behind(
    sealed: str, settings: Settings, tmp_path: Path, room: Path
) -> None:
    file = tmp_path / "file"
    written = backup_file.dump_database(sealed, file)
    manifest.add_manifest(file, replace(written, rows=written.rows | {"users": 1200}))
    verdict = verification.verify_backup(settings, file)
    assert verdict.faults == ["users has 1 row, and should have 1,200."]
    assert list(room.iterdir()) == []


def test_a_backup_of_an_empty_database_is_not_called_whole(
    empty_database: str, settings: Settings, tmp_path: Path
) -> None:
    backup_file.dump_database(empty_database, tmp_path / "file")
    [fault] = verification.verify_backup(settings, tmp_path / "file").faults
    assert fault.startswith("It holds nothing of this program")


def test_a_file_that_was_cut_off_or_is_missing_is_no_backup(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"PGDMP")
    [cut_off] = verification.verify_backup(settings, tmp_path / "file").faults
    assert "cut off" in cut_off
    [missing] = verification.verify_backup(settings, tmp_path / "nowhere").faults
    assert "No such file" in missing


def test_the_folder_of_a_verification_that_was_killed_is_removed_by_the_next_one(
    sealed: str, settings: Settings, tmp_path: Path, room: Path
) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    kept = {f"slb-verify-{os.getppid()}-running", "slb-verify-somebody-s"}
    for name in (*kept, f"slb-verify-{ended.pid}-killed"):
        (room / name / "postgres").mkdir(parents=True)
    backup_file.dump_database(sealed, tmp_path / "file")
    assert verification.verify_backup(settings, tmp_path / "file").faults == []
    assert {path.name for path in room.iterdir()} == kept


def test_sigterm_while_the_server_is_being_made_leaves_nothing_behind(
    sealed: str, tmp_path: Path, room: Path
) -> None:
    backup_file.dump_database(sealed, tmp_path / "file")
    program = [sys.executable, "-m", "shareable_backlog", "backup", "verify", str(tmp_path / "file")]
    environ = os.environ | {"TMPDIR": str(room), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(program, env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not [*room.glob("slb-verify-*/postgres.new-*/base")]:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.terminate()
        assert (process.wait(60), process.communicate()[1]) == (143, "")
    assert list(room.iterdir()) == []
