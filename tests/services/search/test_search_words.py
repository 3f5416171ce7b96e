"""The words of a search are marked where the search finds them."""

from time import process_time
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.database.search import folding
from shareable_backlog.database.search.search_match import parse_search
from shareable_backlog.services.search.search_words import cut_excerpt, mark_matches

_ANY = st.text(st.characters(codec=None), max_size=60) | st.text('aé\u0301ßﷺ語ไ \x00\ud800½"-İς', max_size=60)


def found(text: str, query: str) -> list[str]:
    return [piece for piece, is_found in mark_matches(text, parse_search(query).wanted) if is_found]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Fix the export", "export", ["export"]),
        ("Fix the export", "EXPORT fix", ["Fix", "export"]),
        ("Fix the exports", "exp", ["exports"]),
        ("Fix the exports", "exp fix", ["Fix"]),
        ("Fix the export of the export", '"the export"', ["the export", "the export"]),
        ("Fix the export", "fix -export", ["Fix"]),
        ("Fix the export", "-fix", []),
        ("Fix the export", "", []),
        ("Fix the export", "&|!", []),
        ("Mon Résumé", "resume", ["Résumé"]),
        ("Mon re\u0301sume\u0301!", "résumé", ["re\u0301sume\u0301"]),
        ("Größe Grosse", "grosse", ["Grosse"]),
        ("İstanbul, Straße", "istanbul strasse", ["İstanbul"]),
        ("東京都に住む", "京都", ["京都"]),
        ("ﾊﾟｿｺﾝの設定", "ソコ", ["ｿｺ"]),
        ("ภาษาไทย", "ไทย", ["ไทย"]),
        ("한국어지원", "국어", ["국어"]),
        ("bug ﾃｽﾄ", "テスト", ["ﾃｽﾄ"]),
        ("ｶﾀｶﾅ", "タカ", ["ﾀｶ"]),
        ("ﹱ ﬁ foo", "fi", ["ﬁ"]),
        ("ENG-12 is done", "eng-12", ["ENG-12"]),
        ("half is ½ of it", "1", ["½"]),
        ("a a a a", '"a a a"', ["a a a a"]),
        ("👩‍🚀 fix", "fix", ["fix"]),
    ],
)
def test_what_is_found_is_marked(text: str, query: str, expected: list[str]) -> None:
    assert found(text, query) == expected


@given(_ANY, _ANY)
def test_the_pieces_are_the_text(text: str, query: str) -> None:
    pieces = mark_matches(text, parse_search(query).wanted)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


@given(
    st.text("aB1 -\n“…éÉßςΣİя½²\xa0\u0301語गा ไﾃｦ⼀ㄱﹱﬁ", max_size=40),
    st.text('aB1 "-éΣяテヲ一i', max_size=12),
    st.integers(0, 30),
)
def test_a_text_that_is_folded_as_a_whole_has_the_same_matches(text: str, query: str, length: int) -> None:
    wanted = parse_search(query).wanted
    found = mark_matches(text, wanted), cut_excerpt(text, wanted, length)
    with mock.patch.object(folding, "fold_in_place", return_value=None):
        assert (mark_matches(text, wanted), cut_excerpt(text, wanted, length)) == found


@given(_ANY, _ANY, st.integers(0, 50))
def test_an_excerpt_is_there_when_something_is_marked_and_is_short(text: str, query: str, length: int) -> None:
    shown = cut_excerpt(text, parse_search(query).wanted, length)
    assert (shown is None) == (not found(text, query))
    longest = max((len(piece) for piece in found(text, query)), default=0)
    assert len(shown or "") <= max(length, longest) + 2


@given(_ANY.filter(lambda text: '"' not in text and "-" not in text))
def test_a_text_is_found_by_itself(text: str) -> None:
    assert bool(found(text, text)) == bool(found(text, f'"{text}"'))


def test_an_excerpt_has_the_first_match_near_its_beginning_and_is_cut_at_words() -> None:
    text = f"{'word ' * 100}the needle here {'tail ' * 50}needle"
    assert cut_excerpt(text, parse_search("needle").wanted, 40) == "…word the needle here tail tail tail…"


def test_an_excerpt_of_a_short_text_is_all_of_it_on_one_line() -> None:
    assert cut_excerpt("One\n\n* two\tneedle", parse_search("needle").wanted, 100) == "One * two needle"


def test_an_excerpt_of_a_text_without_a_match_is_none() -> None:
    assert cut_excerpt("A text", parse_search("needle").wanted, 100) is None


@pytest.mark.slow
def test_a_long_text_takes_time_as_it_is_long() -> None:
    began = process_time()
    for text in ("a " * 20_000, "語" * 20_000, "e\u0301 " * 20_000, "x" * 90_000, "\u0301" * 90_000):
        for query in ("a " * 100, '"a a" ' * 30, '"' + "語" * 199, "é"):
            cut_excerpt(text, parse_search(query).wanted, 200)
    assert process_time() - began < 10
