"""The embedded server's data goes to another major version whole, or stays as it is: Debian's PostgreSQL made it."""

import shutil
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import migrate
from shareable_backlog.database.backup import manifest
from shareable_backlog.database.embedded import embedded_cluster, embedded_folder, embedded_server
from shareable_backlog.errors import BackupFailed, Conflict, EmbeddedServerFailed
from shareable_backlog.services.backup import embedded_upgrade, verification
from tests.fakes.postgres import as_account, give_away
from tests.support.database import chain, in_memory
from tests.support.signed_in import SECRET_KEY

OPTIONS = ("-c", "fsync=off")


@pytest.fixture(scope="module")
def old_home() -> Generator[Path]:
    """Yield a data folder with alice in it, that an older PostgreSQL made; to be copied."""
    [programs, *_] = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [None]
    if programs is None or programs.parent.name == embedded_cluster.read_own_major():
        pytest.skip("This needs Debian's PostgreSQL of another major version.")
    folder = in_memory.folder()
    home = folder / "data"
    home.mkdir()
    give_away(home)
    subprocess.run(
        [*as_account(), programs / "initdb", "-D", home / "postgres", f"--username={embedded_folder.ROLE}",
         "--encoding=UTF8", "--locale=C", "--auth-local=peer", "--auth-host=reject", "--no-sync"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    with embedded_server.run_server(home, OPTIONS, programs) as conninfo:
        migrate.apply_migrations(conninfo)
        with psycopg.connect(conninfo) as connection:
            connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
            chain.add(connection)
        assert chain.seal_and_verify(conninfo).faults == []
    yield home
    shutil.rmtree(folder)


@pytest.fixture
def home(old_home: Path) -> Generator[Path]:
    """Yield a data folder of one's own with an older PostgreSQL's data."""
    folder = in_memory.folder()
    subprocess.run(["cp", "-a", old_home, folder], check=True)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def settings(home: Path) -> Settings:
    return parse_settings({"SECRET_KEY": SECRET_KEY, "SLB_DATA_DIR": str(home)})


def count(conninfo: str) -> dict[str, int]:
    with psycopg.connect(conninfo) as connection:
        return manifest.count_rows(connection)


def read_versions(home: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text().strip() for path in home.glob("*/PG_VERSION")}


def test_all_rows_and_the_record_are_in_the_new_version_and_the_old_data_stays(
    home: Path, settings: Settings
) -> None:
    old, new = read_versions(home)["postgres"], embedded_cluster.read_own_major()
    done = embedded_upgrade.upgrade_server(settings, None)
    assert done
    assert (done.old, done.new) == (old, new)
    assert read_versions(home) == {"postgres": new, f"postgres-{old}": old}
    assert not (home / "upgrade").exists()
    with embedded_server.run_server(home, OPTIONS) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("alice@example.com",)]
        assert sum(count(conninfo).values()) == done.rows
        assert verification.verify_record(settings, settings).faults == []
    assert embedded_upgrade.upgrade_server(settings, None) is None


def test_a_copy_that_is_not_whole_changes_nothing(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_versions(home)

    def find_fewer(_conninfo: str, _expected: Mapping[str, int]) -> list[str]:
        return ["users has 0 rows, and should have 1."]

    monkeypatch.setattr(verification, "compare_rows", find_fewer)
    with pytest.raises(BackupFailed, match=r"all is as it was\. users has 0 rows"):
        embedded_upgrade.upgrade_server(settings, None)
    assert read_versions(home) == before
    assert not (home / "upgrade").exists()


def test_a_server_in_use_is_not_upgraded_nor_joined_by_the_new_version(home: Path, settings: Settings) -> None:
    programs = embedded_cluster.find_other_programs(home, read_versions(home)["postgres"])
    with embedded_server.run_server(home, OPTIONS, programs):
        with pytest.raises(Conflict, match="in use"):
            embedded_upgrade.upgrade_server(settings, None)
        with pytest.raises(EmbeddedServerFailed, match="slb database upgrade"), embedded_server.run_server(home):
            pass


def test_a_power_cut_between_the_last_steps_loses_nothing(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_but_last(path: Path, target: Path) -> Path:
        if path.name == "postgres.upgraded":
            raise InterruptedError
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_but_last)
    with pytest.raises(InterruptedError):
        embedded_upgrade.upgrade_server(settings, None)
    monkeypatch.undo()
    assert "postgres" not in read_versions(home)
    with embedded_server.run_server(home, OPTIONS) as conninfo:
        assert count(conninfo)["users"] == 1
    assert read_versions(home)["postgres"] == embedded_cluster.read_own_major()


def test_without_the_old_programs_it_says_which_are_needed(home: Path, settings: Settings) -> None:
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerFailed, match="The programs of PostgreSQL 9, which made the data"):
        embedded_upgrade.upgrade_server(settings, None)
    assert not (home / "upgrade").exists()


def test_the_command_says_where_the_old_data_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLB_DATA_DIR", str(home))
    assert main(["database", "upgrade"]) == 0
    assert f"is in {home}/postgres-" in capsys.readouterr().out
    assert main(["database", "upgrade"]) == 0
    assert capsys.readouterr().out == "There is nothing to upgrade.\n"
