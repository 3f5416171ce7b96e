"""Loading the sample backlog."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import SyncFailed
from shareable_backlog.sync import sample

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_an_empty_mirror_gets_the_sample() -> None:
    report = await sample.load_sample()
    assert report.bad_rows == []
    assert report.streams["issues"].created > 100


async def test_its_newest_item_was_changed_within_the_last_hour() -> None:
    await sample.load_sample()
    [(newest,)] = await query("SELECT max(updated_at) FROM backlog_items")
    assert timedelta(0) <= datetime.now(UTC) - newest < timedelta(hours=1)


async def test_every_comment_stands_at_its_item() -> None:
    await sample.load_sample()
    [(lost,)] = await query(
        "SELECT count(*) FROM comments c WHERE NOT EXISTS (SELECT 1 FROM backlog_items i WHERE i.id = c.issue_id)"
    )
    assert lost == 0


async def test_loading_it_again_makes_nothing_new() -> None:
    await sample.load_sample()
    assert (await sample.load_sample()).total.created == 0


async def test_it_does_not_mix_with_a_real_backlog() -> None:
    await query("INSERT INTO teams (id, key, name, created_at, updated_at) VALUES ('t', 'ENG', 'E', now(), now())")
    with pytest.raises(SyncFailed, match="real backlog"):
        await sample.load_sample()
    await sample.load_if_wanted()
    assert await query("SELECT count(*) FROM backlog_items") == [(0,)]
