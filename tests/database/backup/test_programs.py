"""Backups of servers that want TLS: they are made and brought back over connections like the program's own."""

from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from shareable_backlog.database.backup import backup_file
from shareable_backlog.database.connection import conninfo
from shareable_backlog.database.embedded import embedded_cluster
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


def make_program(folder: Path, version: str) -> None:
    """Make a pg_dump that only tells its version, and fails at all else."""
    folder.mkdir()
    text = f"#!/bin/sh\n[ $# = 1 ] && echo 'pg_dump (PostgreSQL) {version}' || {{ env >{folder}/env; exit 1; }}\n"
    (folder / "pg_dump").write_text(text, encoding="utf-8")
    (folder / "pg_dump").chmod(0o755)


def test_programs_that_are_too_old_for_a_server_are_refused_in_words(
    tls_only: PrivateServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    make_program(folder, "12.1")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(embedded_cluster, "DEBIAN", tmp_path)
    with pytest.raises(BackupFailed, match=r"is PostgreSQL \d+, and pg_dump here is of 12: install PostgreSQL \d+'s"):
        backup_file.dump_database(conninfo.parse_url(tls_only.url), tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_the_program_on_the_path_is_used_where_it_fits_the_server(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    make_program(folder, "99.1")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    with pytest.raises(BackupFailed, match="pg_dump failed"):
        backup_file.dump_database(database, tmp_path / "file")
    assert (folder / "env").exists()


def test_an_older_program_on_the_path_is_passed_over_for_the_embedded_one(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path / "bin", "12.1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    backup_file.dump_database(database, tmp_path / "file")
    assert not (tmp_path / "bin" / "env").exists()


def test_programs_are_told_the_certificates_of_the_url(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path / "bin", "99.1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    words = {"sslrootcert": "/certs/ca.pem", "sslcrl": "/certs/crl.pem", "ssl_min_protocol_version": "TLSv1.3"}
    with pytest.raises(BackupFailed, match="pg_dump failed"):
        backup_file.dump_database(make_conninfo(database, **words), tmp_path / "file")
    told = (tmp_path / "bin" / "env").read_text(encoding="utf-8")
    assert "PGSSLROOTCERT=/certs/ca.pem\n" in told
    assert "PGSSLCRL=/certs/crl.pem\n" in told
    assert "PGSSLMINPROTOCOLVERSION=TLSv1.3\n" in told
