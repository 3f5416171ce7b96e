"""How old the mirror is and how its runs went: `slb status`, in words and as JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.cli.mirror import status
from shareable_backlog.config import Settings
from shareable_backlog.database.mirror.sync_history import SyncRun

BEGAN = datetime(2026, 2, 6, 9, 5, tzinfo=UTC)


@pytest.fixture
def in_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set DATABASE_URL to a fresh migrated database."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())


def a_run(**fields: Any) -> SyncRun:
    plain: dict[str, Any] = {
        "id": 7, "status": "succeeded", "trigger_type": "automatic", "requested_by": None, "is_full": False,
        "removals_allowed": False, "created_at": BEGAN, "started_at": BEGAN,
        "completed_at": BEGAN + timedelta(seconds=3), "duration_ms": 3000, "items_synced": 12, "items_failed": 0,
        "error_message": None, "streams": {}, "requests": 1, "points": 40, "next_step": None, "activity": None,
        "held": None,
    }  # fmt: skip
    return SyncRun(**{**plain, **fields})


def test_a_run_is_a_line_whose_parts_stand_below_each_other() -> None:
    assert [
        status.format_run(one)
        for one in (
            a_run(),
            a_run(trigger_type="manual", is_full=True, status="interrupted", items_synced=1_234_567),
            a_run(status="failed", items_synced=0, error_message="Linear refused the key."),
        )
    ] == [
        "2026-02-06 09:05  automatic        succeeded           12 rows",
        "2026-02-06 09:05  manual, full     interrupted  1,234,567 rows",
        "2026-02-06 09:05  automatic        failed               0 rows  Linear refused the key.",
    ]


def test_a_run_as_json_has_its_times_with_their_zone_and_nothing_of_who_asked_for_it() -> None:
    told = status.encode_run(a_run(requested_by="alice@example.com", streams={"issues": {"created": 12}}))
    assert json.loads(json.dumps(told)) == {
        "id": 7, "status": "succeeded", "trigger": "automatic", "full": False,
        "started_at": "2026-02-06T09:05:00+00:00", "completed_at": "2026-02-06T09:05:03+00:00", "duration_ms": 3000,
        "items_synced": 12, "items_failed": 0, "error": None, "streams": {"issues": {"created": 12}}, "requests": 1,
        "points": 40, "next_step": None,
    }  # fmt: skip


def test_a_run_that_is_under_way_has_no_end_yet() -> None:
    told = status.encode_run(a_run(status="running", completed_at=None, duration_ms=None))
    assert (told["completed_at"], told["duration_ms"]) == (None, None)


def add_run(database: str, minutes_ago: int, **fields: Any) -> None:
    """Record a run that ended so long ago."""
    row = {"status": "succeeded", "trigger_type": "automatic", "error_message": None, "next_step": None, **fields}
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO sync_history (status, trigger_type, error_message, next_step, started_at, completed_at)"
            " SELECT %(status)s, %(trigger_type)s, %(error_message)s, %(next_step)s, at, at"
            " FROM (SELECT now() - make_interval(mins => %(minutes)s) AS at) times",
            row | {"minutes": minutes_ago},
        )


def add_items(database: str, count: int) -> None:
    """Store items whose words the search does not know yet."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO teams (id, key, name, private, created_at, updated_at)"
            " VALUES ('t', 'ENG', 'Engineering', false, now(), now())"
        )
        connection.execute(
            "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)"
            " SELECT 'i' || n, 'ENG-' || n, n, 'Photos', 't', now(), now() FROM generate_series(1, %s) n",
            [count],
        )
        connection.execute("INSERT INTO search_entries (item_id, stale_since) SELECT id, now() FROM backlog_items")


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["status", *words]) == code
    return capsys.readouterr().out


@pytest.mark.usefixtures("in_environment")
def test_status_of_an_empty_mirror_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert "slb sync" in capsys.readouterr().out


@pytest.mark.usefixtures("in_environment")
def test_seed_fills_an_empty_mirror_and_status_tells_its_age(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed"]) == 0
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    state = json.loads(capsys.readouterr().out)
    assert state["items"] > 100
    assert [run["status"] for run in state["runs"]] == ["succeeded"]


@pytest.mark.usefixtures("in_environment")
def test_a_mirror_that_was_never_filled_has_no_age_in_json_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(told(capsys, "--json", code=1)) == {
        "as_of": None,
        "items": 0,
        "unsearchable": 0,
        "runs": [],
        "refused": [],
    }


@pytest.mark.usefixtures("in_environment")
def test_a_mirror_whose_first_run_failed_tells_why_and_exits_1(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(database, 1, status="failed", error_message="Linear refused the key.")
    first, second = told(capsys, code=1).splitlines()
    assert first.startswith("The mirror is empty: run `slb sync`")
    assert second.endswith("failed               0 rows  Linear refused the key.")


@pytest.mark.usefixtures("in_environment")
def test_the_age_is_that_of_the_last_good_run_in_minutes(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    add_items(database, 1_200)
    add_run(database, 1_500, status="partial")
    add_run(database, 2, status="failed")
    age, words, newest, older = told(capsys).splitlines()
    assert age.startswith("1,200 items, as of ")
    assert age.endswith(" UTC (1,500 minutes ago).")
    assert words == "The search does not have the latest words of 1,200 items yet; `slb serve` adds them."
    assert ("failed" in newest, "partial" in older) == (True, True)


@pytest.mark.usefixtures("in_environment")
def test_the_last_ten_runs_are_told_the_newest_first_with_its_next_step_alone(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for minutes_ago in range(12):
        step = f"Mend {minutes_ago}." if minutes_ago in (0, 3) else None
        add_run(database, minutes_ago, error_message=f"{minutes_ago} ago.", next_step=step)
    lines = told(capsys).splitlines()[1:]
    assert [line.rpartition("  ")[2] for line in lines] == [*(f"{ago} ago." for ago in range(10)), "Mend 0."]
    runs = json.loads(told(capsys, "--json"))["runs"]
    assert [run["next_step"] for run in runs if run["next_step"]] == ["Mend 0.", "Mend 3."]
    assert len(runs) == 10


def add_refusals(database: str, count: int) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO sync_refusals"
            " (stream, kind, name, reason, remedy, path, tries, last_run_id, first_at, next_at)"
            " SELECT 'issues', 'node', n, 'Linear answers with an error when it is asked for one of issues',"
            "  'Only Linear can mend this.', 'issues.nodes.7.title', 2, 1, '2026-02-06 10:00Z', '2026-02-06 12:00Z'"
            " FROM generate_series(1, %s) n",
            [count],
        )


@pytest.mark.usefixtures("in_environment")
def test_what_linear_refuses_is_told_with_its_place_and_who_can_mend_it(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(database, 1, status="partial")
    add_refusals(database, 12)
    lines = told(capsys).splitlines()
    refused = [line for line in lines if line.startswith("Linear answers")]
    assert len(refused) == 10
    assert refused[0].endswith(
        "(issues.nodes.7.title), since 2026-02-06 10:00 UTC; asked again from 2026-02-06 12:00 UTC on."
        " Only Linear can mend this."
    )
    assert "2 more are refused; `slb status --json` has all." in lines
    encoded = json.loads(told(capsys, "--json"))["refused"]
    assert [(one["stream"], one["kind"], one["tries"]) for one in encoded] == [("issues", "node", 2)] * 12
