"""What was said of projects and updates stands with what it is about."""

from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.database.projects import plan_comments
from tests.support.mirrored import NOON, comment, item, person, project, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

APOLLO, GEMINI = project("Apollo"), project("Gemini")
ONE, OTHER = item(1, project_id=APOLLO.id), item(2, project_id=GEMINI.id)
UPDATES = ["update-1", "update-2"]


async def store_all() -> None:
    """Store comments of a project, an update, an item, another project's update, and one that Linear hides."""
    await store(
        APOLLO, GEMINI, person("Maren"), ONE, OTHER, update(1, APOLLO), update(2, GEMINI),
        comment(1, ONE, "Of the item"),
        comment(2, ONE, "Of the project", issue_id=None, project_id=APOLLO.id, user_id="person-Maren"),
        comment(3, ONE, "Of the update", issue_id=None, project_update_id="update-1"),
        comment(4, ONE, "Of another", issue_id=None, project_update_id="update-2"),
        comment(5, ONE, "Hidden", issue_id=None, project_id=APOLLO.id, hide_in_linear=True),
        comment(6, ONE, "Of both", issue_id=None, project_id=APOLLO.id, project_update_id="update-1"),
    )  # fmt: skip


async def read(limit: int = 100) -> list[tuple[str, str | None]]:
    found = await plan_comments.list_comments(EVERYTHING, "project", APOLLO.id, UPDATES, limit)
    return [(one.body, one.update_id) for one in found]


async def test_comments_of_a_project_and_of_its_updates_are_read_and_no_others() -> None:
    await store_all()
    assert await read() == [("Of the project", None), ("Of the update", "update-1"), ("Of both", "update-1")]
    assert await read(1) == [("Of both", "update-1")]
    [first, *_] = await plan_comments.list_comments(EVERYTHING, "project", APOLLO.id, [], 9)
    assert first.author == "Maren"
    assert await plan_comments.list_comments(NOTHING, "project", APOLLO.id, UPDATES, 9) == []


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE sharing_settings SET shows_comments = false",
        "UPDATE projects SET trashed = true",
        "UPDATE backlog_items SET trashed = true",
    ],
)
async def test_where_they_or_the_project_are_not_shown_there_are_none(gone: LiteralString) -> None:
    await store_all()
    await query(gone)
    assert await read() == []


async def test_a_part_of_a_description_is_quoted_where_descriptions_are_shown() -> None:
    about = {"issue_id": None, "quoted_text": "Why", "project_id": APOLLO.id}
    of_update = {**about, "project_update_id": "update-1"}
    await store(
        APOLLO, ONE, update(1, APOLLO), comment(1, ONE, "Of the text", **about), comment(2, ONE, "Of it", **of_update)
    )

    async def read_quotes() -> list[str | None]:
        found = await plan_comments.list_comments(EVERYTHING, "project", APOLLO.id, UPDATES, 9)
        return [one.quoted_text for one in found]

    assert await read_quotes() == ["Why", "Why"]
    await query("UPDATE sharing_settings SET shows_descriptions = false")
    assert await read_quotes() == [None, "Why"]


async def test_where_updates_are_not_shown_neither_is_what_was_said_of_them() -> None:
    await store_all()
    await query("UPDATE sharing_settings SET shows_updates = false")
    assert await read() == [("Of the project", None)]
    await query("UPDATE sharing_settings SET shows_updates = true")
    await query("UPDATE project_updates SET archived_at = %(at)s", {"at": NOON})
    assert await read() == [("Of the project", None)]
