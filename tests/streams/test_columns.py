"""Where a column comes from follows from its name and the marks of its type."""

from typing import Annotated

import msgspec
import pytest

from shareable_backlog.streams.columns import (
    Fallback,
    Id,
    MadeOf,
    MirrorRow,
    PartOf,
    PersonId,
    StreamColumn,
    Time,
    list_columns,
)


class Thought(MirrorRow, frozen=True, kw_only=True):
    """A row with a column of each sort."""

    body: str
    slug_id: str | None = None
    thought_at: Time | None = None
    thinker_id: PersonId
    critic_id: PersonId | None = None
    issue_id: Annotated[Id, PartOf("issues")]
    loud: Annotated[bool, MadeOf("volume", int | None, bool)]
    weight: Annotated[float, Fallback(1.0)]
    tags: Annotated[list[str], Fallback([], null_is_wrong=True)]


COLUMNS = {column.name: column for column in list_columns(Thought)}


def test_a_row_has_the_columns_of_all_rows_too() -> None:
    assert list(COLUMNS)[:4] == ["id", "created_at", "updated_at", "archived_at"]


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("body", "body"),
        ("slug_id", "slugId"),
        ("thought_at", "thoughtAt"),
        ("thinker_id", "thinker"),
        ("loud", "volume"),
    ],
)
def test_a_column_is_called_as_linears_field(column: str, key: str) -> None:
    assert COLUMNS[column].key == key


def test_a_reference_is_one_by_its_mark_and_not_by_its_name() -> None:
    assert [name for name, column in COLUMNS.items() if column.is_reference] == [
        "thinker_id",
        "critic_id",
        "issue_id",
    ]
    assert COLUMNS["issue_id"].refers == PartOf("issues")


def test_times_and_days_are_known_as_such() -> None:
    assert [name for name, column in COLUMNS.items() if column.is_time] == [
        *("created_at", "updated_at", "archived_at", "thought_at")
    ]


def test_what_must_be_there_has_no_default() -> None:
    required = [name for name, column in COLUMNS.items() if column.default is msgspec.NODEFAULT]
    assert required == ["id", "created_at", "updated_at", "body", "thinker_id", "issue_id"]


def test_what_is_missing_or_null_has_what_the_mark_says() -> None:
    weight = COLUMNS["weight"]
    assert weight.default is None
    assert [_make(weight, value) for value in (None, 0.0, 2.5)] == [1.0, 0.0, 2.5]


def test_what_must_not_be_null_has_what_the_mark_says_only_when_it_is_missing() -> None:
    assert (COLUMNS["tags"].default, COLUMNS["tags"].make) == ([], None)


def test_a_column_can_be_made_of_another_field() -> None:
    assert [_make(COLUMNS["loud"], value) for value in (None, 0, 11)] == [False, False, True]


def _make(column: StreamColumn, value: object) -> object:
    assert column.make
    return column.make(value)
