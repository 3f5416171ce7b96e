"""Positions in a list as words for a URL."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import InvalidInput
from shareable_backlog.web import pagination

TYPES = ("timestamptz", "date", "integer", "float8", "text")
TIMES = st.datetimes(timezones=st.just(UTC))
IDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=50)
KEYS = {
    "timestamptz": TIMES.map(datetime.isoformat),
    "date": st.dates().map(str),
    "integer": st.integers(-(2**31) + 1, 2**31 - 1),
    "float8": st.floats(-1e299, 1e299) | st.just("Infinity"),
    "text": IDS,
}


@given(st.data(), st.lists(st.sampled_from(TYPES), max_size=2), IDS)
def test_what_is_written_is_read_back(data: st.DataObject, types: list[str], id_: str) -> None:
    position = (*(data.draw(KEYS[type_]) for type_ in types), id_)
    word = pagination.encode_position(position)
    assert pagination.decode_position(word, types) == position
    assert quote(word, safe="") == word


def test_the_longest_position_there_can_be_is_read_back() -> None:
    position = ("\x01" * 50, "\x01" * 50, "\x01" * 50)
    assert pagination.decode_position(pagination.encode_position(position), ("text", "text")) == position


@given(TIMES, IDS)
def test_a_time_and_an_id_are_read_back(at: datetime, id_: str) -> None:
    assert pagination.decode_time_position(pagination.encode_time_position(at, id_)) == (at, id_)


@given(st.text(max_size=100), st.lists(st.sampled_from(TYPES), max_size=2))
def test_any_text_is_a_position_or_invalid(word: str, types: list[str]) -> None:
    try:
        position = pagination.decode_position(word, types)
    except InvalidInput:
        return
    assert len(position) == len(types) + 1


@pytest.mark.parametrize("word", ["", "x", "AAAA", "é", "=", "a" * 5000, "MjAyNi0wMS0wMQ"])
def test_rubbish_is_said_in_words(word: str) -> None:
    with pytest.raises(InvalidInput, match="address isn't valid"):
        pagination.decode_position(word, ("timestamptz",))


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("timestamptz", "2026-01-01T00:00:00"),
        ("timestamptz", "2026-01-01T00:00:00+20:00"),
        ("timestamptz", "2026-13-01T00:00:00Z"),
        ("timestamptz", 1),
        ("date", "2026-02-30"),
        ("integer", 2**31),
        ("integer", 1.5),
        ("float8", 1e300),
        ("float8", "-Infinity"),
        ("text", "a\x00"),
    ],
)
def test_what_the_database_can_not_read_is_rubbish(type_: str, key: str | float) -> None:
    with pytest.raises(InvalidInput):
        pagination.decode_position(pagination.encode_position((key, "id")), (type_,))


def test_a_position_in_another_order_is_rubbish() -> None:
    with pytest.raises(InvalidInput):
        pagination.decode_position(pagination.encode_position((1, "2026-01-01T00:00:00Z", "id")), ("timestamptz",))
