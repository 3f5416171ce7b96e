"""Wheel and sdist of a commit: the same bytes each time, and nothing in them that nobody runs."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from release.packages import Differs, build_packages
from shareable_backlog import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long
BUILT_OF = (
    "release",
    "shareable_backlog",
    "database",
    "deploy",
    "docs",
    "pyproject.toml",
    "requirements.lock",
    "compose.yaml",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with one commit, of what packages are built of as it is here, and a test beside it."""
    clone = tmp_path_factory.mktemp("clone")
    for name in (*BUILT_OF, ".env.example", ".gitignore", "LICENSE", "THIRD_PARTY.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, clone)
    (clone / "tests").mkdir()
    (clone / "tests/test_one.py").touch()
    git(clone, "init", "--quiet")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "One")
    return clone


@pytest.fixture(scope="module")
def built(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of what `make release` made of the commit, with a file beside that isn't committed."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    (clone / "shareable_backlog/scratch.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "release", "--into", folder], cwd=clone, capture_output=True, text=True, check=False
    )
    (clone / "shareable_backlog/scratch.py").unlink()
    assert done.returncode == 0, done.stderr
    assert done.stderr == "What is not committed is not in the release.\n"
    assert done.stdout.endswith("Not signed: RELEASE_KEY names no key.\n")
    return folder


def git(folder: Path, *words: str) -> None:
    names = {
        f"GIT_{who}_{what}": "alice@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | names
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True)


def list_wheel(built: Path) -> list[str]:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        return wheel.namelist()


def list_sdist(built: Path) -> list[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        return [name.partition("/")[2] for name in sdist.getnames()]


def test_there_are_wheel_and_sdist_of_this_version_and_what_says_what_is_in_them(built: Path) -> None:
    name = f"shareable_linear_backlog-{__version__}"
    files = {f"{name}-py3-none-any.whl", f"{name}.tar.gz", f"{name}.cdx.json", "THIRD_PARTY.txt"}
    assert {path.name for path in built.iterdir()} == files | {"SHA256SUMS"}
    sums = (built / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert {line.partition("  ")[2] for line in sums} == files
    assert json.loads((built / f"{name}.cdx.json").read_text())["metadata"]["component"]["version"] == __version__


def test_the_wheel_has_the_program_its_sql_and_its_licences_alone(built: Path) -> None:
    names = list_wheel(built)
    assert {name.partition("/")[0] for name in names} == {
        "shareable_backlog",
        f"shareable_linear_backlog-{__version__}.dist-info",
    }
    assert any(name.startswith("shareable_backlog/database/files/migrations/001_") for name in names)
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "THIRD_PARTY.txt"}


def test_all_that_the_program_is_made_of_is_in_the_wheel(built: Path) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "shareable_backlog").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert here - set(list_wheel(built)) == set()


def test_no_test_and_no_picture_is_in_either(built: Path) -> None:
    for names in (list_wheel(built), list_sdist(built)):
        assert [name for name in names if name.endswith((".png", ".jpg", ".webp")) or "tests/" in name] == []


def test_the_sdist_has_documents_and_what_deploys_it(built: Path) -> None:
    wanted = {"README.md", "CHANGELOG.md", "docs/install.md", "requirements.lock", "deploy/prometheus/alerts.yaml"}
    assert wanted - set(list_sdist(built)) == set()


def test_what_is_not_committed_is_in_neither(built: Path) -> None:
    assert "shareable_backlog/scratch.py" not in list_wheel(built) + list_sdist(built)


def test_the_metadata_says_what_it_is_where_more_is_and_under_which_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        text = wheel.read(f"shareable_linear_backlog-{__version__}.dist-info/METADATA").decode()
    metadata = Parser().parsestr(text)
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE", "THIRD_PARTY.txt"]
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL") or ())
    assert {"Changelog", "Documentation", "Homepage", "Source"} == set(urls)
    assert any(line.startswith("Development Status ::") for line in metadata.get_all("Classifier") or ())


def test_what_is_not_the_same_bytes_twice_is_refused(clone: Path, tmp_path: Path) -> None:
    clock = tmp_path / "hatchling.py"
    clock.write_text(
        "import os, pathlib, sys, time\n"
        "folder = pathlib.Path(sys.argv[-1])\nfolder.mkdir()\n"
        "(folder / 'one.whl').write_text(str(time.time_ns()))\n(folder / 'same.tar.gz').touch()\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(Differs, match=r"these are not the same: one\.whl"):
            build_packages(clone, tmp_path)
