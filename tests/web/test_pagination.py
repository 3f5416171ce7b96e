"""Positions in a list as words for a URL."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import InvalidInput
from shareable_backlog.web import pagination

TIMES = st.datetimes(datetime(1900, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants naive bounds)
IDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=50)


@given(TIMES, IDS)
def test_what_is_written_is_read_back(at: datetime, id_: str) -> None:
    word = pagination.encoded((at, id_))
    assert pagination.decoded(word) == (at, id_)
    assert quote(word, safe="") == word


@given(st.text(max_size=100))
def test_any_text_is_a_position_or_invalid(word: str) -> None:
    try:
        at, id_ = pagination.decoded(word)
    except InvalidInput:
        return
    assert at.tzinfo is not None
    assert "\x00" not in id_


@pytest.mark.parametrize("word", ["", "x", "AAAA", "é", "=", "a" * 5000, "MjAyNi0wMS0wMQ"])
def test_rubbish_is_said_in_words(word: str) -> None:
    with pytest.raises(InvalidInput, match="address is damaged"):
        pagination.decoded(word)


@pytest.mark.parametrize("year", [1, 1899])
def test_a_time_that_no_row_has_is_rubbish(year: int) -> None:
    with pytest.raises(InvalidInput):
        pagination.decoded(pagination.encoded((datetime(year, 6, 1, tzinfo=UTC), "a")))
