"""The words of items are read a little after the items change."""

from datetime import UTC, datetime

import psycopg
import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import mirror, sweeps
from shareable_backlog.database.search import search_entries
from shareable_backlog.database.search.search_match import SearchedTexts, parse_search, write_match
from shareable_backlog.streams.issues import COMMENTS, CommentRow
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def found(words: str) -> list[str]:
    match = write_match(parse_search(words), SearchedTexts(descriptions=True, comments=True))
    return [
        identifier
        for (identifier,) in await query(
            "SELECT identifier FROM backlog_items i JOIN search_entries e ON e.item_id = i.id"
            f" WHERE {match.sql} ORDER BY number",
            match.params,
        )
    ]


async def test_an_item_is_found_by_its_identifier_its_title_and_its_description() -> None:
    await mirrored.store(mirrored.item(1, "Fix the export", description="It loses **lines**."))
    assert await found("ENG-1") == await found("export") == await found("lines") == ["ENG-1"]


async def test_a_changed_item_is_stale_until_its_words_are_read() -> None:
    await mirrored.store(mirrored.item(1, "Old words"), mirrored.item(2))
    await mirrored.store(mirrored.item(1, "New words"), mirrored.item(2), indexed=False)
    assert await search_entries.count_stale(100) == 1
    assert await search_entries.refresh_entries(100) == 1
    assert await found("new") == ["ENG-1"]
    assert await found("old") == []


async def test_an_item_or_a_comment_that_is_stored_as_it_was_is_not_read_again() -> None:
    item = mirrored.item(1)
    await mirrored.store(item, mirrored.comment(1, item))
    await mirrored.store(item, mirrored.comment(1, item), indexed=False)
    assert await search_entries.refresh_entries(100) == 0


async def test_a_new_and_a_changed_comment_make_their_item_stale() -> None:
    item = mirrored.item(1)
    await mirrored.store(item, mirrored.item(2))
    await mirrored.store(mirrored.comment(1, item, "Before"), indexed=False)
    assert await search_entries.refresh_entries(100) == 1
    assert await found("before") == ["ENG-1"]
    await mirrored.store(mirrored.comment(1, item, "Afterwards"), indexed=False)
    assert await search_entries.refresh_entries(100) == 1
    assert (await found("before"), await found("afterwards")) == ([], ["ENG-1"])


async def test_a_comment_that_is_archived_or_told_to_be_gone_is_not_searched() -> None:
    item = mirrored.item(1)
    await mirrored.store(item, mirrored.comment(1, item, "One"), mirrored.comment(2, item, "Two"))
    await mirrored.store(mirrored.comment(1, item, "One", archived_at=mirrored.NOON))
    assert (await found("one"), await found("two")) == ([], ["ENG-1"])
    async with transaction() as tx:
        await mirror.mark_removed(tx, CommentRow, {"comment-2": datetime.now(UTC)})
    assert await search_entries.refresh_entries(100) == 1
    assert await found("two") == []


async def test_a_comment_that_moves_to_another_item_is_found_there_alone() -> None:
    before, after = mirrored.item(1), mirrored.item(2)
    await mirrored.store(before, after, mirrored.comment(1, before, "Wanderer"))
    await mirrored.store(mirrored.comment(1, after, "Wanderer"))
    assert await found("wanderer") == ["ENG-2"]


async def test_a_comment_that_a_sweep_does_not_see_is_not_searched() -> None:
    item = mirrored.item(1)
    await mirrored.store(item, mirrored.comment(1, item, "One"))
    async with transaction() as tx:
        now = datetime.now(UTC)
        assert await sweeps.hide_gone(tx, COMMENTS, created_before=now, removed_at=now) == 1
    assert await search_entries.refresh_entries(100) == 1
    assert await found("one") == []


async def test_a_comment_that_comes_before_its_item_is_found_with_it() -> None:
    item = mirrored.item(1)
    await mirrored.store(mirrored.comment(1, item, "Early"))
    assert await query("SELECT 1 FROM search_entries") == []
    await mirrored.store(item)
    assert await found("early") == ["ENG-1"]


async def test_no_more_are_read_or_counted_than_asked_for() -> None:
    await mirrored.store(*(mirrored.item(number) for number in range(5)), indexed=False)
    assert await search_entries.count_stale(3) == 3
    assert await search_entries.refresh_entries(2) == 2
    assert await search_entries.count_stale(100) == 3


async def test_what_another_process_reads_is_left_to_it(database: str) -> None:
    await mirrored.store(mirrored.item(1), mirrored.item(2), indexed=False)
    with psycopg.connect(database) as other:
        other.execute("SELECT 1 FROM search_entries WHERE item_id = 'item-ENG-1' FOR UPDATE")
        assert await search_entries.refresh_entries(100) == 1
    assert await search_entries.refresh_entries(100) == 1


async def test_an_entry_without_an_item_stops_nothing() -> None:
    await query("INSERT INTO search_entries (item_id) VALUES ('nowhere')")
    assert await search_entries.refresh_entries(100) == 1
    assert await search_entries.refresh_entries(100) == 0


async def test_a_text_of_any_length_and_script_can_be_read() -> None:
    texts = [
        "",
        "\x00\ufffd",
        "'quoted':1A \\ back:*",
        "ﷺ" * 100_000,
        "x" * 300_000,
        "語 " * 300_000,
        " ".join(f"w{number}" for number in range(200_000)),
        "\U0001f469 " * 99_999,
    ]
    items = [mirrored.item(number, text, description=text) for number, text in enumerate(texts)]
    await mirrored.store(*items, *(mirrored.comment(at, item, texts[at]) for at, item in enumerate(items)))
    assert await search_entries.count_stale(10) == 0
