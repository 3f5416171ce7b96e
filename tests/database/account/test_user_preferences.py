"""What people set for themselves: read as it stands, whoever wrote it, and changed without losing the rest."""

import json
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.account import user_preferences
from shareable_backlog.database.account.user_preferences import StoredPreferences, StoredViews
from tests.support.database.locking import list_free, run_beside
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

NO_VIEWS = StoredViews([], [], None, None)


@pytest.fixture
def bob(live_database: Settings, database: str) -> int:
    """Return the id of a reader."""
    del live_database
    return let_in(database)["bob"]


async def store(user_id: int, value: object) -> None:
    """Let this JSON stand in a person's row."""
    await query(
        "INSERT INTO user_preferences (user_id, preferences) VALUES (%(id)s, %(value)s::jsonb)"
        " ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences",
        {"id": user_id, "value": json.dumps(value)},
    )


async def read(user_id: int) -> Any:
    [(found,)] = await query("SELECT preferences FROM user_preferences WHERE user_id = %(id)s", {"id": user_id})
    return found


async def read_columns(user_id: int) -> StoredPreferences:
    sql = f"SELECT {user_preferences.COLUMNS} FROM user_preferences p WHERE user_id = %(id)s"
    [found] = await query(sql, {"id": user_id}, row=StoredPreferences)
    return found


async def lock_views(user_id: int) -> StoredViews:
    async with transaction() as tx:
        return await user_preferences.lock_views(tx, user_id)


async def store_views(user_id: int, *views: str, default: str | None = None, deleted: str | None = None) -> None:
    async with transaction() as tx:
        await user_preferences.save_views(tx, user_id, views, default, deleted)


async def test_what_is_not_set_is_none_and_columns_are_whatever_stands_there(bob: int) -> None:
    await store(bob, {"theme": "dark", "columns": {"any": ["JSON"]}, "time_zone": None})
    assert await read_columns(bob) == StoredPreferences("dark", None, None, None, {"any": ["JSON"]}, None)


async def test_of_what_is_no_object_nothing_is_set(bob: int) -> None:
    values: list[object] = [[], "dark", 7, None]
    for value in values:
        await store(bob, value)
        assert await read_columns(bob) == StoredPreferences(None, None, None, None, None, None)
        assert await lock_views(bob) == NO_VIEWS


async def test_what_is_given_is_set_one_level_deep_beside_the_rest(bob: int) -> None:
    await store(bob, {"theme": "dark", "visits": {"last": 1}, "new": [None]})
    await user_preferences.merge_preferences(bob, {"theme": None, "visits": {"before": 2}, "columns": ["id", "due"]})
    assert await read(bob) == {"theme": None, "visits": {"before": 2}, "new": [None], "columns": ["id", "due"]}


async def test_what_another_has_set_meanwhile_stays(bob: int, database: str) -> None:
    await store(bob, {})
    other = """UPDATE user_preferences SET preferences = preferences || '{"theme": "dark"}' WHERE user_id = %(id)s"""
    await run_beside(database, other, {"id": bob}, user_preferences.merge_preferences(bob, {"locale": "de"}))
    assert await read(bob) == {"theme": "dark", "locale": "de"}


async def test_views_come_in_their_order_as_they_stand_there(bob: int) -> None:
    views = [{"name": "Roof", "query": "team=FLD"}, {"name": "All", "query": "", "layout": "board", "new": 1.5}]
    await store(bob, {"views": views, "default_view": "All", "deleted_view": {"view": {"name": "Gone"}, "place": 1}})
    found = await lock_views(bob)
    assert [json.loads(view) for view in found.views] == views
    assert (found.names, found.default) == (["Roof", "All"], "All")
    assert json.loads(found.deleted or "") == {"view": {"name": "Gone"}, "place": 1}


async def test_a_view_that_this_program_can_not_show_has_no_name(bob: int) -> None:
    good = {"name": "Good", "query": ""}
    layouts = [good | {"layout": layout} for layout in ("list", "board", "roadmap")]
    other_layouts = [good | {"layout": layout} for layout in ("calendar", None, 7, ["list"])]
    damaged: list[object] = [
        good | {"name": " \t"},
        good | {"name": 7},
        {"name": "x"},
        good | {"query": None},
        "x",
        None,
        7,
        [],
    ]
    await store(bob, {"views": [*layouts, *other_layouts, *damaged]})
    assert (await lock_views(bob)).names == ["Good"] * 3 + [None] * 12


async def test_views_that_are_no_list_are_none(bob: int) -> None:
    for views in ({"0": {"name": "x", "query": ""}}, "x", 7, None):
        await store(bob, {"views": views})
        assert await lock_views(bob) == NO_VIEWS


async def test_who_never_set_anything_has_no_views_and_a_row_to_lock(bob: int, database: str) -> None:
    async with transaction() as tx:
        assert await user_preferences.lock_views(tx, bob) == NO_VIEWS
    async with transaction() as tx:
        await user_preferences.lock_views(tx, bob)
        assert list_free(database, "user_preferences") == []
    assert await read(bob) == {}


async def test_views_are_read_after_whoever_changes_them_is_done(bob: int, database: str) -> None:
    await store(bob, {})
    other = """
        UPDATE user_preferences SET preferences = '{"views": [{"name": "Mine", "query": ""}]}' WHERE user_id = %(id)s
    """
    assert (await run_beside(database, other, {"id": bob}, lock_views(bob))).names == ["Mine"]


async def test_stored_views_take_the_place_of_those_before_and_of_nothing_else(bob: int) -> None:
    await store(bob, {"views": [1], "default_view": "A", "deleted_view": {}, "theme": "dark"})
    await store_views(
        bob, '{"name": "B", "big": 12345678901234567890.10}', default="B", deleted='{"view": {"name": "A"}}'
    )
    assert (await lock_views(bob)).views == ['{"big": 12345678901234567890.10, "name": "B"}']
    stored = await read(bob)
    assert (stored["default_view"], stored["deleted_view"], stored["theme"]) == ("B", {"view": {"name": "A"}}, "dark")


async def test_without_a_default_and_a_deleted_view_neither_stays(bob: int) -> None:
    await store(bob, {"views": [1], "default_view": "A", "deleted_view": {}})
    await store_views(bob)
    assert await read(bob) == {"views": []}


async def test_views_are_stored_only_of_the_one_person(bob: int, database: str) -> None:
    alice = let_in(database)["alice"]
    for user_id in (alice, bob):
        await store(user_id, {})
    await store_views(bob, "{}")
    assert await read(alice) == {}


async def test_what_is_no_object_becomes_one_with_the_views(bob: int) -> None:
    await store(bob, ["default_view", "x"])
    await store_views(bob, "{}")
    assert await read(bob) == {"views": [{}]}


async def test_the_view_that_was_deleted_last_is_told_by_its_name(bob: int) -> None:
    assert await user_preferences.find_deleted_view_name(bob) is None
    cases: list[tuple[object, str | None]] = [
        ({"deleted_view": {"view": {"name": "Roof"}}}, "Roof"),
        ({"deleted_view": {"view": "x"}}, None),
        ({"deleted_view": 7}, None),
        ([], None),
    ]
    for stored, name in cases:
        await store(bob, stored)
        assert await user_preferences.find_deleted_view_name(bob) == name
