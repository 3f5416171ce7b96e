"""What `slb doctor` says of the database: a line for each thing that may be wrong, with its fix."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.cli.doctor import database
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database.embedded.embedded_server import EmbeddedServer
from shareable_backlog.database.monitoring.server import ServerFacts

GOOD = ServerFacts(version="18.1", major=18, encoding="UTF8", tls="TLSv1.3", is_here=False)


@pytest.mark.parametrize(("major", "status"), [(13, "fail"), (14, "ok"), (18, "ok"), (19, "warn")])
def test_the_version_has_to_be_one_that_was_tried(major: int, status: str) -> None:
    found = database.check_version(replace(GOOD, version=f"{major}.2", major=major))
    assert (found.status, f"PostgreSQL {major}.2" in found.what) == (status, True)
    assert (found.fix is None) == (status == "ok")


@pytest.mark.parametrize(("problem", "status"), [(None, "ok"), ("The standby is starting.", "warn")])
def test_a_standby_that_is_away_is_no_failure(problem: str | None, status: str) -> None:
    found = database.check_standby(problem)
    assert (found.status, problem is None or found.what == problem) == (status, True)


@pytest.mark.parametrize(
    ("facts", "status"),
    [(GOOD, "ok"), (replace(GOOD, tls=None, is_here=True), "ok"), (replace(GOOD, tls=None), "warn")],
)
def test_what_is_sent_to_another_machine_should_be_encrypted(facts: ServerFacts, status: str) -> None:
    found = database.check_tls(facts)
    assert (found.status, "sslmode=verify-full" in (found.fix or "")) == (status, status == "warn")


@pytest.mark.parametrize(("encoding", "status"), [("UTF8", "ok"), ("SQL_ASCII", "ok"), ("LATIN1", "fail")])
def test_the_encoding_has_to_hold_every_text(encoding: str, status: str) -> None:
    assert database.check_encoding(replace(GOOD, encoding=encoding)).status == status


@pytest.mark.parametrize(("behind_s", "status"), [(5, "ok"), (3600, "warn"), (-3600, "warn")])
def test_a_clock_that_is_far_off_is_told(behind_s: int, status: str) -> None:
    clock.set_time(clock.read_time() - timedelta(seconds=behind_s))
    found = database.check_clock()
    assert found.status == status
    assert ("behind" in found.what) == (behind_s < 0)


@pytest.mark.anyio
async def test_an_embedded_server_that_does_not_run_is_not_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = EmbeddedServer(settings.data_dir / "postgres", "18", None)

    def inspect(_folder: Path) -> EmbeddedServer:
        return stopped

    monkeypatch.setattr("shareable_backlog.database.embedded.embedded_server.inspect_server", inspect)
    found, dangers = await database.check_database(replace(settings, database_url=None), deploy=True)
    assert [(one.name, one.status) for one in found] == [("database", "ok"), ("connection", "warn")]
    assert "does not run" in found[1].what
    assert not dangers
    assert not settings.data_dir.exists()


@pytest.mark.anyio
async def test_a_database_that_is_away_fails_with_the_reason() -> None:
    settings = parse_settings({"DATABASE_URL": "postgresql://127.0.0.1:1/backlog"})
    found, _ = await database.check_database(settings, deploy=False)
    by_name = {one.name: one for one in found}
    assert by_name["connection"].what == "The database is not running or not listening."
    assert {name for name, one in by_name.items() if one.status == "fail"} == {"connection", "schema"}
