"""The comments of an item, on a real PostgreSQL."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import comments
from tests.support.mirrored import comment, item, person, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ITEM = item(1)


async def test_comments_come_oldest_first_with_their_authors() -> None:
    await store(ITEM, person("Bob"), comment(2, ITEM, "second"), comment(1, ITEM, "first", user_id="person-Bob"))
    shown = await comments.list_comments(EVERYTHING, ITEM.id, 10)
    assert [(one.body, one.author) for one in shown] == [("first", "Bob"), ("second", None)]


async def test_of_too_many_comments_the_newest_are_kept() -> None:
    await store(ITEM, *(comment(number, ITEM, str(number)) for number in range(5)))
    assert [one.body for one in await comments.list_comments(EVERYTHING, ITEM.id, 2)] == ["3", "4"]


async def test_archived_removed_and_other_items_comments_are_left_out() -> None:
    await store(comment(1, ITEM, archived_at=datetime.now(UTC)), comment(2, ITEM), comment(3, item(2)))
    await query("UPDATE comments SET removed_at = now() WHERE id = 'comment-2'")
    assert await comments.list_comments(EVERYTHING, ITEM.id, 10) == []
