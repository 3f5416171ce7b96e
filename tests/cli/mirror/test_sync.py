"""`slb sync` and its actions as an operator meets them."""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.cli.mirror import sync
from shareable_backlog.config import Settings
from shareable_backlog.database.connection import locks
from tests.fakes.linear import FakeLinear, run_linear
from tests.support.served import ROOT

_ISSUES = 20


@pytest.fixture(autouse=True)
def fake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Generator[FakeLinear]:
    """Set a fresh migrated database, and a key to a Linear with some issues."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())
    with run_linear() as fake:
        for _ in range(_ISSUES):
            fake.world.add_issue()
        monkeypatch.setenv("LINEAR_API_URL", fake.url)
        monkeypatch.setenv("LINEAR_API_KEY", fake.key)
        yield fake


def told(capsys: pytest.CaptureFixture[str], *command: str, code: int = 0) -> str:
    assert main(["sync", *command]) == code
    return capsys.readouterr().out


def delete_issues(fake: FakeLinear, count: int) -> None:
    for issue in list(fake.world.rows["issues"].values())[:count]:
        fake.world.delete(issue)


def test_it_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys).splitlines()[-1] == "issues: 20 created, 0 updated, 0 unchanged"


def test_the_audit_log_has_it_as_the_operators(settings: Settings) -> None:
    assert main(["sync"]) == 0
    assert main(["sync", "--full", "--allow-removals"]) == 0
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.reveal()) as connection:
        found = connection.execute("SELECT user_id, action FROM audit_logs ORDER BY id").fetchall()
    assert found == [(None, "sync.requested"), (None, "sync.removals_confirmed")]


def test_nothing_new_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    assert told(capsys) == "Nothing has changed.\n"


def test_what_it_did_comes_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(told(capsys, "--json"))
    assert report["status"] == "succeeded"
    assert report["streams"]["issues"] == {"created": _ISSUES, "updated": 0, "unchanged": 0, "removed": 0}
    assert (report["bad_rows"], report["notes"], report["next_step"]) == ([], [], None)


def test_a_row_that_was_set_aside_is_told_and_exits_1(fake: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    fake.world.add_issue(createdAt="0001-01-01T00:00:00.000Z")
    assert "created_at is not between the years 1900 and 9998" in told(capsys, code=1)


def test_what_is_gone_is_told_after_a_full_run(fake: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    delete_issues(fake, 2)
    assert "2 removed" in told(capsys, "--full")


def test_too_much_that_is_gone_needs_to_be_confirmed(fake: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    delete_issues(fake, 15)
    held = told(capsys, "--full", code=1)
    assert "Linear no longer lists 15 of 20 issues." in held
    assert "slb sync --full --allow-removals" in held
    assert "15 removed" in told(capsys, "--full", "--allow-removals")


def test_allowed_removals_alone_mean_a_full_run(fake: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    delete_issues(fake, 15)
    assert "15 removed" in told(capsys, "--allow-removals")


def test_a_wrong_key_gets_one_line_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINEAR_API_KEY", "lin_api_wrong")
    assert main(["sync"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("slb: ")
    assert "key" in line
    assert "lin_api_wrong" not in line


def test_status_tells_the_age_and_the_last_runs(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    lines = told(capsys, "status").splitlines()
    assert lines[0].startswith("20 items, as of ")
    assert "manual, full" in lines[1]
    assert "succeeded" in lines[1]


def test_status_of_an_empty_mirror_exits_1_and_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "slb sync" in told(capsys, "status", code=1)


def test_status_says_what_is_left_to_do(fake: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    delete_issues(fake, 15)
    told(capsys, "--full", code=1)
    assert "slb sync --full --allow-removals" in told(capsys, "status")


def test_status_comes_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    state = json.loads(told(capsys, "status", "--json"))
    assert (state["items"], state["unsearchable"]) == (_ISSUES, 0)
    assert [(run["status"], run["full"], run["requests"]) for run in state["runs"]] == [("succeeded", True, 1)]


def test_history_tells_what_each_run_did_and_spent(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    history = told(capsys, "history")
    assert "    issues: 20 created, 20 fetched\n" in history
    assert "    1 request, " in history


def test_history_shows_no_more_runs_than_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        told(capsys)
    runs: list[dict[str, Any]] = json.loads(told(capsys, "history", "--limit", "2", "--json"))
    assert [run["trigger"] for run in runs] == ["manual", "manual"]


def test_watch_tells_of_runs_as_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)
    command = [sys.executable, "-m", "shareable_backlog", "sync", "watch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        assert "succeeded" in watching.stdout.readline()
        told(capsys)
        assert "succeeded" in watching.stdout.readline()
        watching.kill()


def end_of_others_run(database: str, *, is_full: bool, is_killed: bool = False) -> threading.Event:
    """Be another process that syncs, until the event that is returned is set; killed, it leaves its row as it is."""
    end, begun = threading.Event(), threading.Event()

    def sync() -> None:
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [locks.SYNC])
            other.execute(
                "INSERT INTO sync_history (status, trigger_type, is_full) VALUES ('running', 'automatic', %s)",
                [is_full],
            )
            begun.set()
            end.wait(20)
            if not is_killed:
                other.execute("UPDATE sync_history SET status = 'succeeded', completed_at = now(), streams = '{}'")

    threading.Thread(target=sync).start()
    assert begun.wait(10)
    return end


class Waiting(io.StringIO):
    """What the command says to its operator, and let the other run `end` as soon as it says that it waits."""

    def __init__(self, end: threading.Event) -> None:
        super().__init__()
        self._end = end

    def write(self, text: str) -> int:
        written = super().write(text)
        if "Another sync is running; waiting for it to end." in self.getvalue():
            self._end.set()
        return written


def test_the_run_of_another_process_is_joined(
    database: str, fake: FakeLinear, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = end_of_others_run(database, is_full=False)
    monkeypatch.setattr("sys.stderr", Waiting(end))
    assert main(["sync"]) == 0
    assert end.is_set(), "it has said that it waits"
    assert capsys.readouterr().out == "Nothing has changed.\n"
    assert fake.requests == []


def test_after_anothers_run_that_did_less_its_own_follows(
    database: str, fake: FakeLinear, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = end_of_others_run(database, is_full=False)
    monkeypatch.setattr("sys.stderr", Waiting(end))
    assert main(["sync", "--full"]) == 0
    assert "20 created" in capsys.readouterr().out
    assert fake.requests


def test_the_end_of_a_process_that_was_killed_is_not_waited_for(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = end_of_others_run(database, is_full=False, is_killed=True)
    monkeypatch.setattr("sys.stderr", Waiting(end))
    monkeypatch.setattr(sync, "_LOOK_FOR_ITSELF_S", 0.5)
    assert main(["sync"]) == 0
    assert "20 created" in capsys.readouterr().out
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT status FROM sync_history ORDER BY id").fetchall()
    assert found == [("interrupted",), ("succeeded",)]
