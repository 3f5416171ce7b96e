"""Loading the sample backlog."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.errors import SyncFailed
from shareable_backlog.services.backlog.comparison import compare_items
from shareable_backlog.services.labels import list_labels
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


async def test_a_comparison_with_a_week_ago_shows_every_kind_of_move() -> None:
    await sample.load_sample()
    now = datetime.now(UTC)
    asked = ItemQuery(Filters(since=(now - timedelta(days=6)).date().isoformat()), "rank", now)
    compared = await compare_items(EVERYTHING, asked, await list_item_ids(), counts=True)
    assert compared is not None
    assert compared.sums is not None
    counts = compared.sums.counts
    assert min(counts[kind] for kind in ("new", "done", "slipped", "moved")) >= 3
    fields = {move.field for moves in compared.moves.values() for move in moves}
    assert fields == {"state", "priority", "due_date", "project", "estimate"}


async def test_another_load_on_another_day_moves_nothing_more() -> None:
    await sample.load_sample()
    noted = "SELECT entity_id, field FROM field_changes ORDER BY 1, 2"
    before = await query(noted)
    await query("UPDATE backlog_items SET due_date = due_date - 3 WHERE due_date IS NOT NULL")
    await sample.load_sample()
    assert await query(noted) == before


async def test_labels_that_have_just_come_wait_for_an_admin() -> None:
    await sample.load_sample()
    assert [label.name for label in (await list_labels("")).labels if label.is_offered is None] == [
        "Public tender",
        "Winter season",
    ]


async def list_item_ids() -> list[str]:
    return [id_ for (id_,) in await query("SELECT id FROM backlog_items ORDER BY id")]


async def test_it_does_not_mix_with_a_real_backlog() -> None:
    await query("INSERT INTO teams (id, key, name, created_at, updated_at) VALUES ('t', 'ENG', 'E', now(), now())")
    with pytest.raises(SyncFailed, match="real backlog"):
        await sample.load_sample()
    await sample.load_if_wanted()
    assert await query("SELECT count(*) FROM backlog_items") == [(0,)]
