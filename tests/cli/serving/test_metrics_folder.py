"""The folder in which workers count together."""

import os
import tempfile
from pathlib import Path

import pytest

from shareable_backlog.cli.serving.metrics_folder import make_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def make_old(folder: Path) -> Path:
    """Let a folder be an hour old."""
    folder.mkdir(exist_ok=True)
    hour_ago = folder.stat().st_mtime - 3600
    os.utime(folder, (hour_ago, hour_ago))
    return folder


def test_it_is_gone_at_the_end_with_all_that_is_in_it(temporary: Path) -> None:
    with make_folder() as folder:
        Path(folder, "counter_1.db").touch()
        assert [one.name for one in temporary.iterdir()] == [Path(folder).name]
    assert list(temporary.iterdir()) == []


def test_that_of_a_parent_that_was_killed_is_removed_by_the_next(temporary: Path) -> None:
    left = temporary / "slb-metrics-left"
    left.mkdir()
    (left / "counter_1.db").touch()
    make_old(left)
    with make_folder():
        assert not left.exists()


def test_one_in_use_one_that_is_new_and_others_stay(temporary: Path) -> None:
    new, other = temporary / "slb-metrics-new", make_old(temporary / "other")
    new.mkdir()
    link = temporary / "slb-metrics-link"
    link.symlink_to(other)
    os.utime(link, (0, 0), follow_symlinks=False)
    with make_folder() as used:
        make_old(Path(used))
        with make_folder():
            assert all(one.exists() for one in (Path(used), new, other, link))


def test_a_fork_holds_it_too(temporary: Path) -> None:
    ours, theirs = os.pipe()
    if not (pid := os.fork()):
        with make_folder():
            if not os.fork():
                os.close(theirs)
                os.read(ours, 1)  # until whoever tests is done
            os._exit(0)  # as a parent that is killed, which removes nothing
    os.waitpid(pid, 0)
    [left] = temporary.iterdir()
    make_old(left)
    with make_folder():
        assert left.exists()
    os.close(theirs)
    os.close(ours)
