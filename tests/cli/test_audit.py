"""`slb audit` as an operator meets it."""

import asyncio
import json

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.cli.runner import run_with_database
from shareable_backlog.config import Settings
from tests.support.signed_in import SECRET_KEY


@pytest.fixture(autouse=True)
def database_url(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a fresh migrated database."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)


def approve(database: str) -> None:
    """Record one act of alice's."""
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        connection.execute(
            "INSERT INTO audit_logs (user_id, action, resource, resource_id, details, ip_address)"
            """ VALUES (1, 'person.approved', 'user', '7', '{"reason": "on \\u001b[31mcall"}', '192.0.2.7')"""
        )


def write_days_ago(database: str, days: int) -> None:
    """Record something as if the clock had stood there."""
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE audit_logs DISABLE TRIGGER sign_audit_log")
        connection.execute(
            "INSERT INTO audit_logs (action, created_at) VALUES ('x', now() - make_interval(days => %s))", [days]
        )
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("ALTER TABLE audit_logs ENABLE TRIGGER sign_audit_log")


def seal() -> None:
    """Do what every command does at its end."""
    run_with_database(lambda _settings: asyncio.sleep(0))


def told(capsys: pytest.CaptureFixture[str], *command: str, code: int = 0) -> str:
    assert main(["audit", *command]) == code
    return capsys.readouterr().out


def test_a_whole_log_proves_whole(capsys: pytest.CaptureFixture[str], database: str) -> None:
    approve(database)
    seal()
    first, second = told(capsys, "verify").splitlines()
    assert first == "The audit log is intact: 1 row, none changed, removed or slipped in."
    verdict = json.loads(told(capsys, "verify", "--json"))
    assert second.startswith(f"Head: {verdict['head']} ")
    assert verdict["sealed_at"].endswith("+00:00")
    del verdict["head"], verdict["sealed_at"]
    assert verdict == {
        "whole": True,
        "rows": 1,
        "faults": [],
        "unsealed": 0,
        "oldest_unsealed_at": None,
        "keyed": True,
        "remembered": True,
    }


def test_an_earlier_head_is_proven_or_missed(capsys: pytest.CaptureFixture[str], database: str) -> None:
    approve(database)
    seal()
    head = json.loads(told(capsys, "verify", "--json"))["head"]
    told(capsys, "list")
    assert "intact: 2 rows" in told(capsys, "verify", "--from", head)
    wrong = f"1:{'0' * 64}"
    assert f"The log never went to {wrong}" in told(capsys, "verify", "--from", head, "--from", wrong, code=1)
    with pytest.raises(SystemExit, match="2"):
        main(["audit", "verify", "--from", "1:abc"])
    assert "That is no head of the audit log" in capsys.readouterr().err


def test_what_is_not_proven_is_said(
    capsys: pytest.CaptureFixture[str], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(database)
    monkeypatch.delenv("SECRET_KEY")
    lines = told(capsys, "verify").splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == [
        "The audit log is intact",
        "Not sealed yet, and so not proven",
    ]
    assert lines[2:] == [
        "There is no SECRET_KEY here: only hashes were checked, which whoever owns the database can forge.",
        "This machine has not sealed anything, so rows cut off at the end are missed only by --from.",
    ]


def test_seals_of_an_old_key_are_known_as_long_as_it_is_listed(
    capsys: pytest.CaptureFixture[str], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(database)
    seal()
    new = SECRET_KEY[::-1]
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEYS", f"{new},{SECRET_KEY}")
    told(capsys, "list")
    assert "intact: 2 rows" in told(capsys, "verify")
    monkeypatch.setenv("SECRET_KEYS", new)
    assert "Seal 1 (up to place 1) was made with a key that is not this program's." in told(capsys, "verify", code=1)


def test_a_changed_row_is_named_with_exit_code_1(capsys: pytest.CaptureFixture[str], database: str) -> None:
    approve(database)
    seal()
    with psycopg.connect(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET resource_id = '8'")
    assert told(capsys, "verify", code=1).splitlines()[:2] == [
        "The audit log does not match what was recorded.",
        "Row 1 (place 1) is not as it was recorded.",
    ]
    verdict = json.loads(told(capsys, "verify", "--json", code=1))
    assert (verdict["whole"], verdict["faults"][0]["id"], verdict["faults"][0]["position"]) == (False, 1, 1)


def test_rows_are_listed_without_what_moves_a_terminal(capsys: pytest.CaptureFixture[str], database: str) -> None:
    approve(database)
    [approved] = told(capsys, "list").splitlines()
    assert "alice@example.com  person.approved  user 7" in approved
    assert approved.endswith("192.0.2.7")
    assert "\x1b" not in approved
    assert "operator  audit.read" in told(capsys, "list").splitlines()[0]
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO audit_logs (action, resource, resource_id) VALUES ('x', 'user', %s)", ["7\x1b[2J"]
        )
    assert "user 7�[2J" in told(capsys, "list").splitlines()[0]


def test_rows_are_listed_as_lines_of_json(capsys: pytest.CaptureFixture[str], database: str) -> None:
    approve(database)
    [line] = told(capsys, "list", "--json", "--person", "alice@example.com").splitlines()
    row = json.loads(line)
    assert (row["person"], row["action"], row["details"]) == (
        "alice@example.com",
        "person.approved",
        {"reason": "on \x1b[31mcall"},
    )


@pytest.mark.parametrize(
    "words", [("--action", "item.viewed"), ("--since", "2999-01-01"), ("--person", "bob@example.com")]
)
def test_a_filter_that_nothing_fits_lists_nothing(
    capsys: pytest.CaptureFixture[str], database: str, words: tuple[str, ...]
) -> None:
    approve(database)
    assert told(capsys, "list", *words) == ""


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--limit", "0"), ("--limit", "x")])
def test_wrong_words_are_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "list", *words])
    assert "should be a" in capsys.readouterr().err


def test_without_a_retention_everything_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "prune") == "AUDIT_RETENTION_DAYS is 0, so everything is kept.\n"


def test_nothing_is_removed_without_a_terminal_or_yes(
    capsys: pytest.CaptureFixture[str], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days_ago(database, 40)
    monkeypatch.setenv("AUDIT_RETENTION_DAYS", "30")
    assert main(["audit", "prune"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "This deletes 1 row of the audit log for good, all older than 30 days.",
        "slb: Nothing was changed. Add --yes to go on: there is no terminal to ask at.",
    ]
    assert told(capsys, "prune", "--dry-run").startswith("1 row ")


def test_what_is_older_than_the_retention_is_removed_and_the_rest_proves_whole(
    capsys: pytest.CaptureFixture[str], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days_ago(database, 40)
    approve(database)
    monkeypatch.setenv("AUDIT_RETENTION_DAYS", "30")
    assert told(capsys, "prune", "--dry-run") == "1 row older than 30 days would be removed. Nothing was changed.\n"
    assert told(capsys, "prune", "--yes") == "1 row older than 30 days removed.\n"
    assert told(capsys, "prune") == "0 rows older than 30 days removed.\n"
    assert "The audit log is intact: 2 rows, none changed, removed or slipped in.\n" in told(capsys, "verify")
