"""`slb migrate adopt`: what it says, asks and leaves to do."""

from pathlib import Path

import pytest

from shareable_backlog.cli import main
from tests.conftest import as_url
from tests.database.migrate import node_databases, sample
from tests.database.migrate.test_adopt import build


@pytest.fixture
def later(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a database at the Node service's 015, which DATABASE_URL names."""
    monkeypatch.setenv("DATABASE_URL", as_url(empty_database))
    folder = tmp_path / "node"
    folder.mkdir()
    return build(empty_database, folder, 15)


def adopt(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["migrate", "adopt", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.usefixtures("later")
def test_a_dry_run_says_what_would_be_done_and_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = adopt(capsys, "--dry-run", "--project", node_databases.PROJECT)
    assert (code, err) == (0, "")
    for words in (
        "(at its 015_request-pipeline-hardening)",
        "people: 4 as they are",
        "the record: 4 rows get this program's words",
        "1 have words of which there are none here, and keep them",
        "sync history: 4 runs",
        "1 reader and newcomers see the one project of before",
        "2 people marked as IT, in users.is_it",
        "2 labels, 1 of them not offered, in node_label_visibility",
        "1 request, in node_requests",
        "1 session, in node_sessions: people sign in again",
        "only a backup, restored, can start it again",
        "Nothing was changed.",
    ):
        assert words in out


@pytest.mark.usefixtures("later")
def test_it_asks_before_and_a_second_run_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = adopt(capsys)
    assert (code, out) == (2, "")
    assert "see NOTHING until an admin chooses" in err
    assert "Nothing was changed. Add --yes" in err
    code, out, err = adopt(capsys, "--yes")
    assert (code, err) == (0, "")
    assert out.endswith("To sync as before (*/15 * * * *) set SYNC_INTERVAL_S=900.\n")
    assert adopt(capsys, "--yes")[:2] == (
        0,
        "There is nothing to adopt: no migration of the Node service's own stands in this database.\n",
    )


def test_status_and_verify_are_content_afterwards(later: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "status"]) == 3
    assert "`slb migrate adopt --dry-run` says what" in capsys.readouterr().out
    adopt(capsys, "--yes")
    assert main(["migrate", "status"]) == 0
    assert "adopted  006_create-session-table" in capsys.readouterr().out
    assert main(["migrate", "verify"]) == 0
    assert capsys.readouterr().out == f"All {len(sample.ledger(later))} applied files are unchanged.\n"


def test_the_project_of_the_environment_is_meant(
    later: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAR_PROJECT_ID", node_databases.PROJECT)
    assert adopt(capsys, "--yes")[0] == 0
    assert sample.rows(later, "SELECT entity_id FROM viewer_group_rules") == [(node_databases.PROJECT,)]


@pytest.mark.usefixtures("later")
def test_a_project_that_is_no_id_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = adopt(capsys, "--yes", "--project", "backlog")
    assert code == 1
    assert "should be its UUID" in err


@pytest.mark.usefixtures("later")
def test_its_record_can_be_verified_and_its_people_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a-key-of-0123456789-tests-abcdefgh")
    adopt(capsys, "--yes")
    assert main(["users", "list"]) == 0
    assert "bob@example.com" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0
