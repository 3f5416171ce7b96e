"""People's views: in their order, never lost by two browsers at once, harmless when somebody else wrote them."""

import asyncio
import json
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import Layout
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def bob(database: str, live_database: Settings) -> int:
    del live_database
    return let_in(database, "bob", "alice")["bob"]


async def saved(user_id: int, *names: str, text: str = "team=ENG", layout: Layout = "list") -> None:
    for name in names:
        assert await views.save_view(user_id, name, text, layout)


async def preferences(user_id: int) -> Any:
    [(found,)] = await query("SELECT preferences FROM user_preferences WHERE user_id = %(id)s", {"id": user_id})
    return found


async def stored(user_id: int, value: object) -> None:
    await query(
        "INSERT INTO user_preferences (user_id, preferences) VALUES (%(id)s, %(value)s::jsonb)"
        " ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences",
        {"id": user_id, "value": value if isinstance(value, str) else json.dumps(value)},
    )


async def names(user_id: int) -> list[str]:
    return [one.name for one in (await views.list_views(user_id, EVERYTHING)).mine]


async def test_views_are_kept_in_the_order_in_which_they_were_saved(bob: int) -> None:
    await saved(bob, "B", "a", "Ünïcode 🎉")
    assert await names(bob) == ["B", "a", "Ünïcode 🎉"]


async def test_a_view_is_stored_as_name_and_query_and_its_layout_unless_it_is_the_list(bob: int) -> None:
    await saved(bob, "Mine")
    await saved(bob, "Board", layout="board")
    assert await preferences(bob) == {
        "views": [{"name": "Mine", "query": "team=ENG"}, {"name": "Board", "query": "team=ENG", "layout": "board"}]
    }


@pytest.mark.parametrize(
    ("given", "layout", "kept"),
    [
        ("?order=created&team=eng&q=a+b&team=", "list", "q=a+b&team=ENG&order=created"),
        ("closed=&group=state&after=x&notice=view-saved", "board", "group=state&closed="),
        ("team=ENG&page=3&months=12&status=", "roadmap", "months=12&team=ENG"),
        ("since=30d&kind=new&kind=done&after=x&team=", "changes", "kind=done&kind=new&since=30d"),
        ("", "list", ""),
        ("unknown=x", "list", ""),
    ],
)
def test_a_query_is_written_in_one_order_without_the_place_in_the_list(given: str, layout: Layout, kept: str) -> None:
    assert views.normalise_query(given, layout) == kept
    assert views.normalise_query(kept, layout) == kept


@pytest.mark.parametrize(
    "given",
    ["type=nonsense", "due=someday", "group=moon", "&".join(f"label={'x' * 190}{number}" for number in range(15))],
)
def test_a_query_without_meaning_or_without_end_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput):
        views.normalise_query(given, "list")


@pytest.mark.parametrize("name", ["", " \n ", "x" * 81, "\u200b\u200e"])
def test_a_name_has_one_to_eighty_characters_of_which_one_can_be_seen(name: str) -> None:
    with pytest.raises(InvalidInput):
        views.parse_name(name)


async def test_what_is_refused_is_not_saved(bob: int) -> None:
    for name, text in (("", ""), ("Mine", "type=nonsense")):
        with pytest.raises(InvalidInput):
            await views.save_view(bob, name, text, "list")
    assert await names(bob) == []


async def test_a_name_is_used_once_a_person_in_whatever_case(bob: int) -> None:
    await saved(bob, "Überfällig")
    assert await views.save_view(bob, "  ÜBERFÄLLIG ", "", "list") is None
    assert [one.query for one in (await views.list_views(bob, EVERYTHING)).mine] == ["team=ENG"]
    await saved(bob + 1, "Überfällig")


async def test_a_view_can_be_replaced_and_keeps_its_name_its_place_and_what_others_wrote_there(bob: int) -> None:
    await stored(bob, {"views": [{"name": "A", "query": "", "layout": "board", "x": 1}, {"name": "B", "query": ""}]})
    assert await views.save_view(bob, "a", "team=OPS", "list", replaces=True)
    assert (await preferences(bob))["views"][0] == {"name": "A", "query": "team=OPS", "x": 1}
    assert await names(bob) == ["A", "B"]


async def test_a_person_has_at_most_a_hundred_views(bob: int) -> None:
    await stored(bob, {"views": [{"name": str(number), "query": ""} for number in range(100)]})
    with pytest.raises(Conflict):
        await views.save_view(bob, "One more", "", "list")
    assert await views.save_view(bob, "7", "team=ENG", "list", replaces=True)
    assert len(await names(bob)) == 100


async def test_a_renamed_view_keeps_its_place_and_stays_the_default(bob: int) -> None:
    await saved(bob, "A", "B")
    await views.set_default_view(bob, "a")
    await views.rename_view(bob, "a", "New")
    assert await names(bob) == ["New", "B"]
    assert (await preferences(bob))["default_view"] == "New"
    await views.rename_view(bob, "New", "NEW")
    with pytest.raises(Conflict):
        await views.rename_view(bob, "B", "new")
    with pytest.raises(NotFound):
        await views.rename_view(bob, "gone", "C")
    assert await names(bob) == ["NEW", "B"]


async def test_views_move_past_those_that_can_not_be_read_and_stay_at_the_ends(bob: int) -> None:
    await stored(bob, {"views": [{"name": "A", "query": ""}, 7, {"name": "B", "query": ""}]})
    await views.move_view(bob, "A", is_up=True)
    await views.move_view(bob, "B", is_up=False)
    assert await names(bob) == ["A", "B"]
    await views.move_view(bob, "A", is_up=False)
    assert (await preferences(bob))["views"] == [{"name": "B", "query": ""}, 7, {"name": "A", "query": ""}]


async def test_a_deleted_view_comes_back_to_its_place_and_as_the_default(bob: int) -> None:
    await saved(bob, "A", "B", "C")
    await views.set_default_view(bob, "B")
    before = await preferences(bob)
    await views.delete_view(bob, "b")
    assert await names(bob) == ["A", "C"]
    assert views.find_default(await views.list_views(bob, EVERYTHING)) is None
    assert await views.find_deleted_name(bob) == "B"
    await views.restore_view(bob)
    assert await preferences(bob) == before
    with pytest.raises(NotFound):
        await views.restore_view(bob)


async def test_a_deleted_view_does_not_come_back_beside_another_of_its_name(bob: int) -> None:
    await saved(bob, "A")
    await views.delete_view(bob, "A")
    await saved(bob, "a")
    with pytest.raises(Conflict):
        await views.restore_view(bob)
    assert await names(bob) == ["a"]


async def test_what_is_no_deleted_view_does_not_come_back(bob: int) -> None:
    for deleted in (7, None, {"view": 1, "place": 0, "is_default": False}, {"view": {"name": "A"}}):
        await stored(bob, {"deleted_view": deleted})
        with pytest.raises(NotFound):
            await views.restore_view(bob)


async def test_a_person_begins_with_their_default_view(bob: int) -> None:
    assert views.find_default(await views.list_views(bob, EVERYTHING)) is None
    await saved(bob, "A", text="team=ENG&group=state", layout="board")
    assert views.find_default(await views.list_views(bob, EVERYTHING)) is None
    await views.set_default_view(bob, "A")
    assert views.find_default(await views.list_views(bob, EVERYTHING)) == ("board", "team=ENG&group=state")
    await views.set_default_view(bob, None)
    assert views.find_default(await views.list_views(bob, EVERYTHING)) is None
    with pytest.raises(NotFound):
        await views.set_default_view(bob, "gone")


async def test_a_default_view_that_makes_no_sense_is_none(bob: int) -> None:
    for rest in ({"query": "type=nonsense"}, {"query": "", "layout": "cinema"}, {"query": None}, {}):
        await stored(bob, {"views": [{"name": "A", **rest}, "A"], "default_view": "A"})
        assert views.find_default(await views.list_views(bob, EVERYTHING)) is None, rest


async def test_two_browsers_at_once_lose_no_change(bob: int) -> None:
    await asyncio.gather(*(views.save_view(bob, f"View {number}", "", "list") for number in range(12)))
    assert sorted(await names(bob)) == sorted(f"View {number}" for number in range(12))
    await asyncio.gather(
        *(views.delete_view(bob, f"View {number}") for number in range(6)), views.rename_view(bob, "View 9", "Mine"),
        views.set_default_view(bob, "View 8"),
    )  # fmt: skip
    assert sorted(await names(bob)) == ["Mine", "View 10", "View 11", "View 6", "View 7", "View 8"]
    assert (await preferences(bob))["default_view"] == "View 8"


async def test_what_others_stored_survives_every_change_digit_by_digit(bob: int) -> None:
    theirs = '{"name": "Theirs", "query": "", "zoom": 2.50}'
    odd = '{"theme": "dark", "x": 1e400, "views": [{"name": 1, "q": 1.50}, null, %s, [1e400]]}'
    await stored(bob, odd % theirs)
    [(before,)] = await query("SELECT preferences::text FROM user_preferences")
    await saved(bob, "A", "B")
    await views.rename_view(bob, "A", "C")
    await views.set_default_view(bob, "C")
    await views.move_view(bob, "C", is_up=False)
    for name in ("B", "C", "Theirs"):
        await views.delete_view(bob, name)
    await views.restore_view(bob)
    assert await query("SELECT preferences::text FROM user_preferences") == [(before,)]


async def test_a_row_of_another_kind_takes_a_view_too(bob: int) -> None:
    for value in ("[]", "7", "null", '{"views": 7}', '{"views": {"name": "A"}, "default_view": [1]}'):
        await stored(bob, value)
        assert (await views.list_views(bob, EVERYTHING)).mine == ()
        assert await views.find_deleted_name(bob) is None
        await saved(bob, "A")
        assert await names(bob) == ["A"]


async def test_the_bar_knows_the_view_that_the_page_shows(bob: int) -> None:
    await saved(bob, "A", text="team=ENG")
    await saved(bob, "Board", text="team=ENG", layout="board")
    await query("INSERT INTO published_views (name, query, position) VALUES ('All bugs', 'label=bug', 1)")
    shown = views.build_bar(await views.list_views(bob, EVERYTHING), "label=&team=eng", "board")
    assert shown.current
    assert shown.current.name == "Board"
    assert (shown.query, shown.layout) == ("team=ENG", "board")
    assert [one.name for one in shown.mine + shown.published] == ["A", "Board", "All bugs"]
    published = views.build_bar(await views.list_views(bob, EVERYTHING), "label=bug", "list").current
    assert published
    assert published.id is not None
    assert views.build_bar(await views.list_views(bob, EVERYTHING), "label=bug", "board").current is None


async def test_a_published_view_is_copied_as_it_is(bob: int) -> None:
    await query(
        "INSERT INTO published_views (name, query, layout, position) VALUES ('Bugs', 'label=bug', 'board', 1)"
    )
    [(view_id,)] = await query("SELECT id FROM published_views")
    await views.copy_view(bob, EVERYTHING, view_id)
    [copied] = (await views.list_views(bob, EVERYTHING)).mine
    assert (copied.name, copied.query, copied.layout) == ("Bugs", "label=bug", "board")
    with pytest.raises(Conflict):
        await views.copy_view(bob, EVERYTHING, view_id)
    with pytest.raises(NotFound):
        await views.copy_view(bob, EVERYTHING, view_id + 1)
