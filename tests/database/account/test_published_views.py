"""The order in which views are offered, and that reading them is one statement by an index."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.account import published_views
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.fixture
def bob(database: str) -> int:
    return let_in(database, "bob")["bob"]


async def added(*names: str) -> list[int | None]:
    async with transaction() as tx:
        return [
            await published_views.create_view(tx, name=name, query="", layout="list", created_by=None)
            for name in names
        ]


async def test_ones_own_views_come_before_the_published_ones(bob: int) -> None:
    await added("Z", "Y")
    await query(
        'INSERT INTO user_preferences (user_id, preferences) VALUES (%(bob)s, \'{"default_view": "A",'
        ' "views": [{"name": "B", "query": "x"}, {"name": "A", "query": "", "layout": "board"}, {"name": "  "}]}\')',
        {"bob": bob},
    )
    stored = (await published_views.list_offered_views(bob))[0]
    found = [(one["id"] is None, one["name"], one["layout"], one["is_default"]) for one in stored]
    assert found == [
        (True, "B", "list", False),
        (True, "A", "board", True),
        (False, "Z", "list", False),
        (False, "Y", "list", False),
    ]


async def test_views_without_a_place_of_their_own_are_ordered_all_the_same(bob: int) -> None:
    ids = await added("A", "B", "C")
    await query("UPDATE published_views SET position = 0")
    async with transaction() as tx:
        assert [one.id for one in await published_views.lock_views(tx)] == ids
        await published_views.arrange_views(tx, [one for one in reversed(ids) if one])
    assert [one["name"] for one in (await published_views.list_offered_views(bob))[0]] == ["C", "B", "A"]


async def test_a_name_in_use_is_not_added_and_not_given() -> None:
    first, second, again = await added("Bugs", "Other", "BUGS")
    assert again is None
    assert first
    assert second
    async with transaction() as tx:
        assert not await published_views.rename_view(tx, second, "bugs")
        assert await published_views.rename_view(tx, first, "BUGS")
