"""JSON that holds what strict JSON, or PostgreSQL, does not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shareable_backlog.linear.connection import lenient_json

# Letters of one to four bytes, NUL, and halves of surrogate pairs in any order, so that some make a whole one.
_ANY_TEXT = st.text(st.sampled_from("a\x00\xe9\u20ac\U0001f600\ud83d\ude00\udfff"))
_always_alike = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    "value", [None, True, 7, -(10**30), "Grüße 😀\x00", [], {}, [{"a": [1, "b", None]}, "c"], {"": {"x": 0.5}}]
)
def test_what_strict_json_holds_stays_as_it_is(value: Any) -> None:
    for body in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert lenient_json.parse_json(body.encode()) == value
    assert lenient_json.clean_value(value) == value


@_always_alike
@given(_ANY_TEXT)
def test_any_text_can_be_encoded_afterwards(text: str) -> None:
    lenient_json.clean_value({"title": text})["title"].encode()


@_always_alike
@given(_ANY_TEXT)
def test_any_name_of_a_field_can_be_encoded_afterwards(name: str) -> None:
    [cleaned] = lenient_json.clean_value({name: 1})
    cleaned.encode()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"\udc00"', "\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'["\udfff", {"x": "\ud83d"}]', ["\ufffd", {"x": "\ufffd"}]),
    ],
)
def test_half_of_a_surrogate_pair_is_replaced_and_a_whole_one_is_its_character(body: bytes, value: object) -> None:
    assert lenient_json.parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"7.0", 7), (b"-0.0", 0), (b"2e3", 2000), (b"[1.0, [2.5]]", [1, [2.5]]), (b"1e300", int(1e300))],
)
def test_a_float_that_is_whole_becomes_an_integer(body: bytes, value: object) -> None:
    found = lenient_json.parse_json(body)
    assert found == value
    assert not isinstance(found, float)


def test_a_float_with_a_fraction_stays_one() -> None:
    assert lenient_json.parse_json(b"0.5") == 0.5


@pytest.mark.parametrize(("body", "text"), [(b"NaN", "nan"), (b"-Infinity", "-inf"), (b"1e999", "inf")])
def test_a_number_that_is_not_finite_becomes_a_text_which_no_field_of_numbers_takes(body: bytes, text: str) -> None:
    assert lenient_json.parse_json(body) == text


def test_yes_and_no_are_no_numbers() -> None:
    assert lenient_json.parse_json(b"[true, false]") == [True, False]
    assert lenient_json.clean_value(True) is True  # noqa: FBT003 (JSON)


@pytest.mark.parametrize("body", [b"", b"{", b"{} x", b"\xff", '{"a": 1}'.encode("utf-16"), '"é"'.encode("latin-1")])
def test_what_is_not_json_in_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        lenient_json.parse_json(body)


def test_json_that_is_nested_beyond_reason_is_refused() -> None:
    with pytest.raises(RecursionError):
        lenient_json.parse_json(b"[" * 100_000)
