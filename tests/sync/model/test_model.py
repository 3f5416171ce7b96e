"""Whatever happens in Linear and to the program, the mirror ends equal to the source; see `tests.sync.model`."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how

from shareable_backlog.config import Settings
from tests.sync.model.histories import History, Refuse, Run, Step, histories
from tests.sync.model.play import open_play

_PARTS = 20
_HISTORIES = int(os.environ.get("SLB_TEST_HISTORIES", "100"))
_SEED = int(os.environ.get("SLB_TEST_SEED", "0"))


@pytest.mark.long
@pytest.mark.parametrize("part", range(_PARTS))
def test_the_mirror_ends_equal_to_the_source_after_any_history(part: int, settings: Settings) -> None:
    with open_play(settings) as play:

        @seed(_SEED * _PARTS + part)
        @how(
            max_examples=_HISTORIES // _PARTS,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
            phases=[Phase.generate, Phase.shrink],
        )
        @given(histories)
        def check(history: History) -> None:
            play(history)

        check()


_ONCE_WRONG: dict[str, tuple[Step, ...]] = {
    "a team is seen that was not seen before": (
        ("hide", "teams", 1, 0),
        ("pass", "600", 0, 0),
        Run(),
        ("show", "teams", 1, 0),
    ),
    "what was made within two hours goes while Linear's clock is as much behind": (
        Run(),
        ("remove", "issues", 0, 0),
        Run(is_full=True, removals_allowed=True, date_ahead_s=-7200),
    ),
    "the team of a parent is out of sight for a while": (
        Run(),
        ("hide", "teams", 0, 0),
        ("pass", "600", 0, 0),
        Run(is_full=True, removals_allowed=True),
        ("pass", "600", 0, 0),
        ("show", "teams", 0, 0),
    ),
    "a parent is moved from a team that is not seen to one that is": (
        ("hide", "teams", 0, 0),
        ("pass", "600", 0, 0),
        Run(),
        ("move", "teams", 0, 1),
    ),
    "rows come without what they need, and later with it": (
        ("pass", "600", 0, 0),
        Run(refused=(Refuse("workflowStates", "rights", "silent", "field", 0),)),
    ),
}


@pytest.mark.parametrize("steps", _ONCE_WRONG.values(), ids=_ONCE_WRONG.keys())
def test_a_history_that_once_went_wrong_goes_right(steps: tuple[Step, ...], settings: Settings) -> None:
    with open_play(settings) as play:
        play(History(frozenset(), trash_archives=True, steps=steps))
