"""Items are found by the words that are shown of them, in any script, and any text can be searched for."""

from collections.abc import Sequence
from typing import LiteralString

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shareable_backlog.database import query
from shareable_backlog.database.search.search_match import (
    SearchedTexts,
    SearchMatch,
    parse_search,
    write_match,
    write_query,
)
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def match(text: str) -> SearchMatch:
    """Return the conditions that stand for `text` in what is shown."""
    [shown] = await query("SELECT shows_descriptions, shows_comments FROM sharing_settings")
    return write_match(parse_search(text), SearchedTexts(*shown))


async def numbers(condition: LiteralString, one: SearchMatch) -> list[int]:
    statement: LiteralString = f"""
        WITH {one.searched}
        SELECT number FROM backlog_items i JOIN searched e ON e.item_id = i.id WHERE {condition} ORDER BY number
    """
    return [number for (number,) in await query(statement, one.params)]


async def found(text: str) -> list[int]:
    one = await match(text)
    return await numbers(one.sql, one)


async def found_in_titles(text: str) -> list[int]:
    one = await match(text)
    return await numbers(one.title_sql, one)


async def store(*titles: str) -> None:
    """Store items 1, 2, … of these titles."""
    await mirrored.store(*(mirrored.item(number, title) for number, title in enumerate(titles, 1)))


async def show(*, descriptions: bool, comments: bool) -> None:
    await query(
        "UPDATE sharing_settings SET shows_descriptions = %(descriptions)s, shows_comments = %(comments)s",
        {"descriptions": descriptions, "comments": comments},
    )


async def test_words_phrases_and_what_is_taken_away() -> None:
    await store("Export the lines", "The lines of an export", "The import")
    expected = {
        "export": [1, 2],
        "the export": [1, 2],
        "EXPORT": [1, 2],
        "exp": [1, 2],
        "exp the": [],
        '"export the"': [1],
        "“export the”": [1],
        '"export the': [1],
        '"exp"': [],
        "the -export": [3],
        'the -"export the"': [2, 3],
        "-export": [3],
        "-exp": [1, 2, 3],
        "export -": [1, 2],
        "export, lines!": [1, 2],
        "export lines -the": [],
    }
    assert {text: await found(text) for text in expected} == expected


_SCRIPTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "Résumé de l'élève": (["resume", "RÉSUMÉ", "eleve", "re\u0301sume\u0301", "élè"], ["sume"]),
    "Größe": (["gro", "größe", "grö"], ["grosse"]),
    "Żółć i smørrebrød": (["zolc", "smorrebrod"], []),
    "Ёлка": (["елка", "ЁЛКА"], []),
    "ΟΔΟΣ": (["οδος", "οδοσ", "οδός"], []),
    "İstanbul": (["istanbul", "ISTANBUL"], []),
    "東京都に住む": (["京都", "東京", "に住", "東京都", "都"], ["京東", "東都"]),
    "ﾊﾟｿｺﾝの設定": (["パソコン", "ソコ"], []),
    "한국어지원": (["국어", "지원"], ["어국"]),
    "ภาษาไทย": (["ไทย", "ษาไ"], ["ไษ"]),
    "བོད་ཡིག": (["ཡིག", "བོད"], []),
    "हिन्दी में": (["हिन्दी", "हिन्"], ["न्दी"]),
    "שָׁלוֹם": (["שלום"], []),
    "\uff21\uff22\uff23 \uff11\uff12": (["abc 12"], []),
    "foo_bar-baz.qux/42": (["bar", "foo_bar", "baz.qux", "qux 42", '"bar baz"'], ["bar_foo", '"baz bar"']),
}


async def test_words_of_any_script_are_found_without_their_accents_and_unspaced_ones_by_any_part() -> None:
    await store(*_SCRIPTS)
    for number, (finding, others) in enumerate(_SCRIPTS.values(), 1):
        assert {text: await found(text) for text in finding} == {text: [number] for text in finding}
        assert {text: await found(text) for text in others} == {text: [] for text in others}


async def test_what_is_not_shown_neither_finds_nor_hides() -> None:
    items = [mirrored.item(1, "needle"), mirrored.item(2, description="a needle"), mirrored.item(3)]
    await mirrored.store(*items, mirrored.comment(1, items[2], "the needle"))
    for descriptions, comments, numbers in (
        (True, True, [1, 2, 3]),
        (True, False, [1, 2]),
        (False, True, [1, 3]),
        (False, False, [1]),
    ):
        await show(descriptions=descriptions, comments=comments)
        assert await found("needle") == await found("needl") == numbers
        assert await found("-needle") == sorted({1, 2, 3} - set(numbers))
        assert await found("title -needle") == sorted({2, 3} - set(numbers))


async def test_words_may_stand_in_several_of_the_texts_and_phrases_in_one() -> None:
    item = mirrored.item(1, "Fix the export", description="It loses lines.")
    await mirrored.store(item, mirrored.comment(1, item, "Only on Mondays."))
    assert await found("export lines mondays") == [1]
    assert await found('"the export"') == await found('"loses lines"') == await found('"on mondays"') == [1]
    assert await found('"export it"') == await found('"lines only"') == []


async def test_a_title_matches_when_it_has_all_that_is_wanted() -> None:
    item = mirrored.item(1, "Fix the export", description="It loses lines.")
    await mirrored.store(item, mirrored.comment(1, item, "Only on Mondays."))
    assert await found_in_titles("export fix") == await found_in_titles("export -tuesdays") == [1]
    assert await found_in_titles("export lines") == []
    assert await found_in_titles("export -mondays") == []
    assert await found_in_titles("-tuesdays") == []


async def test_a_text_without_words_finds_nothing() -> None:
    await store("A title")
    for text in ("", " ", "\x00", "\ud800", "-", '"', '""', "!", "🎉", "&|!<>:*()", "'", "\\", "-\x00"):
        assert await found(text) == []


async def test_a_long_text_can_be_searched_for() -> None:
    texts = ["x" * 300, "語" * 300, "a " * 300, "\U0001d51e" * 300, "ﷺ" * 300]
    await store(*texts)
    for number, text in enumerate(texts, 1):
        assert number in await found(text)
    assert await found("-a " * 300) == [1, 2, 4, 5]
    assert await found('"' * 300) == []


_PIECES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["-", '"', "'", "\\", " ", ":*", "&", "|", "!", "<->", "@", "%s", "\x00", "\ud800", "ﷺ", "語"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.lists(_PIECES, max_size=30).map("".join))
async def test_any_text_can_be_searched_for(text: str) -> None:
    await found(text)
    await found_in_titles(text)


async def test_a_condition_that_was_written_before_words_were_hidden_finds_nothing_by_them_after() -> None:
    item = mirrored.item(1, "A roof", description="a needle")
    await mirrored.store(item, mirrored.comment(1, item, "the needle"))
    for texts, hidden in (
        (SearchedTexts(descriptions=True, comments=True), {"descriptions": False, "comments": True}),
        (SearchedTexts(descriptions=True, comments=True), {"descriptions": True, "comments": False}),
        (SearchedTexts(descriptions=True, comments=False), {"descriptions": False, "comments": True}),
        (SearchedTexts(descriptions=False, comments=True), {"descriptions": True, "comments": False}),
    ):
        await show(descriptions=texts.descriptions, comments=texts.comments)
        before = [await match(text) for text in ("needle", "-roof", "roof -nowhere")]
        assert [await numbers(one.sql, one) for one in before] == [[1], [], [1]]
        await show(**hidden)
        for one in before:
            assert await numbers(one.sql, one) == await numbers(one.title_sql, one) == []


async def test_a_search_asks_for_nothing_that_does_not_apply() -> None:
    plain = write_match(parse_search("roof"), SearchedTexts(descriptions=False, comments=False))
    assert (plain.sql, plain.params) == ("e.title_words @@ %(wanted)s::tsquery", {"wanted": "('roof':*)"})


@pytest.mark.owner
async def test_rare_words_are_found_by_an_index_whatever_is_shown() -> None:
    await query(
        "INSERT INTO search_entries (item_id, words, stale_since)"
        " SELECT 'item-' || n, ('common:1A word' || n || ':2B note' || n || ':3C')::tsvector, NULL"
        " FROM generate_series(1, 20000) n"
    )
    await query("VACUUM ANALYZE search_entries")
    for descriptions, comments in ((True, True), (True, False), (False, True), (False, False)):
        await show(descriptions=descriptions, comments=comments)
        for text in ("word77", "word7", '"common word77"', "word77 -note8", "京都"):
            one = await match(text)
            for condition in (one.sql, one.title_sql):
                plan = await _plan(condition, one)
                assert "Bitmap Index Scan" in plan
                assert "Seq Scan on search_entries" not in plan


async def _plan(condition: LiteralString, one: SearchMatch) -> str:
    statement: LiteralString = f"EXPLAIN WITH {one.searched} SELECT item_id FROM searched e WHERE {condition}"
    return "\n".join(line for (line,) in await query(statement, one.params))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Tiles", "('tiles':*)"),
        ('"red tiles" -roof', "('red' <-> 'tiles') & !('roof')"),
        ("-roof", "!('roof')"),
        ("", None),
        ("!?", None),
    ],
)
async def test_a_search_is_written_as_one_query(text: str, written: str | None) -> None:
    assert write_query(parse_search(text)) == written
