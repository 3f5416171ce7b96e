"""What a node says of a team, a state, a label or a person, and what is taken to be so when it says nothing."""

import pytest

from shareable_backlog.streams.workspace import CUSTOM_VIEWS, LABELS, PEOPLE, TEAMS, WORKFLOW_STATES
from tests.streams.reading import read


@pytest.mark.parametrize(
    ("visibility", "private"),
    [("public", False), (None, False), ("private", True), ("restricted", True), ("new", True)],
)
def test_a_team_that_is_not_public_is_private(visibility: str | None, *, private: bool) -> None:
    assert read(TEAMS, key="ENG", name="Engineering", visibility=visibility).private is private


def test_a_team_whose_visibility_is_not_told_is_public() -> None:
    assert read(TEAMS, key="ENG", name="Engineering").private is False


@pytest.mark.parametrize("position", [{}, {"position": None}, {"position": 0}])
def test_a_state_without_a_position_comes_first(position: dict[str, None]) -> None:
    assert read(WORKFLOW_STATES, name="Todo", type="unstarted", **position).position == 0


@pytest.mark.parametrize("is_group", [{}, {"isGroup": None}, {"isGroup": False}])
def test_a_label_is_a_group_only_when_it_says_so(is_group: dict[str, bool | None]) -> None:
    assert read(LABELS, name="Bug", **is_group).is_group is False
    assert read(LABELS, name="Bug", isGroup=True).is_group is True


@pytest.mark.parametrize("active", [{}, {"active": None}, {"active": True}])
def test_a_person_has_left_only_when_it_says_so(active: dict[str, bool | None]) -> None:
    assert read(PEOPLE, name="Alice", **active).active is True
    assert read(PEOPLE, name="Alice", active=False).active is False


@pytest.mark.parametrize("shared", [{}, {"shared": None}, {"shared": False}])
def test_a_view_is_shared_only_when_it_says_so(shared: dict[str, bool | None]) -> None:
    assert read(CUSTOM_VIEWS, name="Mine", **shared).shared is False
    assert read(CUSTOM_VIEWS, name="Ours", shared=True).shared is True


def test_a_view_has_its_filter_as_linear_has_it() -> None:
    filter_data = {"and": [{"labels": {"some": {"name": {"eqIgnoreCase": "bug"}}}}, {"estimate": {"gt": 1.5}}]}
    assert read(CUSTOM_VIEWS, name="Bugs", filterData=filter_data).filter_data == filter_data
