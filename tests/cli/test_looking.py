"""Commands that only look: on an empty data folder they make nothing, and say so."""

import json
from pathlib import Path

import pytest

from shareable_backlog.cli import main

LOOKS = (
    ("status",),
    ("status", "--json"),
    ("sync", "status"),
    ("sync", "history"),
    ("sync", "watch"),
    ("users", "list"),
    ("sessions", "list"),
    ("audit", "list"),
    ("audit", "verify"),
    ("audit", "prune", "--dry-run"),
    ("migrate", "status"),
    ("migrate", "verify"),
    ("migrate", "up", "--dry-run"),
    ("migrate", "down", "--yes"),
    ("migrate", "adopt", "--dry-run"),
    ("backup", "file"),
)
QUIET = (("config",), ("version",), ("database", "grants"), ())


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty data folder, and a place to stand in beside it."""
    (tmp_path / "place").mkdir()
    monkeypatch.chdir(tmp_path / "place")
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_a_command_that_looks_makes_nothing(
    data: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(words)) == 1
    assert "There is no database yet: `slb serve` makes the embedded server's" in capsys.readouterr().err
    assert list(data.iterdir()) == []
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("words", QUIET, ids=" ".join)
def test_a_command_that_needs_no_database_makes_none(data: Path, words: tuple[str, ...]) -> None:
    assert main(list(words)) == 0
    assert list(data.iterdir()) == []


@pytest.mark.usefixtures("capsys")
def test_doctor_makes_nothing_and_finds_nothing_wrong(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"]["schema"]["what"].startswith(
        "none yet: `slb serve` makes it"
    )
    assert main(["doctor", "--deploy"]) in {0, 1}
    assert list(data.iterdir()) == []


def test_without_a_data_folder_none_is_made(data: Path) -> None:
    data.rmdir()
    assert main(["status"]) == 1
    assert main(["doctor"]) == 0
    assert not data.exists()
