"""What a search looks through beside titles: as much of it as is shown, and as much as was asked for."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.search import item_texts
from shareable_backlog.database.search.item_texts import ItemTexts
from tests.support.mirrored import comment, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_the_texts_of_several_items_are_read_at_once() -> None:
    one, other = item(1, description="# Roof"), item(2)
    await store(one, other, item(3, description="Another"), comment(1, other, "Some hay"))
    found = await item_texts.list_texts(EVERYTHING, [one.id, other.id, "item-ENG-9"], 100)
    assert sorted(found, key=lambda read: read.id) == [
        ItemTexts(one.id, "# Roof", ""),
        ItemTexts(other.id, "", "Some hay"),
    ]
    assert await item_texts.list_texts(EVERYTHING, [], 100) == []


async def test_no_text_is_longer_than_was_asked_for() -> None:
    one = item(1, description="äöüß")
    await store(one, comment(1, one, "first"), comment(2, one, "second"))
    [read] = await item_texts.list_texts(EVERYTHING, [one.id], 3)
    assert (read.description, read.comments) == ("äöü", "sec")
    [read] = await item_texts.list_texts(EVERYTHING, [one.id], 8)
    assert read.comments == "second\nf"


async def test_the_newest_fifty_comments_are_read() -> None:
    one = item(1)
    await store(one, *(comment(number, one, str(number)) for number in range(51)))
    [read] = await item_texts.list_texts(EVERYTHING, [one.id], 1_000)
    assert read.comments.split() == [str(number) for number in range(50, 0, -1)]


async def test_a_group_reads_only_the_items_that_it_sees() -> None:
    await store(item(1, description="of ENG"), item(2, team="OPS", description="of OPS"))
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', 'team-OPS')",
        {"id": group_id},
    )
    found = await item_texts.list_texts(Scope((group_id,)), ["item-ENG-1", "item-OPS-2"], 100)
    assert [read.description for read in found] == ["of OPS"]


async def test_what_is_gone_or_in_the_trash_has_no_texts_and_what_is_archived_has() -> None:
    await store(*(item(number, description=str(number)) for number in (1, 2, 3)))
    await query("UPDATE backlog_items SET archived_at = now() WHERE number = 1")
    await query("UPDATE backlog_items SET trashed = true WHERE number = 2")
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    found = await item_texts.list_texts(EVERYTHING, ["item-ENG-1", "item-ENG-2", "item-ENG-3"], 100)
    assert [read.description for read in found] == ["1"]


async def test_no_word_shows_anything_where_descriptions_and_comments_are_not_shown() -> None:
    one = item(1, description="A needle")
    await store(one, comment(1, one, "Some hay"))
    for descriptions in (True, False):
        for comments in (True, False):
            await query(
                "UPDATE sharing_settings SET shows_descriptions = %(descriptions)s, shows_comments = %(comments)s",
                {"descriptions": descriptions, "comments": comments},
            )
            texts = [
                (read.description, read.comments) for read in await item_texts.list_texts(EVERYTHING, [one.id], 100)
            ]
            assert texts == [("A needle" if descriptions else "", "Some hay" if comments else "")]


async def test_nothing_is_read_of_an_item_that_is_not_shown() -> None:
    await store(one := item(1, description="A needle"))
    assert [read.description for read in await item_texts.list_texts(EVERYTHING, [one.id], 100)] == ["A needle"]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)")
    assert await item_texts.list_texts(EVERYTHING, [one.id], 100) == []


async def test_comments_that_are_gone_or_archived_are_not_read() -> None:
    one = item(1)
    await store(one, comment(1, one, "gone"), comment(2, one, "newest"), comment(0, one, "oldest"))
    await query("UPDATE comments SET removed_at = now() WHERE id = 'comment-1'")
    assert [read.comments for read in await item_texts.list_texts(EVERYTHING, [one.id], 100)] == ["newest\noldest"]


async def test_archived_comments_are_not_read() -> None:
    one = item(1)
    await store(one, comment(1, one, "kept"), comment(2, one, "archived"))
    await query("UPDATE comments SET archived_at = now() WHERE id = 'comment-2'")
    assert [read.comments for read in await item_texts.list_texts(EVERYTHING, [one.id], 100)] == ["kept"]


async def test_a_comment_that_linear_hides_is_neither_found_nor_shown() -> None:
    one = item(1)
    await store(one, comment(1, one, "haystack", hide_in_linear=True), comment(2, one, "meadow"))
    [read] = await item_texts.list_texts(EVERYTHING, [one.id], 100)
    assert read.comments == "meadow"
    [(words,)] = await query("SELECT words::text FROM search_entries")
    assert "meadow" in words
    assert "haystack" not in words
