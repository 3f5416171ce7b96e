"""Kinds of fields: what each makes of a text, and that it writes the same text back."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import NODEFAULT, UNSET, Meta, Struct, UnsetType

from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.web import fields, pagination
from shareable_backlog.web.fields import Codec, Field, Otherwise, Trimmed

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
AFTER = pagination.encode_time_position(NOON, 7)
AFTER_KEY = pagination.encode_time_position(NOON, "key")


class Example(Struct, frozen=True, kw_only=True):
    """One field of each kind."""

    id: fields.Id
    long_id: fields.LongId = 0
    identifier: fields.Identifier = ""
    text: fields.Text = ""
    search: fields.SearchText = ""
    team: fields.TeamKey = ""
    ticked: fields.Ticked = False
    day: fields.Day | None = None
    email: fields.Email = ""
    next: fields.OwnPath = "/"
    after: fields.TimeAndId | None = None
    after_key: fields.TimeAndKey | None = None
    plain: str = ""
    choice: Literal["up", "down"] | None = None
    months: Literal[3, 6] | None = None
    page: Annotated[int, Meta(ge=1, le=100)] = 1
    many: tuple[str, ...] = ()
    ids: tuple[fields.Id, ...] = ()
    unset: str | UnsetType = UNSET
    from_: Annotated[fields.Id, Otherwise(NotFound, "Gone.")] = msgspec.field(default=0, name="from")


FIELDS = {field.key: field for field in fields.list_fields(Example)}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("id", "0", 0),
        ("id", "2147483647", 2_147_483_647),
        ("long_id", "9223372036854775807", 2**63 - 1),
        ("text", "two words", "two words"),
        ("ticked", "1", True),
        ("day", "2026-01-31", date(2026, 1, 31)),
        ("day", "9000-12-31", date(9000, 12, 31)),
        ("email", "person@example.com", "person@example.com"),
        ("next", "/items/ENG-1?a=b", "/items/ENG-1?a=b"),
        ("after", AFTER, (NOON, 7)),
        ("after_key", AFTER_KEY, (NOON, "key")),
        ("plain", " kept as it is ", " kept as it is "),
        ("choice", "up", "up"),
        ("months", "6", 6),
        ("page", "100", 100),
        ("unset", "", ""),
    ],
)
def test_a_text_is_read_as_its_value_and_written_back(key: str, text: str, value: object) -> None:
    found = FIELDS[key].read([text])
    assert (found, type(found)) == (value, type(value))
    assert FIELDS[key].write(found) == [text]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("id", "007", 7),
        ("identifier", "ENG-1\x00", "ENG-1"),
        ("team", "eng", "ENG"),
        ("ticked", "on", True),
        ("email", "Person@Example.com", "person@example.com"),
        ("next", "//evil.example.com", "/"),
        ("next", "", "/"),
    ],
)
def test_other_spellings_are_read_too(key: str, text: str, value: object) -> None:
    assert FIELDS[key].read([text]) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *(("id", text) for text in ("", "x", "-1", "+1", " 1", "1.0", "1e2", "2147483648", "9" * 5000, "٣", "²")),
        *(("long_id", text) for text in ("x", "-1", "9223372036854775808")),
        *(("day", text) for text in ("", "soon", "20260131", "2026-1-31", "2026-02-30", "1969-12-31", "9001-01-01")),
        *(("email", text) for text in ("", "person", "a@b", "a b@example.com", "a@example.com" * 30)),
        *(("after", text) for text in (AFTER_KEY, pagination.encode_time_position(NOON, -1))),
        *(("choice", text) for text in ("", "UP", "left", "null")),
        *(("months", text) for text in ("", "7", "6.0", "null")),
        *(("page", text) for text in ("", "0", "101", "x", "²")),
    ],
)
def test_a_text_without_meaning_is_no_value(key: str, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (which, nobody is told)
        FIELDS[key].read([text])


@pytest.mark.parametrize("key", ["after", "after_key"])
def test_a_damaged_position_says_so_itself(key: str) -> None:
    with pytest.raises(InvalidInput, match="address isn't valid"):
        FIELDS[key].read(["x"])


def test_a_tuple_holds_all_values_in_their_order() -> None:
    assert FIELDS["many"].read(["b", "", "a"]) == ("b", "", "a")
    assert FIELDS["many"].write(("b", "", "a")) == ["b", "", "a"]
    assert FIELDS["ids"].read(["2", "1"]) == (2, 1)
    assert FIELDS["ids"].write((2, 1)) == ["2", "1"]
    with pytest.raises(ValueError):  # noqa: PT011 (as above)
        FIELDS["ids"].read(["2", ""])


@pytest.mark.parametrize(
    ("trimmed", "text", "left"),
    [
        (None, " a ", " a "),
        (Trimmed(), " \ta b\n", "a b"),
        (Trimmed(3), "  abcdef", "abc"),
        (Trimmed(3), "ab  cd", "ab"),
        (Trimmed(3), "", ""),
    ],
)
def test_a_text_is_trimmed_as_the_field_says(trimmed: Trimmed | None, text: str, left: str) -> None:
    kind: Any = Annotated[str, trimmed] if trimmed else str
    [field] = fields.list_fields(msgspec.defstruct("Only", [("text", kind)]))
    assert field.trim(text) == left


@pytest.mark.parametrize(
    ("key", "takes_empty"),
    [
        ("text", True), ("plain", True), ("unset", True), ("next", True), ("many", True), ("ids", True),
        ("id", False), ("day", False), ("after", False), ("after_key", False), ("choice", False), ("months", False),
        ("ticked", False),
    ],
)  # fmt: skip
def test_an_empty_text_is_a_value_only_of_texts_and_tuples(key: str, *, takes_empty: bool) -> None:
    assert FIELDS[key].takes_empty is takes_empty


def test_a_field_knows_what_annotates_it() -> None:
    field: Field = FIELDS["from"]
    assert (field.name, field.default) == ("from_", 0)
    assert field.otherwise == Otherwise(NotFound, "Gone.")
    assert FIELDS["day"].meaning == "A date looks like 2026-01-31, with a year from 1970 to 9000."
    assert FIELDS["plain"].meaning == ""
    assert FIELDS["id"].default is NODEFAULT


@given(st.dates(date(1970, 1, 1), date(9000, 12, 31)))
def test_any_day_that_can_be_asked_for_is_written_and_read_back(day: date) -> None:
    assert FIELDS["day"].read(FIELDS["day"].write(day)) == day


@given(st.text(min_size=1, max_size=30), st.sampled_from(sorted(FIELDS)))
def test_whatever_is_read_is_read_again_from_what_is_written(text: str, key: str) -> None:
    field = FIELDS[key]
    try:
        value = field.read([text])
    except (ValueError, InvalidInput):
        return
    assert field.read(field.write(value)) == value


def test_a_codec_of_ones_own_reads_each_value_of_a_tuple() -> None:
    pair = Codec(lambda text: tuple(text.split("-")), "-".join)
    [field] = fields.list_fields(msgspec.defstruct("Pairs", [("pairs", tuple[Annotated[Any, pair], ...])]))
    assert field.read(["a-b", "c-d"]) == (("a", "b"), ("c", "d"))
    assert field.write((("a", "b"), ("c", "d"))) == ["a-b", "c-d"]
