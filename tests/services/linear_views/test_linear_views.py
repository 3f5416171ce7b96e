"""Views made in Linear, published here: only what has a meaning here, and as they are in Linear from then on."""

from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.account import published_views, views
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.linear_views import linear_views
from tests.support.mirrored import custom_view, project, store, team
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

URGENT: dict[str, Any] = {"priority": {"eq": 1}}
HIGH: dict[str, Any] = {"priority": {"eq": 2}}
WATCHED: dict[str, Any] = {"subscribers": {"some": {"isMe": {"eq": True}}}}


@pytest.fixture
def alice(database: str) -> Actor:
    return Actor(let_in(database)["alice"], "alice@example.com", "127.0.0.1", None)


async def publish(alice: Actor, name: str) -> None:
    assert alice.user_id
    await linear_views.publish_view(alice, alice.user_id, f"view-{name}")


async def offered(alice: Actor) -> list[tuple[str, str]]:
    assert alice.user_id
    return [(one.name, one.query) for one in (await views.list_views(alice.user_id, EVERYTHING)).published]


async def recorded() -> list[tuple[Any, ...]]:
    return await query("SELECT actor_email, action, details FROM audit_logs WHERE resource = 'view' ORDER BY id")


async def change(name: str, filter_data: Any, **fields: Any) -> None:
    await store(custom_view(name, filter_data, **fields))


async def test_shared_views_of_issues_are_listed_with_what_they_show_here_or_why_not() -> None:
    await store(
        team("FLD"), custom_view("urgent", URGENT, team_id="team-FLD"), custom_view("Watched", WATCHED),
        custom_view("Mine", URGENT, shared=False), custom_view("Projects", {}, model_name="Project"),
    )  # fmt: skip
    await query("INSERT INTO custom_views (id, name, shared, model_name, created_at, updated_at, removed_at)"
                " VALUES ('gone', 'Gone', true, 'Issue', now(), now(), now())")  # fmt: skip
    states = await linear_views.list_views()
    assert [(one.view.name, one.translation.query, one.translation.refusals) for one in states] == [
        ("urgent", "team=FLD&priority=urgent", ()),
        ("Watched", None, ("“subscribers” has no meaning here.",)),
    ]  # fmt: skip


async def test_a_view_is_published_under_its_name_and_on_record(alice: Actor) -> None:
    await store(custom_view("Urgent  things", URGENT))
    await publish(alice, "Urgent  things")
    assert await offered(alice) == [("Urgent things", "priority=urgent")]
    details = {"name": "Urgent things", "query": "priority=urgent", "layout": "list"}
    assert await recorded() == [
        ("alice@example.com", "view.published", {**details, "linear_view": "view-Urgent  things"})
    ]
    [state] = await linear_views.list_views()
    assert (state.is_followed, state.view.published_name) == (True, "Urgent things")


async def test_a_view_with_a_clause_that_has_no_meaning_is_refused_in_words(alice: Actor) -> None:
    await store(custom_view("Watched", WATCHED))
    with pytest.raises(InvalidInput, match="“subscribers” has no meaning here"):
        await publish(alice, "Watched")
    assert await offered(alice) == []


@pytest.mark.parametrize("fields", [{"shared": False}, {"model_name": "Project"}])
async def test_a_view_that_is_not_shared_is_refused(alice: Actor, fields: dict[str, Any]) -> None:
    await store(custom_view("Urgent", URGENT, **fields))
    with pytest.raises(NotFound):
        await publish(alice, "Urgent")


async def test_a_name_in_use_and_a_second_time_are_refused(alice: Actor) -> None:
    assert alice.user_id
    await store(custom_view("Urgent", URGENT), custom_view("High", HIGH))
    await views.save_view(alice.user_id, "URGENT", "label=bug", "board")
    await published_views.publish_view(alice, alice.user_id, "urgent")
    with pytest.raises(Conflict, match="already a published view with that name"):
        await publish(alice, "Urgent")
    await publish(alice, "High")
    with pytest.raises(Conflict, match="published already"):
        await publish(alice, "High")


async def test_what_is_published_follows_the_view_in_linear_and_that_is_on_record(alice: Actor) -> None:
    await store(custom_view("Urgent", URGENT))
    await publish(alice, "Urgent")
    await linear_views.follow_views()
    await change("Urgent", HIGH)
    assert [view.published_query for view in await linear_views.follow_views()] == ["priority=high"]
    await linear_views.follow_views()
    assert await offered(alice) == [("Urgent", "priority=high")]
    changed = {"name": "Urgent", "before": {"query": "priority=urgent"}, "after": {"query": "priority=high"}}
    assert (await recorded())[1:] == [("background", "view.changed", changed)]


async def test_a_project_that_is_called_otherwise_in_linear_is_followed(alice: Actor) -> None:
    await store(project("Apollo"), custom_view("Moon", {"project": {"id": {"eq": "project-Apollo"}}}))
    await publish(alice, "Moon")
    await query("UPDATE projects SET name = 'Artemis'")
    await linear_views.follow_views()
    assert await offered(alice) == [("Moon", "project=Artemis")]


@pytest.mark.parametrize("after", [{"shared": False}, {"filter_data": WATCHED}])
async def test_what_can_no_longer_be_followed_stays_as_it_was(alice: Actor, after: dict[str, Any]) -> None:
    await store(custom_view("Urgent", URGENT))
    await publish(alice, "Urgent")
    await change("Urgent", **{"filter_data": HIGH, **after})
    assert await linear_views.follow_views() == []
    assert await offered(alice) == [("Urgent", "priority=urgent")]
    [state] = await linear_views.list_views()
    assert not state.is_followed


async def test_a_view_that_is_gone_from_the_mirror_is_still_listed_while_it_is_published(alice: Actor) -> None:
    await store(custom_view("Urgent", URGENT))
    await publish(alice, "Urgent")
    await query("DELETE FROM custom_views")
    [state] = await linear_views.list_views()
    assert (state.view.name, state.view.is_shared, state.is_followed) == ("Urgent", False, False)


async def test_unpublishing_lets_it_be_published_again(alice: Actor) -> None:
    await store(custom_view("Urgent", URGENT))
    await publish(alice, "Urgent")
    [(published_id,)] = await query("SELECT id FROM published_views")
    await published_views.rename_view(alice, published_id, "Hot")
    [state] = await linear_views.list_views()
    assert (state.view.published_name, state.is_followed) == ("Hot", True)
    await published_views.unpublish_view(alice, published_id)
    await publish(alice, "Urgent")
    assert await offered(alice) == [("Urgent", "priority=urgent")]
