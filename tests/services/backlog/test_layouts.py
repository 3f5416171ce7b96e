"""How the backlog is laid out, in the words of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.backlog.layouts import ListLayout, build_pairs, parse_layout
from shareable_backlog.vocabulary import COLUMNS, GROUPS, ORDERS

Pair = tuple[str, str]
LAYOUTS = st.builds(
    ListLayout,
    group=st.none() | st.sampled_from([*GROUPS, "none"]),
    order=st.none() | st.sampled_from([*ORDERS]),
    columns=st.none() | st.lists(st.sampled_from([*COLUMNS]), unique=True, min_size=1).map(tuple),
    closed=st.lists(st.sampled_from(["", "Done", "In Review"]), unique=True).map(tuple),
    subgroup=st.none() | st.sampled_from([*GROUPS]),
).filter(lambda one: one.subgroup is None or one.group not in {None, "none", one.subgroup})


def test_nothing_said_is_left_to_the_person_and_the_page() -> None:
    assert parse_layout([]) == ListLayout(group=None, order=None, columns=None, closed=())


@pytest.mark.parametrize("pair", [("group", ""), ("order", " "), ("columns", ""), ("q", "roof"), ("team", "ENG")])
def test_empty_values_and_other_names_are_left_out(pair: Pair) -> None:
    assert parse_layout([pair]) == ListLayout()


def test_columns_are_joined_and_stand_once_each() -> None:
    found = parse_layout([("columns", "id,STATE"), ("columns", "due"), ("columns", "id")])
    assert found.columns == ("id", "state", "due")


def test_the_group_of_what_has_nothing_there_is_closed_by_an_empty_name() -> None:
    assert parse_layout([("closed", ""), ("closed", "Done"), ("closed", "Done")]).closed == ("", "Done")


def test_no_more_than_fifty_groups_are_closed() -> None:
    assert len(parse_layout([("closed", str(number)) for number in range(60)]).closed) == 50


@pytest.mark.parametrize(
    "pair", [("group", "size"), ("subgroup", "size"), ("order", "newest"), ("columns", "id,size")]
)
def test_a_word_without_meaning_is_refused_in_words(pair: Pair) -> None:
    with pytest.raises(InvalidInput, match=r"The list can't be arranged by “(size|newest)”"):
        parse_layout([pair])


@pytest.mark.parametrize("words", ["", "group=none", "group=team"])
def test_a_group_is_within_another_one(words: str) -> None:
    pairs = [tuple(words.split("=")), ("subgroup", "team")] if words else [("subgroup", "team")]
    assert parse_layout((name, value) for name, value in pairs).subgroup is None
    assert parse_layout([("group", "state"), ("subgroup", "Team")]).subgroup == "team"


@given(LAYOUTS)
def test_what_is_written_back_means_the_same(layout: ListLayout) -> None:
    assert parse_layout(build_pairs(layout)) == layout
