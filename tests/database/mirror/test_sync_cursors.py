"""How far each stream has come."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import sync_cursors, sync_history
from shareable_backlog.database.mirror.sync_cursors import StreamCursor
from shareable_backlog.errors import DataRefused

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_NOON = datetime(2026, 2, 6, 12, 0, 0, 123_000, tzinfo=UTC)
_COMPLETE = StreamCursor("labels", _NOON, None, None)
_UNDER_WAY = StreamCursor("issues", None, _NOON, _NOON.replace(hour=3))


async def save(cursors: Sequence[StreamCursor]) -> int:
    async with transaction() as tx:
        run_id = await sync_history.start_run(tx, "manual", run_id=None, is_full=False)
        await tx.query(*sync_cursors.build_upsert(cursors, run_id))
    return run_id


async def together(*statements: tuple[LiteralString, Mapping[str, object]]) -> None:
    async with transaction() as tx:
        await tx.query_all(statements)


async def test_a_mirror_that_was_never_filled_has_none() -> None:
    assert await sync_cursors.list_by_stream() == {}


async def test_cursors_come_back_as_they_were_saved() -> None:
    await save([_COMPLETE, _UNDER_WAY])
    assert await sync_cursors.list_by_stream() == {"labels": _COMPLETE, "issues": _UNDER_WAY}


async def test_a_later_cursor_takes_the_place_of_the_one_before_and_of_no_other() -> None:
    await save([_COMPLETE, _UNDER_WAY])
    done = StreamCursor("issues", _NOON, None, None)
    await save([done])
    assert await sync_cursors.list_by_stream() == {"labels": _COMPLETE, "issues": done}


async def test_a_cursor_says_which_run_wrote_it() -> None:
    run_id = await save([_COMPLETE])
    assert await query("SELECT sync_history_id FROM sync_cursors") == [(run_id,)]


async def test_a_cursor_is_stored_with_what_is_stored_beside_it_or_not_at_all() -> None:
    async with transaction() as tx:
        run_id = await sync_history.start_run(tx, "manual", run_id=None, is_full=False)
    refused = ("INSERT INTO labels (id) VALUES (%(id)s)", {"id": "without a name"})
    with pytest.raises(DataRefused):
        await together(sync_cursors.build_upsert([_COMPLETE], run_id), refused)
    assert await sync_cursors.list_by_stream() == {}


async def test_forgotten_cursors_are_gone() -> None:
    await save([_COMPLETE])
    async with transaction() as tx:
        await sync_cursors.delete_all(tx)
    assert await sync_cursors.list_by_stream() == {}
