import json
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.cli import main
from tests.conftest import as_url

_SAMPLES = Path(__file__).parents[2] / "linear" / "csv"
_SAMPLE = str(_SAMPLES / "2023.csv")


@pytest.fixture(autouse=True)
def _database_url(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", as_url(database))


def _count(database: str) -> int:
    with psycopg.connect(database) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM backlog_items").fetchall()
    return count


@pytest.mark.parametrize("name", ["2023.csv", "2024.csv", "2026.csv"])
def test_an_import_says_how_many_items_it_made(name: str, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(_SAMPLES / name)]) == 0
    assert capsys.readouterr().out == "Imported 3 items: 3 created.\n"
    assert _count(database) == 3


def test_the_same_file_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", _SAMPLE])
    capsys.readouterr()
    assert main(["import", _SAMPLE]) == 0
    assert capsys.readouterr().out == "Imported 3 items: 3 unchanged.\n"


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", _SAMPLE, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "Nothing was stored. This would import 3 items: 3 created." in shown
    assert "  GRD      Awaiting delivery        started" in shown
    assert _count(database) == 0


def test_the_report_comes_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", _SAMPLE, "--dry-run", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.pop("states")[0] == {"team_key": "GRD", "name": "Awaiting delivery", "type": "started"}
    counts = {"rows": 3, "created": 3, "updated": 0, "unchanged": 0}
    assert report == {"run_id": None, "bad_rows": [], **counts}


def test_a_wrong_file_gets_one_line_and_stores_nothing(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(Path(_SAMPLE).read_text(encoding="utf-8").replace("2023-04-02T11:00:00Z", "yesterday"))
    assert main(["import", str(wrong)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        'slb: Row 4 (line 4), column "Created": "yesterday" is not a date that Linear\'s export uses.'
        " Nothing was stored."
    )
    assert _count(database) == 0
