"""What the server's folder is made with, whom it lets in, and when it is refused."""

import os
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.errors import EmbeddedServerFailed
from tests.support.database.embedded_processes import (
    DAEMON,
    FAST,
    one,
    postmaster,
    start_process,
    wait_for_end,
    wait_until_deserted,
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_data_checksums_are_on_and_text_is_utf8_in_a_locale_that_no_system_upgrade_changes(outside: Path) -> None:
    with embedded_server.run_server(outside / "data") as conninfo:
        names = ("data_checksums", "server_encoding", "TimeZone", "fsync", "client_connection_check_interval")
        assert [one(conninfo, f"SHOW {name}") for name in names] == ["on", "UTF8", "UTC", "on", "1s"]
        locale = "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = current_database()"
        assert one(conninfo, locale) == "bC.UTF-8"


def test_the_server_listens_on_no_tcp_port(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SHOW listen_addresses") == ""
        targets: list[str] = []
        for link in Path(f"/proc/{postmaster(data_dir)}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                targets.append(link.readlink().name)
        sockets = {target for target in targets if target.startswith("socket:")}
        assert sockets
        for table in ("tcp", "tcp6"):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                assert f"socket:[{line.split()[9]}]" not in sockets


def test_the_server_can_be_reached_by_its_owner_alone(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST):
        assert _mode(data_dir / "postgres") == 0o700
        assert _mode(data_dir / "postgres" / ".s.PGSQL.5432") == 0o700
        assert {_mode(path) for path in data_dir.iterdir() if path.is_file()} == {0o600}
        assert _mode(data_dir) & 0o066 == 0
        if os.geteuid() == 0:
            find = ["test", "-e", data_dir / "postgres" / ".s.PGSQL.5432"]
            assert subprocess.run(find, user=DAEMON, group=DAEMON, extra_groups=[], check=False).returncode == 1


def test_nobody_is_let_in_but_by_their_operating_system_user(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        rules = "SELECT string_agg(concat_ws(' ', type, user_name, auth_method), ',') FROM pg_hba_file_rules"
        assert one(conninfo, rules) == "local {slb} peer"
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(make_conninfo(conninfo, user="postgres"))


def test_a_kill_while_the_folder_is_being_made_does_not_stand_in_the_way(outside: Path) -> None:
    data_dir = outside / "data"
    with start_process(data_dir) as alice:
        while not [*data_dir.glob("postgres.new-*/PG_VERSION")]:
            alice.process.join(0.005)
            assert alice.process.is_alive()
        alice.kill()
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1
    assert wait_until_deserted(outside)  # what the killed one was about
    with embedded_server.run_server(data_dir, FAST):
        assert [*data_dir.glob("postgres.new-*")] == []


def test_the_lock_files_of_a_killed_server_may_name_a_living_stranger(data_dir: Path) -> None:
    owner = (data_dir / "postgres").stat().st_uid
    with (
        embedded_server.run_server(data_dir, FAST),
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=owner if os.geteuid() == 0 else None) as stranger,
    ):
        server = postmaster(data_dir)
        os.kill(server, signal.SIGKILL)
        assert wait_for_end([server])
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            path = data_dir / "postgres" / name
            path.write_text(path.read_text().replace(str(server), str(stranger.pid), 1))
        with embedded_server.run_server(data_dir, FAST) as conninfo:
            assert one(conninfo, "SELECT 1") == 1
        assert stranger.poll() is None


def test_a_folder_of_another_major_version_is_refused_with_the_way_to_upgrade(data_dir: Path) -> None:
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedServerFailed) as failed, embedded_server.run_server(data_dir, FAST):
        pass
    sentence = str(failed.value)
    assert "was made by PostgreSQL 17, but this program comes with 18; nothing was changed." in sentence
    assert "`slb backup`" in sentence
    assert "`slb restore`" in sentence
    version.write_text("18\n")
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1
