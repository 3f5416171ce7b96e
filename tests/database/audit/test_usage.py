"""How the backlog is used, counted from the audit log alone."""

from datetime import timedelta

import pytest

from shareable_backlog import clock
from shareable_backlog.database import query
from shareable_backlog.database.audit import usage
from shareable_backlog.database.audit.usage import ReadItem, Visitor
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from tests.support.mirrored import item, store
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def view(user_id: int, identifier: str) -> None:
    actor = Actor(user_id, None, None, None)
    await audit_actions.record(None, actor, Action.ITEM_VIEWED, resource="backlog_item", resource_id=identifier)


async def search(user_id: int, text: str) -> None:
    await audit_actions.record(None, Actor(user_id, None, None, None), Action.SEARCH_IN_VAIN, details={"q": text})


async def test_people_are_counted_once_a_day_and_listed_with_their_days(database: str) -> None:
    ids = let_in(database)
    for name in ("bob", "bob", "alice"):
        await view(ids[name], "ENG-1")
    today = clock.read_time().date()
    assert await usage.count_people_by_day(14) == {today: 2}
    people, visitors = await usage.list_visitors(7, 1)
    assert (people, visitors) == (2, [Visitor(ids["alice"], "alice@example.com", None, 1)])


async def test_what_is_read_most_is_told_as_far_as_it_is_shown(database: str) -> None:
    ids = let_in(database)
    await store(item(1, "Doors"), item(2, "Locks"), item(3, "Gone", trashed=True))
    for name, identifier in (
        ("bob", "ENG-1"),
        ("bob", "ENG-1"),
        ("bob", "ENG-2"),
        ("alice", "ENG-2"),
        ("bob", "ENG-3"),
    ):
        await view(ids[name], identifier)
    assert await usage.list_most_read(7, 5) == [ReadItem("ENG-2", "Locks", 2, 2), ReadItem("ENG-1", "Doors", 2, 1)]


async def test_searches_in_vain_are_summed_up_in_any_case_by_people(database: str) -> None:
    ids = let_in(database)
    for name, text in (("bob", "Ofice"), ("alice", "ofice"), ("bob", "roof"), ("bob", "ofice")):
        await search(ids[name], text)
    found = await usage.list_vain_searches(7, 5)
    assert [(text.lower(), count) for text, count in found] == [("ofice", 2), ("roof", 1)]


async def test_what_was_still_being_typed_was_not_searched_for(database: str) -> None:
    ids = let_in(database)
    for text in ("zep", "zeppe", "zeppelin", "roof"):
        await search(ids["bob"], text)
    assert await usage.list_vain_searches(7, 5) == [("roof", 1), ("zeppelin", 1)]


@pytest.mark.owner
async def test_what_is_longer_ago_does_not_count(database: str) -> None:
    ids = let_in(database)
    await view(ids["bob"], "ENG-1")
    await query("ALTER TABLE audit_logs DISABLE TRIGGER USER")
    await query("UPDATE audit_logs SET created_at = %(at)s", {"at": clock.read_time() - timedelta(days=8)})
    assert (await usage.list_visitors(7, 5))[0] == 0
    assert len(await usage.count_people_by_day(14)) == 1


async def test_failed_syncs_are_counted_among_those_that_ended() -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type)"
        " SELECT unnest(ARRAY['failed', 'succeeded', 'running']), 'manual'"
    )
    assert await usage.count_failed_syncs(7) == (2, 1)
