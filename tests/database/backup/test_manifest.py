"""What a backup says of itself."""

import os
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database.backup import manifest
from shareable_backlog.database.backup.manifest import BackupManifest
from shareable_backlog.errors import BackupFailed


def write_backup(file: Path, content: bytes = b"PGDMP and so on") -> BackupManifest:
    file.write_bytes(content)
    written = BackupManifest(
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        version="0.1.0",
        scope="all",
        rows={"users": 3},
        size_bytes=len(content),
        sha256=manifest.hash_beginning(file, len(content)),
    )
    manifest.add_manifest(file, written)
    return written


def test_what_was_written_at_the_end_of_a_backup_is_read_from_it(tmp_path: Path) -> None:
    assert write_backup(tmp_path / "file") == manifest.read_manifest(tmp_path / "file")


def test_a_backup_may_hold_what_looks_like_another_one(tmp_path: Path) -> None:
    write_backup(tmp_path / "inner")
    written = write_backup(tmp_path / "file", (tmp_path / "inner").read_bytes())
    assert manifest.read_manifest(tmp_path / "file") == written


def test_a_file_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    write_backup(tmp_path / "file", bytes(100_000))
    (tmp_path / "file").write_bytes((tmp_path / "file").read_bytes()[:90_000])
    assert manifest.read_manifest(tmp_path / "file") is None


@pytest.mark.parametrize(("old", "new"), [(b"PGDMP", b"PGDMQ"), (b'"users":3', b'"users":"3"')])
def test_a_file_in_which_a_letter_is_another_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    write_backup(tmp_path / "file")
    (tmp_path / "file").write_bytes((tmp_path / "file").read_bytes().replace(old, new))
    with pytest.raises(BackupFailed, match=r"Nothing was changed; use another backup, or take a new one\.$"):
        manifest.read_manifest(tmp_path / "file")


def test_the_rows_of_each_table_are_counted(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com'), ('bob@example.com')")
        counts = manifest.count_rows(connection)
    assert counts["users"] == 2
    assert counts["sessions"] == 0


def test_a_missing_file_and_a_name_that_is_too_long_are_refused_in_words(tmp_path: Path) -> None:
    for name, reason in (("nowhere", "No such file or directory"), ("x" * 300, "File name too long")):
        with pytest.raises(BackupFailed, match=rf"^The file can't be read: {reason}\. Nothing was changed\.$"):
            manifest.require_file(tmp_path / name)


def test_a_folder_and_a_pipe_are_no_backups(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(BackupFailed, match="a folder, a pipe or a device"):
            manifest.read_manifest(path)
