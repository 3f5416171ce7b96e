"""An item that is found by more than its title shows where."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.services.search import search_words
from tests.support.listing import read_page
from tests.support.mirrored import comment, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

BURIED = f"{'word ' * 100}the needle here {'tail ' * 100}"


async def shown(words: str) -> dict[str, str]:
    """Return by identifier what is shown of each item that a search finds."""
    found = (await read_page(f"q={words}")).items
    excerpts = await search_words.find_excerpts(EVERYTHING, found, search_words.parse_wanted(words.replace("+", " ")))
    return {one.identifier: excerpts[one.id] for one in found if one.id in excerpts}


async def test_a_piece_of_the_description_stands_around_the_word() -> None:
    await store(item(1, description=BURIED))
    [piece] = (await shown("needle")).values()
    assert (piece[:10], piece[-5:], "word the needle here tail" in piece) == ("…word word", "tail…", True)


async def test_a_comment_is_shown_where_the_description_has_none_of_the_words() -> None:
    one = item(1, description="Something else")
    await store(one, comment(1, one, "The needle is here."))
    assert await shown("needle") == {"ENG-1": "The needle is here."}


async def test_a_title_with_all_of_the_words_needs_no_more() -> None:
    await store(item(1, "A needle in hay", description="The needle and the hay."))
    assert await shown("hay+needle") == {}
    assert await shown("ENG-1+needle") == {}


async def test_of_several_words_those_are_shown_that_the_title_lacks() -> None:
    await store(item(1, "A needle", description=f"The needle. {BURIED} The hay."))
    assert "The hay." in (await shown("hay+needle"))["ENG-1"]


async def test_what_is_taken_away_by_a_minus_is_not_looked_for() -> None:
    await store(item(1, "A needle", description="Some straw."))
    assert await shown("needle+-hay") == {}


@pytest.mark.parametrize(
    ("markdown", "read"),
    [
        ("## The **needle** `is`", "The needle is"),
        ("> - [ ] a [needle](https://example.com/needle) !", "a needle !"),
        ("![a needle](https://example.com/a.png)", "a needle"),
        ("+++ A needle\nfolded\n+++", "A needle folded"),
        ("| a | needle |\n|---|---|", "a needle"),
        ("snake_needle a-b", "snake_needle a-b"),
    ],
)
async def test_markdown_is_read_without_its_marks(markdown: str, read: str) -> None:
    await store(item(1, description=markdown))
    assert await shown("needle") == {"ENG-1": read}


async def test_a_match_beyond_the_part_of_a_title_that_is_in_sight_is_shown() -> None:
    await store(item(1, f"{'word ' * 30}needle", description="A needle, too."))
    [piece] = (await shown("needle")).values()
    assert piece.endswith("word needle")


@pytest.mark.parametrize("written", ["ENG-2", "eng2", "eng-2"])
async def test_an_identifier_is_shown_where_a_text_has_it_however_it_is_typed(written: str) -> None:
    await store(item(1, description="Waits for ENG-2."), item(2, description="Needs no ENG-2."))
    assert await shown(written) == {"ENG-1": "Waits for ENG-2."}
