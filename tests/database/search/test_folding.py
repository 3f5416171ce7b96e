"""Texts are taken apart into words alike, whether their places are asked for or not."""

from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.database.search import folding

_MIXED = st.text(
    "aZ09éßø\u0131ςİ½ﬁ\u0301\u3099か語한ไ\u1100\u1161Å\u041a \n\t\u00a0-_'\"\x00\ud800👩\u200d🚀",
    max_size=80,
)


@given(_MIXED)
def test_located_words_are_the_words(text: str) -> None:
    assert [word for word, _, _ in folding.locate_words(text)] == folding.split_words(text)


@given(_MIXED | st.text(st.characters(codec=None)))
def test_words_stand_in_order_and_hold_nothing_that_has_to_be_quoted(text: str) -> None:
    places = folding.locate_words(text)
    assert all(0 <= start < end <= len(text) for _, start, end in places)
    assert sorted(places, key=lambda place: place[1]) == places
    assert not any(set(word) & set(" '\\:@&|!<>()*\x00\ud800") for word in folding.split_words(text))


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folding.split_words(" ".join(folding.split_words(text))) == folding.split_words(text)
