"""Views for everybody: only what an admin gives, in the order an admin wants, each change on record."""

import asyncio
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.account import published_views, views
from shareable_backlog.services.audit.audit_actions import Actor
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.fixture
def ids(database: str) -> dict[str, int]:
    return let_in(database)


@pytest.fixture
def alice(ids: dict[str, int]) -> Actor:
    return Actor(ids["alice"], "alice@example.com", "127.0.0.1", None)


async def published(alice: Actor, *names: str) -> list[int]:
    assert alice.user_id
    for name in names:
        await views.save_view(alice.user_id, name, "label=bug", "board")
        await published_views.publish_view(alice, alice.user_id, name)
    return [view_id for (view_id,) in await query("SELECT id FROM published_views ORDER BY id")]


async def names(user_id: int) -> list[str]:
    return [one.name for one in (await views.list_views(user_id, EVERYTHING)).published]


async def recorded() -> list[tuple[Any, ...]]:
    return await query(
        "SELECT action, resource_id, details, is_admin_action FROM audit_logs WHERE resource = 'view' ORDER BY id"
    )


async def test_a_published_view_is_offered_to_everybody_and_on_record(alice: Actor, ids: dict[str, int]) -> None:
    [view_id] = await published(alice, "Bugs")
    [bobs] = (await views.list_views(ids["bob"], EVERYTHING)).published
    assert (bobs.id, bobs.name, bobs.query, bobs.layout) == (view_id, "Bugs", "label=bug", "board")
    details = {"name": "Bugs", "query": "label=bug", "layout": "board"}
    assert await recorded() == [("view.published", str(view_id), details, True)]


async def test_a_published_view_is_a_copy_and_stays_when_its_admin_goes(alice: Actor, ids: dict[str, int]) -> None:
    await published(alice, "Bugs")
    await views.delete_view(ids["alice"], "Bugs")
    await query("DELETE FROM users WHERE id = %(id)s", {"id": ids["alice"]})
    assert await names(ids["bob"]) == ["Bugs"]


async def test_a_published_name_is_used_once_in_whatever_case(alice: Actor, ids: dict[str, int]) -> None:
    first, second = await published(alice, "Bugs", "Other")
    await views.rename_view(ids["alice"], "Bugs", "BUGS")
    with pytest.raises(Conflict):
        await published_views.publish_view(alice, ids["alice"], "bugs")
    with pytest.raises(Conflict):
        await published_views.rename_view(alice, second, "bUGS")
    await published_views.rename_view(alice, first, "bugs")
    assert await names(ids["bob"]) == ["bugs", "Other"]


async def test_renaming_is_on_record_with_before_and_after(alice: Actor, ids: dict[str, int]) -> None:
    [view_id] = await published(alice, "Bugs")
    await published_views.rename_view(alice, view_id, "  All   bugs ")
    await published_views.rename_view(alice, view_id, "All bugs")
    with pytest.raises(InvalidInput):
        await published_views.rename_view(alice, view_id, " ")
    assert await names(ids["bob"]) == ["All bugs"]
    changed = {"before": {"name": "Bugs"}, "after": {"name": "All bugs"}}
    assert (await recorded())[1:] == [("view.changed", str(view_id), changed, True)]


async def test_published_views_move_and_stay_at_the_ends(alice: Actor, ids: dict[str, int]) -> None:
    first, _, third = await published(alice, "A", "B", "C")
    await published_views.move_view(alice, first, is_up=True)
    await published_views.move_view(alice, third, is_up=False)
    assert len(await recorded()) == 3
    await published_views.move_view(alice, third, is_up=True)
    assert await names(ids["bob"]) == ["A", "C", "B"]
    moved = {"name": "C", "before": {"place": 3}, "after": {"place": 2}}
    assert (await recorded())[3:] == [("view.changed", str(third), moved, True)]


async def test_two_admins_at_once_lose_no_change(alice: Actor, ids: dict[str, int]) -> None:
    for name in "ABCDEF":
        await views.save_view(ids["alice"], name, "", "list")
    await asyncio.gather(*(published_views.publish_view(alice, ids["alice"], name) for name in "ABCDEF"))
    found = (await views.list_views(ids["bob"], EVERYTHING)).published
    await asyncio.gather(*(published_views.move_view(alice, one.id or 0, is_up=True) for one in found))
    rows = await query("SELECT name, position FROM published_views ORDER BY position")
    assert sorted(name for name, _ in rows) == list("ABCDEF")
    assert [position for _, position in rows] == [1, 2, 3, 4, 5, 6]


async def test_an_unpublished_view_is_gone_for_everybody_and_copies_stay(alice: Actor, ids: dict[str, int]) -> None:
    [view_id] = await published(alice, "Bugs")
    await views.copy_view(ids["bob"], EVERYTHING, view_id)
    await published_views.unpublish_view(alice, view_id)
    offered = await views.list_views(ids["bob"], EVERYTHING)
    assert ([one.name for one in offered.mine], offered.published) == (["Bugs"], ())
    for again in (published_views.unpublish_view(alice, view_id), published_views.rename_view(alice, view_id, "B")):
        with pytest.raises(NotFound):
            await again
    assert [action for action, *_ in await recorded()] == ["view.published", "view.unpublished"]


async def test_at_most_a_hundred_views_are_published(alice: Actor, ids: dict[str, int]) -> None:
    await query(
        "INSERT INTO published_views (name, query, position) SELECT n::text, '', n FROM generate_series(1, 100) n"
    )
    with pytest.raises(Conflict):
        await published(alice, "Bugs")
    assert len(await names(ids["bob"])) == 100
    assert await recorded() == []


async def test_only_ones_own_view_that_makes_sense_can_be_published(alice: Actor, ids: dict[str, int]) -> None:
    await views.save_view(ids["bob"], "Bobs", "", "list")
    with pytest.raises(NotFound):
        await published_views.publish_view(alice, ids["alice"], "Bobs")
    await query(
        "INSERT INTO user_preferences (user_id, preferences)"
        """ SELECT id, '{"views": [{"name": "Odd", "query": "type=odd"}]}' FROM users WHERE is_admin"""
    )
    with pytest.raises(InvalidInput):
        await published_views.publish_view(alice, ids["alice"], "Odd")
    assert await names(ids["bob"]) == []


async def test_who_sees_nothing_is_told_no_name_of_a_published_view(ids: dict[str, int]) -> None:
    await query("INSERT INTO published_views (name, query, layout, position) VALUES ('Secret plans', '', 'list', 1)")
    [view] = (await views.list_views(ids["bob"], EVERYTHING)).published
    assert view.id
    assert (await views.list_views(ids["bob"], NOTHING)).published == ()
    with pytest.raises(NotFound):
        await views.copy_view(ids["bob"], NOTHING, view.id)
