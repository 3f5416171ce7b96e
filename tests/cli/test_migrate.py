import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any, LiteralString

import psycopg
import pytest

from shareable_backlog.cli import main
from shareable_backlog.database import migrate
from tests.conftest import as_url

ROOT = Path(__file__).parents[2]
FILES = sorted(path.name for path in migrate.locate_migrations().glob("*.sql"))


@pytest.fixture(autouse=True)
def url(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    url = as_url(empty_database)
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def slb(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["migrate", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def status(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code, out, err = slb(capsys, "status", "--json")
    assert err == ""
    return code, json.loads(out)


def execute(conninfo: str, query: LiteralString) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(query)


def test_up_prints_a_line_a_file_then_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert slb(capsys, "up") == (0, "".join(f"applied {file}\n" for file in FILES), "")
    assert slb(capsys, "up") == (0, "There is nothing to apply.\n", "")


def test_up_to_a_number_and_a_dry_run_of_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    assert slb(capsys, "up", "--to", "2")[1] == f"applied {FILES[0]}\napplied {FILES[1]}\n"
    assert slb(capsys, "up", "--dry-run")[1].splitlines() == [f"would apply {file}" for file in FILES[2:]]
    assert len(status(capsys)[1]["applied"]) == 2


def test_down_and_redo_print_what_they_took_back(capsys: pytest.CaptureFixture[str]) -> None:
    slb(capsys, "up", "--to", "3")
    assert slb(capsys, "redo", "--yes") == (0, f"rolled back and applied again {FILES[2]}\n", "")
    assert slb(capsys, "down", "--yes") == (0, f"rolled back {FILES[2]}\n", "")
    assert slb(capsys, "down", "--to", "0", "--yes") == (
        0,
        f"rolled back {FILES[1]}\nrolled back {FILES[0]}\n",
        "",
    )
    assert slb(capsys, "down") == (0, "There is nothing to roll back.\n", "")


@pytest.mark.parametrize("words", [("down", "--to", "12"), ("down",), ("redo",)])
def test_without_a_terminal_nothing_is_rolled_back_but_by_yes(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    slb(capsys, "up", "--to", "13")
    code, out, err = slb(capsys, *words)
    assert (code, out) == (2, "")
    assert err.splitlines()[0].startswith(f"This rolls back 1 migration ({FILES[12]})")
    assert err.splitlines()[-1] == "slb: Nothing was changed. Add --yes to go on: there is no terminal to ask at."
    assert len(status(capsys)[1]["applied"]) == 13
    assert slb(capsys, *words, "--yes")[0] == 0


def test_what_a_roll_back_deletes_is_said_table_by_table(
    capsys: pytest.CaptureFixture[str], empty_database: str
) -> None:
    slb(capsys, "up", "--to", "13")
    execute(empty_database, "INSERT INTO users (email, access_note) SELECT n, n FROM generate_series(1, 1200) AS n")
    assert slb(capsys, "down", "--to", "12")[2].splitlines()[:3] == [
        f"This rolls back 1 migration ({FILES[12]}) and deletes for good:",
        "  users.access_note: 1,200 values",
        "Only a backup can bring them back (slb backup FILE).",
    ]
    assert slb(capsys, "down", "--to", "0")[2].splitlines()[:3] == [
        f"This rolls back 13 migrations ({FILES[12]} to {FILES[0]}) and deletes for good:",
        "  users.access_note: 1,200 values",
        "  users: 1,200 rows",
    ]


def test_at_a_terminal_only_yes_rolls_back(capsys: pytest.CaptureFixture[str], url: str) -> None:
    slb(capsys, "up", "--to", "2")
    assert answer_at_terminal(url, "no\n")[0] == 1
    assert answer_at_terminal(url, "\x04")[0] == 1
    assert len(status(capsys)[1]["applied"]) == 2
    code, told = answer_at_terminal(url, "yes\n")
    assert (code, told.splitlines()[-1]) == (0, f"Type yes to go on: rolled back {FILES[1]}")


def answer_at_terminal(url: str, typed: str) -> tuple[int, str]:
    """Roll back one migration in a terminal in which somebody types; return the exit code and what was said."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "shareable_backlog", "migrate", "down"]
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        os.write(ours, typed.encode())
        told = process.communicate(timeout=60)[0]
    os.close(ours)
    os.close(theirs)
    return process.returncode, told


def test_baseline_marks_without_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert slb(capsys, "baseline", "2")[1] == f"marked as applied {FILES[0]}\nmarked as applied {FILES[1]}\n"
    assert "applied  001_create-users-table  20" in slb(capsys, "status")[1]


def test_create_writes_the_next_file_and_prints_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrate, "locate_migrations", lambda: tmp_path)
    assert slb(capsys, "create", "Add colours") == (0, f"{tmp_path / '001_add-colours.sql'}\n", "")
    assert (tmp_path / "001_add-colours.sql").exists()


# MIG-01
def test_six_at_once_all_succeed_and_apply_each_file_once(url: str, empty_database: str) -> None:
    command = [sys.executable, "-m", "shareable_backlog", "migrate", "up"]
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    printed = [process.communicate(timeout=90)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6
    assert sorted("".join(printed).replace("There is nothing to apply.\n", "").splitlines()) == [
        f"applied {file}" for file in FILES
    ]
    assert len(migrate.read_status(empty_database).applied) == len(FILES)


# MIG-21
def test_status_of_a_new_database_is_pending_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = status(capsys)
    assert (code, found["problem"], found["applied"]) == (1, "behind", [])
    assert [f"{name}.sql" for name in found["pending"]] == FILES


# MIG-21
def test_status_of_a_migrated_database_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    slb(capsys, "up")
    code, found = status(capsys)
    assert (code, found["problem"], found["pending"]) == (0, None, [])
    assert [f"{row['name']}.sql" for row in found["applied"]] == FILES


# MIG-21
@pytest.mark.parametrize(
    ("change", "key", "name", "problem"),
    [
        ("UPDATE pgmigrations SET checksum = 'other' WHERE id = 2", "drifted", FILES[1][:-4], "drifted"),
        ("INSERT INTO pgmigrations (name, run_on) VALUES ('002_gone', now())", "missing", "002_gone", "drifted"),
        ("INSERT INTO pgmigrations (name, run_on) VALUES ('999_later', now())", "newer", "999_later", "newer"),
    ],
)
def test_status_of_a_database_that_the_files_contradict_exits_3(
    empty_database: str,
    capsys: pytest.CaptureFixture[str],
    change: LiteralString,
    key: str,
    name: str,
    problem: str,
) -> None:
    slb(capsys, "up")
    execute(empty_database, change)
    code, found = status(capsys)
    assert (code, found["problem"], found[key]) == (3, problem, [name])
    assert name in slb(capsys, "status")[1].splitlines()[-1]


# MIG-04
@pytest.mark.parametrize("action", ["up", "verify"])
def test_an_edited_file_is_named_in_one_line_and_exits_3(
    empty_database: str, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    slb(capsys, "up")
    execute(empty_database, "UPDATE pgmigrations SET checksum = 'other' WHERE id = 2")
    code, _, err = slb(capsys, action)
    assert code == 3
    assert err.startswith(f"slb: Edited after being applied: {FILES[1]}.")
    assert err.count("\n") == 1


# MIG-04
def test_an_edited_file_can_be_accepted(empty_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    slb(capsys, "up")
    execute(empty_database, "UPDATE pgmigrations SET checksum = 'other' WHERE id = 2")
    expected = f"accepted {FILES[1]}\nAll {len(FILES)} applied files are unchanged.\n"
    assert slb(capsys, "verify", "--accept") == (0, expected, "")
    assert slb(capsys, "verify")[0] == 0


# MIG-18
def test_a_server_that_stays_away_fails_after_the_wait_in_one_line_without_the_url(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://bob:hunter22@127.0.0.1:{port}/backlog")
    began = monotonic()
    code, out, err = slb(capsys, "up", "--wait", "1")
    assert 1 <= monotonic() - began < 4
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert not any(secret in err for secret in ("bob", "hunter22", "127.0.0.1", str(port)))


def test_a_number_that_no_file_has_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert slb(capsys, "up", "--to", "998") == (1, "", "slb: There is no migration 998.\n")


def test_an_action_that_does_not_exist_is_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["migrate", "sideways"])


def test_the_exit_codes_are_told_by_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["migrate", "--help"])
    assert "3 the files contradict the database" in capsys.readouterr().out
