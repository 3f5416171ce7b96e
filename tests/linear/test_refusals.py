"""What an error says was refused."""

import pytest

from shareable_backlog.linear import refusals
from shareable_backlog.linear.errors import Forbidden, InvalidQuery, PagesEndless, PartialAnswer, Place, Refused


def place(*path: str | int, code: str = "INTERNAL_SERVER_ERROR", message: str = "No") -> Place:
    return Place(path, frozenset({code}), message)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Forbidden([place("comments", code="FORBIDDEN")]), "rights"),
        (Forbidden(), "rights"),
        (Forbidden([place("comments", code="FEATURE_NOT_ACCESSIBLE")]), "plan"),
        (PartialAnswer([place("comments", code="FORBIDDEN"), place("cycles")]), "rights"),
        (PartialAnswer([place("comments"), place("cycles", code="FORBIDDEN")]), "error"),
        (InvalidQuery([place("comments", "nodes", 7, code="INPUT_ERROR")]), "error"),
        (InvalidQuery([place(code="GRAPHQL_VALIDATION_FAILED")]), "query"),
        (PartialAnswer(), "error"),
        (PagesEndless([Place(("comments",))]), "endless"),
    ],
)
def test_each_error_has_its_cause(error: Refused, cause: str) -> None:
    assert refusals.find_cause(error, "comments") == cause


def test_lists_are_named_by_the_beginnings_of_the_paths() -> None:
    error = PartialAnswer([place("comments", "nodes", 3, "user"), place("cycles"), place()])
    assert refusals.list_names(error) == {"comments", "cycles"}


def test_positions_of_nodes_come_in_their_order() -> None:
    error = PartialAnswer([place("comments", "nodes", 7, "user"), place("comments", "nodes", 3), place("cycles")])
    assert refusals.list_positions(error, "comments") == [3, 7]
    assert refusals.list_positions(error, "cycles") == []


def test_a_field_is_named_when_it_is_the_only_one() -> None:
    one = PartialAnswer([place("comments", "nodes", 7, "user", "id"), place("comments", "nodes", 8, "user")])
    assert refusals.find_field(one, "comments") == "user"
    assert refusals.find_field(PartialAnswer([*one.places, place("comments", "nodes", 9)]), "comments") is None
    assert refusals.find_field(PartialAnswer([place("comments")]), "comments") is None


def test_a_field_that_linear_does_not_know_is_read_from_its_words() -> None:
    error = InvalidQuery([place(message='Cannot query field "health" on type "Project". Did you mean "healthy"?')])
    assert refusals.find_unknown_field(error, "Project") == "health"
    assert refusals.find_unknown_field(error, "Issue") is None


def test_a_path_is_told_in_short() -> None:
    assert refusals.describe_path(PartialAnswer([place("a", "nodes", 7, "user")]), "a") == "a.nodes.7.user"
    assert refusals.describe_path(PartialAnswer([place("b")]), "a") == "a"
    assert len(refusals.describe_path(PartialAnswer([place("a", "x" * 999)]), "a")) == 200
