"""The comments of an item, on a real PostgreSQL."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import comments
from shareable_backlog.sync import deliveries as applying
from tests.fakes.linear import World, run_linear
from tests.support.delivering import Source
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


async def test_whoever_is_no_person_of_linear_is_named_too() -> None:
    names = {"external_user_name": "Octo Cat", "bot_actor_name": "GitHub"}
    await store(
        ITEM,
        person("Bob"),
        comment(1, ITEM, user_id="person-Bob", **names),
        comment(2, ITEM, **names),
        comment(3, ITEM, bot_actor_name="GitHub"),
    )
    shown = await comments.list_comments(EVERYTHING, ITEM.id, 10)
    assert [one.author for one in shown] == ["Bob", "Octo Cat", "GitHub"]


async def test_what_linear_hides_or_may_hide_is_left_out() -> None:
    await store(
        ITEM,
        person("Bob"),
        comment(1, ITEM, hide_in_linear=True),
        comment(2, ITEM, hide_in_linear=True, user_id="person-Bob"),
        comment(3, ITEM, hide_in_linear=None),
        comment(4, ITEM, "mine", hide_in_linear=None, user_id="person-Bob"),
        comment(5, ITEM, "a bot's", hide_in_linear=False),
    )
    assert [one.body for one in await comments.list_comments(EVERYTHING, ITEM.id, 10)] == ["mine", "a bot's"]


async def test_comments_about_something_else_stand_with_no_item() -> None:
    about = {"issue_id": None, "project_update_id": "update", "project_id": "project-Apollo"}
    await store(ITEM, comment(1, ITEM, "said of an update", **about))
    assert await comments.list_comments(EVERYTHING, ITEM.id, 10) == []
    assert await query("SELECT project_update_id, project_id FROM comments") == [("update", "project-Apollo")]


async def test_a_delivered_bots_comment_is_shown_once_a_run_has_asked_whether_linear_hides_it(
    live_database: Settings,
) -> None:
    world, bot = World(), {"name": "GitHub"}
    issue = world.add_issue()
    with run_linear(world) as fake:
        source = Source(fake, live_database)
        await source.pull()
        for body, is_hidden in (("Merged.", False), ("A reply was sent.", True)):
            row = world.add_comment(issue, body, botActor=bot, hideInLinear=is_hidden)
            await source.post("create", "Comment", row=row)
        await applying.apply_waiting()
        assert await query("SELECT bot_actor_name FROM comments") == [("GitHub",), ("GitHub",)]
        assert await comments.list_comments(EVERYTHING, issue["id"], 10) == []
        await source.pull()
    shown = await comments.list_comments(EVERYTHING, issue["id"], 10)
    assert [(one.body, one.author) for one in shown] == [("Merged.", "GitHub")]
