"""Which published views follow one in Linear: kept as long as they are published, changed only as they were."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.linear_views import followed_views
from tests.support.mirrored import custom_view, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def follow() -> int:
    await store(custom_view("Urgent", {"priority": {"eq": 1}}))
    [(published_id,)] = await query(
        "INSERT INTO published_views (name, query, position) VALUES ('Urgent', 'priority=urgent', 1) RETURNING id"
    )
    async with transaction() as tx:
        await followed_views.follow_view(tx, "view-Urgent", published_id)
    return published_id


async def test_a_view_is_followed_until_it_is_unpublished() -> None:
    published_id = await follow()
    [view] = await followed_views.list_followed()
    assert (view.id, view.published_id, view.published_query) == ("view-Urgent", published_id, "priority=urgent")
    assert await followed_views.find_shared("view-Urgent") == view
    assert await followed_views.list_shared() == [view]
    await query("DELETE FROM published_views")
    assert await followed_views.list_followed() == []


async def test_a_view_changes_only_from_what_it_was() -> None:
    published_id = await follow()
    async with transaction() as tx:
        assert not await followed_views.set_query(tx, published_id, before="priority=low", after="priority=high")
        assert await followed_views.set_query(tx, published_id, before="priority=urgent", after="priority=high")
    [view] = await followed_views.list_followed()
    assert view.published_query == "priority=high"


async def test_what_is_not_shared_is_none() -> None:
    assert await followed_views.find_shared("view-Urgent") is None
