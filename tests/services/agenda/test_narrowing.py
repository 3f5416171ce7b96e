"""What is left of an agenda that was kept: lines, moves and sums."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from shareable_backlog.database.agenda.shown_now import ShownNow
from shareable_backlog.services.agenda import narrowing
from shareable_backlog.services.agenda.agenda import AgendaItem, ItemMove, SumKind
from tests.support.mirrored import NOON

ALL = ShownNow(
    item_ids=["i"], ranked_ids=["i"], state_ids=["s1", "s2"], project_ids=["p1", "p2"], hidden_project_ids=[],
    listed_project_ids=[], estimates=True,
)  # fmt: skip
ITEM = AgendaItem(
    id="i", identifier="ENG-1", title="A title", team=None, priority=1, estimate=3, issue_estimation_type=None,
    due_date=None, created_at=NOON, updated_at=NOON, archived_at=None, is_open=True, state_name="Doing",
    state_type="started", state_color=None, state_is_advanced=True, assignee=None, project="Apollo", milestone=None,
    cycle_number=None, labels=[], state_id="s2", project_id="p2",
)  # fmt: skip
STATE = ItemMove("i", "state", "Todo", is_slip=False, before_id="s1")
PROJECT = ItemMove("i", "project", "Tides", is_slip=False, before_id="p1")
ESTIMATE = ItemMove("i", "estimate", "2", is_slip=False, before_id=None)
SLIP = ItemMove("i", "due_date", "2026-01-01", is_slip=True, before_id=None)
MOVES = {"i": [STATE, PROJECT, ESTIMATE, SLIP]}


def test_what_may_be_shown_stays_as_it_was() -> None:
    assert narrowing.hide_names(ITEM, ALL) == ITEM
    assert narrowing.narrow_moves(MOVES, {"i": ITEM}, ALL) == MOVES


@pytest.mark.parametrize(
    ("shown", "left"),
    [
        (replace(ALL, state_ids=["s2"]), [PROJECT, ESTIMATE, SLIP]),
        (replace(ALL, state_ids=["s1"]), [PROJECT, ESTIMATE, SLIP]),
        (replace(ALL, project_ids=["p2"], hidden_project_ids=["p1"]), [STATE, ESTIMATE, SLIP]),
        (replace(ALL, project_ids=["p2"]), [STATE, replace(PROJECT, before=None), ESTIMATE, SLIP]),
        (replace(ALL, project_ids=["p1"]), [STATE, ESTIMATE, SLIP]),
        (replace(ALL, estimates=False), [STATE, PROJECT, SLIP]),
    ],
)
def test_a_move_is_told_if_both_of_its_ends_may_be(shown: ShownNow, left: list[ItemMove]) -> None:
    assert narrowing.narrow_moves(MOVES, {"i": ITEM}, shown) == {"i": left}


def test_of_what_is_not_shown_no_move_is_told() -> None:
    assert narrowing.narrow_moves(MOVES, {"i": ITEM}, replace(ALL, item_ids=[])) == {}


def test_names_that_may_not_be_read_any_more_are_taken_from_a_line() -> None:
    item = narrowing.hide_names(ITEM, replace(ALL, state_ids=[], project_ids=[], estimates=False))
    assert (item.state_name, item.state_type, item.project, item.estimate) == (None, None, None, None)


@pytest.mark.parametrize(
    ("moves", "ended", "is_moved"),
    [([STATE], [], True), ([STATE], ["i"], False), ([SLIP], [], False), ([], [], False), ([ESTIMATE], ["i"], True)],
)
def test_an_item_moved_if_a_move_is_told_that_is_no_slip_and_did_not_end_it(
    moves: list[ItemMove], ended: list[str], *, is_moved: bool
) -> None:
    of_kind: list[dict[SumKind, Sequence[str]]] = [
        {"done": ended, "canceled": []},
        {"done": [], "canceled": ended},
        {"done": ended},
    ]
    for sums in of_kind:
        left = narrowing.narrow_sums({"moved": ["i", "hidden"], **sums}, {"i": moves}, ALL)
        assert left["moved"] == (["i"] if is_moved else [])
