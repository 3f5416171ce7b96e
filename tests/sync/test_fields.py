"""Reading single fields of a node."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.sync import fields
from shareable_backlog.sync.fields import FieldInvalid


def test_a_nul_becomes_the_replacement_character() -> None:
    assert fields.text({"title": "a\x00b"}, "title") == "a\ufffdb"


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert fields.text({"title": "a\ud800b"}, "title") == "a\ufffdb"


def test_two_halves_of_a_surrogate_pair_become_their_character() -> None:
    assert fields.text({"title": "\ud83d\ude00"}, "title") == "😀"


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_encoded_afterwards(text: str) -> None:
    cleaned = fields.text({"title": text}, "title")
    assert "\x00" not in cleaned
    cleaned.encode()


def test_a_time_is_given_in_utc() -> None:
    assert fields.instant({"at": "2026-01-02T03:04:05+02:00"}, "at").isoformat() == "2026-01-02T01:04:05+00:00"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.text, None),
        (fields.text, 7),
        (fields.texts, "a"),
        (fields.texts, [None]),
        (fields.identifier, ""),
        (fields.identifier, "x" * 101),
        (fields.reference, "id"),
        (fields.reference, {}),
        (fields.required_reference, None),
        (fields.flag, "true"),
        (fields.number_or_none, "7"),
        (fields.number_or_none, True),
        (fields.number_or_none, math.nan),
        (fields.number_or_none, math.inf),
        (fields.number_or_none, 10**400),
        (fields.whole_number, None),
        (fields.whole_number, -1),
        (fields.whole_number, 1.5),
        (fields.whole_number, 2**31),
        (fields.instant, None),
        (fields.instant, "yesterday"),
        (fields.instant, "2026-01-02T03:04:05"),
        (fields.instant, "10000-01-01T00:00:00Z"),
        (fields.instant, "9999-12-31T23:59:59-12:00"),
        (fields.instant, "0001-01-01T00:00:00+14:00"),
        (fields.instant, "infinity"),
        (fields.day_or_none, "2026-13-01"),
        (fields.day_or_none, "0000-00-00"),
        (fields.day_or_none, "9999-01-01"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_with_the_name_of_its_field(
    read: Callable[[dict[str, Any], str], object], value: object
) -> None:
    with pytest.raises(FieldInvalid) as refused:
        read({"field": value}, "field")
    assert refused.value.field in {"field", "id"}


def test_minus_zero_is_a_number() -> None:
    assert fields.number_or_none({"estimate": -0.0}, "estimate") == 0
