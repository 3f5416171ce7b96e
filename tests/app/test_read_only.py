"""A server that turns read-only under the program, as some do when their disk is full."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.sync import runs
from tests.fakes.postgres import PrivateServer
from tests.support.served import Served, run_serve, slb

WORDS = "Nothing can be recorded right now"
READABLE = (
    "/", "/?layout=board", "/?group=team", "/?q=FLD", "/changes", "/timeline", "/roadmap", "/filters", "/about",
    "/trends", "/done", "/meeting", "/updates", "/projects/Inspect%20without%20signal",
)  # fmt: skip
RECORDED = ("/items/FLD-118", "/export.csv")


@pytest.fixture
def program(tmp_path: Path, private_server: PrivateServer) -> Generator[Served]:
    """Yield the program over the sample."""
    assert slb(tmp_path, "seed", DATABASE_URL=private_server.url)[0] == 0
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as running:
        running.until("/items/FLD-118", 200)
        yield running


def turn(server: PrivateServer, *, read_only: bool) -> None:
    with server.connect() as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if read_only else 'off'}".encode())
    server.reload()


def test_lists_stay_readable_and_items_say_why_not(
    program: Served, private_server: PrivateServer, tmp_path: Path
) -> None:
    with private_server.connect() as admin:
        admin.execute("UPDATE sessions SET last_seen_at = now() - interval '1 hour'")  # which a page would note
    turn(private_server, read_only=True)
    program.until_logged("database_is_read_only")
    for path in READABLE:
        answer = program.get(path)
        assert (answer.status, WORDS in answer.text) == (200, True), path
    for path in RECORDED:
        answer = program.get(path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5"), path
        assert WORDS in answer.text
        assert "items, whose readers are recorded, and all changes have to wait" in answer.text
    assert program.get("/readyz").text == '{"status":"ok","db":"up","degraded":"database: it accepts no writes"}'
    code, said = slb(tmp_path, "doctor", DATABASE_URL=private_server.url)
    assert (code, "accepts no writes right now" in said) == (1, True)
    turn(private_server, read_only=False)
    program.until_logged("database_takes_changes_again")
    program.until("/items/FLD-118", 200)
    assert WORDS not in program.get("/").text
    assert not program.events("unforeseen_error", "database_is_away")


@pytest.mark.anyio
async def test_a_run_that_was_ending_is_not_called_interrupted(private_server: PrivateServer) -> None:
    async with database.open_database(parse_settings({"DATABASE_URL": private_server.url})):
        async with runs.record_run("manual"):
            turn(private_server, read_only=True)
            while not (await database.test_connection()).is_read_only:
                pass
        assert await read_statuses() == ["running"]
        turn(private_server, read_only=False)
        while (await database.test_connection()).is_read_only:
            pass
        async with runs.record_run("manual"):
            assert await read_statuses() == ["succeeded", "running"]


async def read_statuses() -> list[str]:
    return [status for (status,) in await database.query("SELECT status FROM sync_history ORDER BY id")]
