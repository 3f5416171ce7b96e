"""A run whose rows somebody else changes at the same time, or whose database has no room for them."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL
from structlog.testing import capture_logs

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import query
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.errors import DatabaseUnavailable
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import runs
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import Batch, build_batch
from tests.fakes.postgres import PrivateServer, give_away

pytestmark = pytest.mark.anyio

_NOW = "2026-01-02T03:04:05.678Z"


async def labels(name: str, *ids: str) -> AsyncIterator[Batch]:
    times = {"createdAt": _NOW, "updatedAt": _NOW, "archivedAt": None}
    nodes = [{"id": id_, **times, "name": name} for id_ in ids]
    yield build_batch(STREAMS["labels"], nodes, seen_at=datetime.now(UTC))


async def run(batches: AsyncIterator[Batch]) -> RunReport:
    async with runs.record_run("manual") as report:
        await runs.store_batches(report, batches, lambda _report, _page: None)
        return report


def refusals(logged: list[Any]) -> list[str]:
    return [event["sqlstate"] for event in logged if event["event"] == "query_failed"]


async def until_waiting(conninfo: str) -> None:
    """Wait until a session waits for another's lock."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as admin:
        for _ in range(3000):
            cursor = await admin.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if await cursor.fetchone():
                return
            await asyncio.sleep(0.01)
        pytest.fail("nobody waits for a lock")


@pytest.mark.usefixtures("live_database")
async def test_a_deadlock_with_another_writer_is_ridden_out(database: str) -> None:
    await run(labels("old", "a", "b"))
    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("SET deadlock_timeout = '60s'")  # so that it is the run that gives way
        await other.execute("UPDATE labels SET color = '#000000' WHERE id = 'b'")
        with capture_logs() as logged:
            task = asyncio.create_task(run(labels("new", "a", "b")))
            await until_waiting(database)
            await other.execute("UPDATE labels SET color = '#000000' WHERE id = 'a'")
            await other.commit()
            report = await task
    assert report.status == "succeeded"
    assert await query("SELECT name FROM labels") == [("new",), ("new",)]
    assert set(refusals(logged)) <= {"40P01", "55P03"}
    assert len(refusals(logged)) == 1


@pytest.fixture
def small_disk(private_server: PrivateServer) -> Iterator[Path]:
    """Yield a folder with room for four megabytes, which needs root."""
    folder = private_server.data.with_suffix(".disk")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("This test needs root, to mount a small disk.")
    give_away(folder)
    yield folder
    private_server.kill()
    subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_full_disk_fails_the_run_with_that_reason_and_reads_go_on(
    private_server: PrivateServer, small_disk: Path
) -> None:
    with private_server.connect() as admin:
        admin.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(str(small_disk)))
        admin.execute("ALTER TABLE comments SET TABLESPACE small")
    async with program_database.open_database(parse_settings({"DATABASE_URL": private_server.url})):
        await run(labels("old", "a"))
        with capture_logs() as logged, pytest.raises(DatabaseUnavailable, match="no room left on its disk"):
            await run(long_comments())
        assert refusals(logged) == ["53100"]
        [last, _] = await sync_history.list_latest_runs(5)
        assert (last.status, last.items_failed) == ("failed", 0)
        assert "no room left on its disk" in (last.error_message or "")
        assert await query("SELECT name FROM labels") == [("old",)]


async def long_comments() -> AsyncIterator[Batch]:
    times = {"createdAt": _NOW, "updatedAt": _NOW, "archivedAt": None}
    # Noise, which PostgreSQL can't compress.
    nodes = [{"id": f"comment-{number}", **times, "body": token_hex(500_000)} for number in range(12)]
    yield build_batch(STREAMS["comments"], nodes, seen_at=datetime.now(UTC))
