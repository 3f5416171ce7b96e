"""What predicates say, as data and as SQL: each row of a table meets the one when it is allowed by the other."""

from itertools import product

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.backlog.selection.item_predicates import (
    COLUMNS,
    IdPredicate,
    SqlPredicate,
    list_allowed,
    narrow,
    place_priority,
)

TEAM, STATE = COLUMNS["team"], COLUMNS["state"]


def state(*ids: str, with_none: bool = False, is_not: bool = False) -> IdPredicate:
    return IdPredicate(column=STATE, parameter="ids", ids=ids, with_none=with_none, is_not=is_not)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_the_sql_is_met_by_what_is_allowed() -> None:
    for ids, with_none, is_not in product([(), ("a",), ("a", "b")], [False, True], [False, True]):
        one = state(*ids, with_none=with_none, is_not=is_not)
        found = await query(
            f"SELECT state_id FROM (VALUES ('a'), ('b'), ('c'), (NULL)) i (state_id) WHERE {one.render()}", one.params
        )
        assert {value for (value,) in found} == {value for value in ("a", "b", "c", None) if one.is_met_by(value)}


def test_one_id_is_written_so_that_its_index_has_the_items_in_order() -> None:
    assert state("a").render() == "(i.state_id = (%(ids)s::text[])[1])"
    assert state("a", "b").render() == "(i.state_id = ANY (%(ids)s::text[]))"


def test_what_a_setting_guards_is_asked_for_only_while_it_is_shown() -> None:
    for is_not in (False, True):
        one = IdPredicate(column=COLUMNS["assignee"], parameter="ids", ids=["a"], is_not=is_not)
        assert one.render().endswith(" AND (SELECT shows_assignees FROM sharing_settings)")


def test_values_that_an_item_may_have_are_allowed_by_all_predicates_of_its_column() -> None:
    of_team = IdPredicate(column=TEAM, parameter="teams", ids=["a"])
    predicates = [state("a", "b", with_none=True), state("b", is_not=True), of_team, SqlPredicate(sql="true")]
    assert list_allowed(predicates, STATE, ["a", "b", "c", None]) == ["a", None]
    assert list_allowed(predicates, TEAM, ["a", "b", None]) == ["a"]
    assert list_allowed(predicates, COLUMNS["project"], ["a", None]) == ["a", None]


def test_narrowed_predicates_say_no_more_of_the_column_than_is_new() -> None:
    of_team, other = IdPredicate(column=TEAM, parameter="teams", ids=["a"]), SqlPredicate(sql="true")
    new = state("a")
    assert narrow([state("a", "b"), of_team, state("c", is_not=True), other], new) == (of_team, other, new)


def test_priorities_stand_from_urgent_to_none() -> None:
    assert sorted([0, 1, 2, 3, 4], key=place_priority, reverse=True) == [1, 2, 3, 4, 0]
