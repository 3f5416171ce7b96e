"""What the lock files pin, and what of it is installed with the program."""

import re
from pathlib import Path

from release.lock import find_installed, read_lock

ROOT = Path(__file__).parents[2]
LOCKED = read_lock(ROOT / "requirements.lock")


def test_no_entry_of_the_lock_file_is_overlooked() -> None:
    lines = re.findall(r"^[^\s#].*?==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert [f"{one.name}==" for one in LOCKED] == lines
    assert [one.name for one in LOCKED if not one.hashes or not one.wanted_by] == []


def test_what_pyproject_asks_for_is_installed_and_what_that_needs_is_too() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = re.findall(r'^  "([\w-]+)[^"]*"', text.partition("dependencies = [")[2].partition("\n]")[0], re.MULTILINE)
    installed = find_installed(LOCKED)
    assert set(asked) <= installed
    assert {"anyio", "cryptography", "psycopg-binary"} <= installed - set(asked)


def test_what_only_builds_it_is_not_installed() -> None:
    assert {one.name for one in LOCKED} - find_installed(LOCKED) >= {"hatchling", "editables", "trove-classifiers"}
