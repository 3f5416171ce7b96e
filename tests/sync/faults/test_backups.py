"""A backup that is taken while a sync is under way, and restored elsewhere."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from shareable_backlog import database as program_database
from shareable_backlog.config import Secret, Settings
from shareable_backlog.database.backup import backup_file
from shareable_backlog.database.mirror import sync_history
from tests.conftest import as_url
from tests.fakes.linear import run_linear
from tests.support import pulling


@pytest.mark.anyio
@pytest.mark.owner
async def test_it_is_of_one_moment_and_the_next_sync_goes_on_from_there(
    settings: Settings, empty_database: str, tmp_path: Path
) -> None:
    world, _ = pulling.small_world()
    with run_linear(world) as fake:
        async with program_database.open_database(settings) as conninfo:
            await pulling.run_sync(settings, fake)
            before = await pulling.titles()
            world.add_issue(title="Came while the backup was taken")
            with pulling.before_request(fake, 1, lambda: backup_file.dump_database(conninfo, tmp_path / "file")):
                await pulling.run_sync(settings, fake)
        await asyncio.to_thread(backup_file.restore_database, empty_database, tmp_path / "file")
        elsewhere = replace(settings, database_url=Secret(as_url(empty_database)))
        async with program_database.open_database(elsewhere):
            [copied, _] = await sync_history.list_latest_runs(2)
            assert (copied.status, copied.completed_at) == ("running", None)
            assert await pulling.titles() == before
            await pulling.run_sync(elsewhere, fake)
            latest, left, _ = await sync_history.list_latest_runs(3)
            assert (latest.status, left.status) == ("succeeded", "interrupted")
            assert await pulling.titles() == pulling.titles_in(world)
