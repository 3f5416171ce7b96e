"""One item, as its page gets it."""

from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import (
    attachments,
    comments,
    item_details,
    item_list,
    item_relations,
    state_changes,
)
from shareable_backlog.database.backlog.news import item_changes
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import items
from tests.support.mirrored import NOON, comment, item, relation, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("ENG-12", "ENG-12"),
        ("eng12", "ENG-12"),
        (" eng-012 ", "ENG-12"),
        ("a1-2", "A1-2"),
        ("12", None),
        ("eng 12", None),
        ("eng-12 photos", None),
        ("eng-" + "9" * 10, None),
    ],
)
async def test_what_looks_like_an_identifier_is_taken_for_one(text: str, identifier: str | None) -> None:
    assert items.parse_identifier(text) == identifier


async def test_an_item_comes_with_its_parent_sub_items_and_threads() -> None:
    one = item(2, parent_id="item-ENG-1")
    await store(item(1, "Above"), one, item(3, parent_id=one.id))
    await store(comment(1, one), comment(2, one, parent_id="comment-1"), comment(3, one, parent_id="comment-2"))
    await store(comment(4, one), comment(5, one, parent_id="not-there"))
    page = await items.read_item_page(EVERYTHING, "ENG-2")
    assert page.parent is not None
    assert (page.parent.title, [below.identifier for below in page.sub_items]) == ("Above", ["ENG-3"])
    threads = [(thread.first.id, [reply.id for reply in thread.replies]) for thread in page.threads]
    assert threads == [("comment-1", ["comment-2", "comment-3"]), ("comment-4", []), ("comment-5", [])]


async def test_a_parent_in_the_trash_is_not_shown() -> None:
    await store(item(1, trashed=True), item(2, parent_id="item-ENG-1"))
    assert (await items.read_item_page(EVERYTHING, "ENG-2")).parent is None


async def test_an_unknown_item_is_not_found() -> None:
    with pytest.raises(NotFound, match="no item by that name"):
        await items.read_item_page(EVERYTHING, "ENG-1")


async def test_progress_counts_neither_what_is_canceled_nor_what_is_hidden() -> None:
    states = {type_: state(type_) for type_ in ("completed", "started", "canceled", "duplicate")}
    below = [item(at, parent_id="item-ENG-1", state_id=one.id) for at, one in enumerate(states.values(), 2)]
    await store(team("SEC", private=True), item(1), item(9, parent_id="item-ENG-1"), *states.values(), *below)
    await store(item(1, team="SEC", parent_id="item-ENG-1", state_id=states["completed"].id))
    page = await items.read_item_page(EVERYTHING, "ENG-1")
    assert page.progress == items.SubItemProgress(done=1, total=3)


async def related(identifier: str) -> list[tuple[str, list[str], int]]:
    page = await items.read_item_page(EVERYTHING, identifier)
    return [(one.kind, [line.identifier for line in one.items], one.hidden) for one in page.related]


@pytest.mark.parametrize(
    ("type_", "here", "there"),
    [
        ("blocks", "blocks", "blocked_by"),
        ("duplicate", "duplicate_of", "duplicated_by"),
        ("related", "related", "related"),
        ("similar", "similar", "similar"),
        ("invented later", "related", "related"),
    ],
)
async def test_a_relation_has_a_kind_at_each_end(type_: str, here: str, there: str) -> None:
    one, other = item(1), item(2)
    await store(one, other, relation(type_, one, other))
    assert await related("ENG-1") == [(here, ["ENG-2"], 0)]
    assert await related("ENG-2") == [(there, ["ENG-1"], 0)]


async def test_what_is_related_twice_is_named_once() -> None:
    one, other = item(1), item(2)
    await store(one, other, relation("related", one, other), relation("related", other, one))
    assert await related("ENG-1") == [("related", ["ENG-2"], 0)]


async def test_of_a_hidden_relation_only_its_kind_is_told() -> None:
    one, secrets = item(1), [item(number, "Takeover", team="SEC") for number in (1, 2)]
    await store(team("SEC", private=True), one, item(2), *secrets, item(3))
    await store(*(relation("blocks", secret, one) for secret in secrets), relation("blocks", item(2), one))
    assert await related("ENG-1") == [("blocked_by", ["ENG-2"], 2)]
    assert "Takeover" not in repr(await items.read_item_page(EVERYTHING, "ENG-1"))


async def test_items_that_a_text_names_have_titles_if_they_are_shown() -> None:
    text = "ENG-1 ENG-2, `ENG-3`, SEC-1, ENG-99, xENG-4 and https://linear.app/example/issue/ENG-5/slug"
    one = item(1, description=text)
    await store(team("SEC", private=True), one, item(1, "Takeover", team="SEC"), comment(1, one, "See ENG-6."))
    await store(*(item(number, f"Title {number}") for number in range(2, 8)))
    page = await items.read_item_page(EVERYTHING, "ENG-1")
    assert page.mentioned == {f"ENG-{number}": f"Title {number}" for number in (2, 3, 5, 6)}


async def test_the_history_has_each_thing_once() -> None:
    todo, doing, done = (
        state("unstarted", name="Todo"),
        state("started", name="Doing"),
        state("completed", name="Done"),
    )
    started, completed, archived = (NOON + timedelta(hours=hours) for hours in (1, 2, 3))
    await store(todo, doing, done, item(1, state_id=todo.id))
    await store(item(1, state_id=doing.id, started_at=started, updated_at=started))
    await query("DELETE FROM field_changes")  # as if the mirror had not been there then
    dates: dict[str, Any] = {"started_at": started, "completed_at": completed, "archived_at": archived}
    await store(item(1, state_id=done.id, priority=1, updated_at=archived, **dates))
    page = await items.read_item_page(EVERYTHING, "ENG-1")
    assert [(event.kind, event.at) for event in page.history] == [
        ("created", NOON),
        ("started", started),
        ("moved", completed),
        ("moved", archived),
        ("archived", archived),
    ]
    assert [one.move.field for one in page.history if one.move] == ["priority"]
    assert [(one.change.from_name, one.change.to_name) for one in page.history if one.change] == [("Doing", "Done")]


async def test_nothing_reads_a_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    one = item(2, parent_id="item-ENG-1", description="ENG-1")
    await store(item(1), one, item(3, parent_id=one.id), relation("blocks", item(3), one), comment(1, one))
    plans: list[str] = []

    async def explained(sql: LiteralString, params: dict[str, Any], **rows: Any) -> list[Any]:
        async with transaction() as tx:
            # A table of a few rows is read whole, whatever its indexes.
            await tx.query("SET LOCAL enable_seqscan = off")
            plans.extend(line for (line,) in await tx.query("EXPLAIN " + sql, params))
        return await query(sql, params, **rows)

    for module in (attachments, item_details, comments, item_relations, item_list, state_changes, item_changes):
        monkeypatch.setattr(module, "query", explained)
    await items.read_item_page(EVERYTHING, "ENG-2")
    large = ("backlog_items", "comments", "item_relations", "attachments", "field_changes")
    assert sum("Index" in line for line in plans) > 10
    assert [line for line in plans for table in large if f"Seq Scan on {table}" in line] == []


async def test_what_was_written_last_is_told_in_its_first_words_without_marks() -> None:
    await store(item(1))
    assert (await items.read_item_page(EVERYTHING, "ENG-1")).latest is None
    await store(
        comment(1, item(1), "**Done** in [May](https://example.com/x)"),
        comment(2, item(1), "![](https://example.com/x.png)"),
    )
    latest = (await items.read_item_page(EVERYTHING, "ENG-1")).latest
    assert latest is not None
    assert (latest.text, latest.at) == ("Done in May", NOON + timedelta(minutes=1))
    await query("UPDATE sharing_settings SET shows_comments = false")
    assert (await items.read_item_page(EVERYTHING, "ENG-1")).latest is None
