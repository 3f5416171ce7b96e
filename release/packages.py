"""Build wheel and sdist of a commit, twice, and see that both times gave the same bytes."""

import filecmp
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


class Differs(Exception):
    """Which files were other bytes when they were built again."""


def read_commit_time(root: Path) -> int:
    """Return when the commit that is checked out was made, in seconds since 1970."""
    return int(ask_git(root, "log", "-1", "--format=%ct", "HEAD"))


def build_packages(root: Path, folder: Path) -> None:
    """Build the packages of the commit that is checked out at `root` into `folder`, without what isn't committed."""
    with tempfile.TemporaryDirectory(prefix="slb-release-") as name:
        first, second = (build_once(root, Path(name) / place) for place in ("first", "another-place"))
        names = sorted(path.name for path in first.iterdir())
        same, *_ = filecmp.cmpfiles(first, second, names, shallow=False)
        if same != names:
            raise Differs(f"Built twice, these are not the same: {', '.join(sorted({*names} - {*same}))}.")
        for path in first.iterdir():
            shutil.copy(path, folder)


def build_once(root: Path, place: Path) -> Path:
    """Unpack the commit at `place`, build it, and return the folder of what was built."""
    place.mkdir()
    archive = place / "commit.tar"
    ask_git(root, "archive", "--output", str(archive), "HEAD")
    with tarfile.open(archive) as packed:
        packed.extractall(place / "tree", filter="data")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(place / "built")],
        cwd=place / "tree",
        env=os.environ | {"SOURCE_DATE_EPOCH": str(read_commit_time(root)), "HATCH_QUIET": "2"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return place / "built"


def ask_git(root: Path, *words: str) -> str:
    """Return what git says in `root`."""
    return subprocess.run(["git", *words], cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout
