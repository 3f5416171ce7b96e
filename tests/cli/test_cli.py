"""The command line as a person meets it: exit codes, one line that says what to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shareable_backlog import __version__
from shareable_backlog.cli import main
from shareable_backlog.config import NAMES, Settings
from tests.conftest import as_url
from tests.fakes.linear import run_linear
from tests.fakes.linear.volume import volume


@pytest.fixture
def in_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set DATABASE_URL to a fresh migrated database."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())


def test_without_a_command_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "COMMAND" in capsys.readouterr().out


def test_the_help_loads_nothing_that_only_a_command_needs() -> None:
    asked = """if True:
        import sys
        from shareable_backlog.cli import main
        main([])
        print(*sys.modules, file=sys.stderr)
    """
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stderr.split()
    heavy = {"asyncio", "logging", "psycopg", "socket", "starlette", "structlog", "threading", "uuid"}
    assert heavy & set(said) == set()
    assert "shareable_backlog.cli.serving.serve" in said


def test_an_unknown_command_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["frobnicate"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    "words",
    [
        "serve --port 70000",
        "serve --port -1",
        "serve --port many",
        "serve --workers 0",
        "serve --workers 1.5",
        "healthcheck --port 70000",
        "sync history --limit 0",
        "sync history --limit -1",
        "migrate up --to -1",
        "migrate up --wait -1",
        "migrate up --wait nan",
        "migrate down --to -1",
        "migrate baseline -1",
        "users create alice",
        "audit list --limit 0",
        "audit list --since yesterday",
    ],
)
def test_wrong_arguments_exit_2_and_say_what_they_should_be(
    words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLB_DATA_DIR", str(tmp_path / "data"))
    assert run_words(words) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "should be" in last
    assert "invalid" not in last
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", ["audit verify --from abc", "audit verify --from 1:00"])
def test_what_is_no_head_of_the_record_is_told_apart_from_a_record_that_was_changed(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_words(words) == 2
    assert "That is no head of the audit log" in capsys.readouterr().err


def run_words(words: str) -> int | str | None:
    """Return the exit code, whether the parser ends the program or the command does."""
    try:
        return main(words.split())
    except SystemExit as ended:
        return ended.code


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"slb {__version__}\n"


def test_a_wrong_setting_is_named_and_exits_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("SYNC_INTERVAL_S", "0")
    assert main(["config"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert {line.split()[1] for line in errors} == {"PORT", "SYNC_INTERVAL_S"}


def test_config_shows_every_setting_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bob:hunter2secret@db.example.com/backlog")
    assert main(["config"]) == 0
    printed = capsys.readouterr().out
    assert [line.partition("=")[0] for line in printed.splitlines()] == list(NAMES)
    assert "hunter2secret" not in printed


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 (refused here)
def test_serve_refuses_other_addresses_until_it_is_told_how_people_reach_it(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLB_DATA_DIR", str(tmp_path))
    assert main(["serve", "--host", host]) == 2
    assert "BASE_URL is not set" in capsys.readouterr().err


@pytest.mark.usefixtures("in_environment")
def test_sync_fills_the_mirror_and_says_what_it_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with run_linear(volume(260, seed=5)) as fake:
        monkeypatch.setenv("LINEAR_API_URL", fake.url)
        monkeypatch.setenv("LINEAR_API_KEY", fake.key)
        assert main(["sync"]) == 0
        shown = capsys.readouterr()
        assert "issues: 260 created, 0 updated, 0 unchanged" in shown.out
        # Pages that came while others were being stored are told in one line, so only the last one is certain.
        assert "issues: 260 rows" in shown.err
        assert main(["sync"]) == 0
        assert capsys.readouterr().out.startswith("Nothing has changed")
        assert main(["sync", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["streams"]["issues"]["created"] == 0


@pytest.mark.usefixtures("in_environment")
def test_sync_without_a_key_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync"]) == 2
    assert "LINEAR_API_KEY" in capsys.readouterr().err


@pytest.mark.usefixtures("in_environment")
def test_a_program_that_asks_for_json_gets_it_of_failures_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for url, code in (("http://127.0.0.1:9/graphql", "LINEAR_UNAVAILABLE"), ("nowhere", "CONFIGURATION_INVALID")):
        monkeypatch.setenv("LINEAR_API_KEY", "lin_api_0123456789")
        monkeypatch.setenv("LINEAR_API_URL", url)
        assert main(["sync", "--json"]) == (1 if code == "LINEAR_UNAVAILABLE" else 2)
        printed = capsys.readouterr()
        error = json.loads(printed.out)["error"]
        assert (error["code"], bool(error["message"])) == (code, True)
        assert printed.err.startswith("slb: ")


def test_a_command_on_a_schema_that_is_behind_names_the_remedy(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    assert main(["status"]) == 1
    assert "slb migrate up" in capsys.readouterr().err
