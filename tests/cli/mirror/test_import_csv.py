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
    others: dict[str, object] = {"missing": [], "missing_count": 0, "is_missing_hidden": False, "left_out": []}
    assert report == {"run_id": None, "bad_rows": [], **counts, **others}


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


def test_what_a_later_file_no_longer_has_is_named_and_hidden_on_demand(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "ID,Title,Status,Created\n"
    first, later, other = (tmp_path / f"{name}.csv" for name in ("first", "later", "other"))
    lines = [f"ENG-{number},Title,Todo,2026-05-13T11:21:41Z\n" for number in (1, 2, 3)]
    first.write_text(header + "".join(lines))
    later.write_text(header + lines[0] + header + lines[1])
    other.write_text(header + "OPS-1,Title,Todo,2026-05-13T11:21:41Z\n")
    main(["import", str(first)])
    main(["import", str(other)])
    capsys.readouterr()
    assert main(["import", str(later)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Imported 2 items: 2 unchanged.",
        "left out: Row 3 (line 3) repeats the header.",
        "Not in this file, and still shown from earlier ones: 1 item: ENG-3. --hide-missing hides them.",
    ]
    assert main(["import", str(later), "--hide-missing", "--dry-run"]) == 0
    assert "ENG-3" in capsys.readouterr().out
    assert _list_shown(database) == ["ENG-1", "ENG-2", "ENG-3", "OPS-1"]
    assert main(["import", str(later), "--hide-missing"]) == 0
    assert "Hidden, as this file no longer has them: 1 item: ENG-3" in capsys.readouterr().out
    assert _list_shown(database) == ["ENG-1", "ENG-2", "OPS-1"]
    main(["import", str(first)])
    assert _list_shown(database) == ["ENG-1", "ENG-2", "ENG-3", "OPS-1"]


def _list_shown(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT identifier FROM backlog_items WHERE removed_at IS NULL ORDER BY 1"
        ).fetchall()
    return [identifier for (identifier,) in rows]
