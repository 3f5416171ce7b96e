"""The git hooks that `make hooks` installs, in a repository of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = "search: Mark what was found"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".githooks", tmp_path / ".githooks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "core.hooksPath", ".githooks")
    return tmp_path


def git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    names = {
        f"GIT_{who}_{what}": "alice@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | names
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def commit(folder: Path, message: str = GOOD, **files: str) -> tuple[int, str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    done = git(folder, "commit", "--allow-empty", "--message", message)
    return done.returncode, done.stdout + done.stderr


def test_make_hooks_installs_the_hooks_of_the_repository() -> None:
    done = subprocess.run(["make", "--dry-run", "hooks"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "git config core.hooksPath .githooks" in done.stdout.splitlines()
    assert all(os.access(hook, os.X_OK) for hook in (ROOT / ".githooks").iterdir())


def test_what_is_in_order_is_committed(repository: Path) -> None:
    assert commit(repository, good='"""Hold one."""\n\nONE = 1\n')[0] == 0


def test_what_is_not_formatted_is_not_committed(repository: Path) -> None:
    code, said = commit(repository, bad='"""Hold one."""\n\nONE=1\n')
    assert code == 1
    assert "bad.py is not formatted: run `make format`" in said


def test_what_the_linter_refuses_is_not_committed(repository: Path) -> None:
    code, said = commit(repository, bad='"""Hold one."""\n\nimport os\n\nONE = 1\n')
    assert code == 1
    assert "F401" in said


def test_what_is_staged_counts_and_not_what_lies_beside(repository: Path) -> None:
    (repository / "one.py").write_text('"""Hold one."""\n\nONE = 1\n', encoding="utf-8")
    git(repository, "add", "--all")
    (repository / "one.py").write_text("ONE=1", encoding="utf-8")
    assert git(repository, "commit", "--message", GOOD).returncode == 0


def test_without_the_tools_it_is_said_how_to_get_them(repository: Path) -> None:
    (repository / ".venv").unlink()
    code, said = commit(repository)
    assert code == 1
    assert "make hooks" in said


@pytest.mark.parametrize(
    "message",
    [
        GOOD,
        "e2e: Wait for what happens, not for a time",
        f"list: {'Shorten ' * 8}it\n\nThe body may have lines of any length: {'word ' * 40}",
        'Revert "search: Mark what was found"',
        "fixup! search: Mark what was found",
    ],
)
def test_a_first_line_in_the_usual_form_is_taken(repository: Path, message: str) -> None:
    assert commit(repository, message)[0] == 0


@pytest.mark.parametrize(
    "message",
    [
        f"search: {'Mark ' * 13}it",
        "Mark what was found",
        "search: mark what was found",
        "search: Mark what was found.",
        "Search: Mark what was found",
        "search:Mark what was found",
    ],
)
def test_any_other_first_line_is_refused_in_words(repository: Path, message: str) -> None:
    code, said = commit(repository, message)
    assert code == 1
    assert "first line" in said
