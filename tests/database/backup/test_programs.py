"""Backups of servers that want TLS: they are made and brought back over connections like the program's own."""

from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database.backup import backup_file, programs
from shareable_backlog.database.connection import conninfo
from shareable_backlog.errors import BackupFailed
from tests.database.connection.test_tls import server as tls_server
from tests.fakes.postgres import PrivateServer

__all__ = ["tls_server"]


@pytest.fixture
def tls_only(tls_server: PrivateServer) -> Generator[PrivateServer]:
    """Return a server of PostgreSQL's older version that takes nobody without TLS."""
    access = tls_server.data / "pg_hba.conf"
    before = access.read_text(encoding="utf-8")
    access.write_text("hostssl all all all scram-sha-256\n", encoding="utf-8")
    tls_server.reload()
    yield tls_server
    access.write_text(before, encoding="utf-8")


@pytest.fixture
def empty_url(tls_only: PrivateServer) -> str:
    """Return the URL of an empty database there, which says nothing of TLS."""
    with tls_only.connect() as admin:
        admin.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        admin.execute("CREATE DATABASE empty TEMPLATE mirror_of_tests")
    with tls_only.connect("empty") as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    return tls_only.url.rpartition("/")[0] + "/empty"


def test_without_an_sslmode_a_server_that_wants_tls_is_backed_up_and_restored(
    tls_only: PrivateServer, empty_url: str, tmp_path: Path
) -> None:
    seen = len(tls_only.log)
    backup_file.dump_database(conninfo.parse_url(tls_only.url), tmp_path / "file")
    backup_file.restore_database(conninfo.parse_url(empty_url), tmp_path / "file")
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM pgmigrations").fetchone() == (True,)
    told = [line for line in tls_only.log[seen:].splitlines() if "application_name=p" in line]
    assert {name for name in ("pg_dump", "psql") if any(f"application_name={name} " in line for line in told)} == {
        "pg_dump",
        "psql",
    }
    assert all("SSL enabled" in line for line in told)
    assert "no encryption" not in tls_only.log[seen:]


@pytest.mark.parametrize("words", ["", "?sslmode=require"])
def test_a_backup_of_the_embedded_server_is_restored_where_programs_are_older(
    database: str, empty_url: str, tmp_path: Path, words: str
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
    backup_file.dump_database(database, tmp_path / "file")
    backup_file.restore_database(conninfo.parse_url(empty_url + words), tmp_path / "file")
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("alice@example.com",)]


def test_programs_that_are_too_old_for_a_server_are_refused_in_words(
    tls_only: PrivateServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.1'\n", encoding="utf-8")
    (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(programs, "_DEBIAN", tmp_path)
    with pytest.raises(BackupFailed, match=r"is PostgreSQL \d+, and pg_dump here is of 12: install PostgreSQL \d+'s"):
        backup_file.dump_database(conninfo.parse_url(tls_only.url), tmp_path / "file")
    assert not (tmp_path / "file").exists()
