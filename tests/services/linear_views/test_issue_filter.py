"""A filter of Linear is read a clause at a time; the test table is that of its translation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.database.linear_views.view_names import NameRow, ViewNames
from shareable_backlog.services.linear_views.choices import Choice
from shareable_backlog.services.linear_views.issue_filter import FilterReading, read_issue_filter

NAMES = ViewNames(rows=(NameRow(kind="project", id="j", role="name", text="Apollo", folded="apollo"),))


def read(filter_data: object, *, counts_none: bool = True) -> tuple[list[Choice], list[str]]:
    reading = FilterReading(NAMES, counts_none)
    return read_issue_filter(reading, filter_data), reading.refusals


def test_whether_not_this_one_means_what_has_none_is_left_to_the_reading() -> None:
    filter_data = {"project": {"id": {"neq": "j"}}}
    assert read(filter_data) == ([Choice("project", frozenset({"j"}), is_not=True)], [])
    assert read(filter_data, counts_none=False) == ([Choice("project", frozenset({"j", None}), is_not=True)], [])


def test_what_can_be_read_is_read_beside_what_can_not() -> None:
    choices, refusals = read({"priority": {"eq": 1}, "number": {"eq": 1}})
    assert (choices, refusals) == ([Choice("priority", frozenset({"urgent"}))], ["“number” has no meaning here."])


@pytest.mark.parametrize("number", [10**400, -(10**400), 1e9, float("inf"), float("nan")])
def test_a_number_that_nothing_has_is_refused_in_words(number: float) -> None:
    assert read({"estimate": {"eq": number}}) == ([], ["“estimate.eq” has no meaning here."])


KEYS = ("and", "or", "team", "state", "labels", "some", "every", "project", "assignee", "priority", "estimate")
WORDS = ("id", "name", "type", "null", "eq", "in", "nin", "lte", "dueDate", "completedAt", "cycle", "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["j", "started"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS + WORDS), inner, max_size=4),
    max_leaves=20,
)


@given(filter_data=JSON)
def test_whatever_it_is_it_is_read_or_refused_in_words(filter_data: Any) -> None:
    for counts_none in (True, False):
        choices, refusals = read(filter_data, counts_none=counts_none)
        assert choices or refusals or not filter_data or set(filter_data) <= {"and"}


@pytest.mark.parametrize("value", ["2026-02-30", "20261201", "2026-12", "0001-01-01", "9999-12-31", 20261201, None])
def test_what_is_no_day_is_none(value: object) -> None:
    assert read({"dueDate": {"lt": value}})[0] == []
