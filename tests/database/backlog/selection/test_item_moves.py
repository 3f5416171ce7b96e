"""What an item has to meet that came or moved since a day; `test_comparison.py` of services has what that finds."""

import pytest

from shareable_backlog.database.backlog.selection import item_moves
from shareable_backlog.vocabulary import MOVES, MoveKind
from tests.support.mirrored import NOON


@pytest.mark.parametrize("kind", [kind for kind in MOVES if kind != "gone"])
def test_each_kind_asks_for_what_is_after_the_day(kind: MoveKind) -> None:
    predicate = item_moves.write_move(kind, NOON)
    assert "%(since)s" in predicate.render()
    assert predicate.params == {"since": NOON}


@pytest.mark.parametrize("kind", MOVES)
def test_without_a_day_nothing_came_or_moved(kind: MoveKind) -> None:
    assert item_moves.write_move(kind, None).render() == "false"


def test_what_is_gone_is_in_no_list_of_what_is_there() -> None:
    assert item_moves.write_move("gone", NOON).render() == "false"


def test_no_more_changes_are_looked_at_than_it_says() -> None:
    assert f"LIMIT {item_moves.MOST_CHANGES}" in item_moves.write_move("moved", NOON).render()
