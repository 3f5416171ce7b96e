"""Filters as predicates on ids."""

from collections.abc import Mapping, Sequence

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.backlog.selection.item_filters import look_up_names, write_predicates
from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate, Predicate, SqlPredicate
from tests.support.listing import store_world
from tests.support.selecting import NOW, ask


async def found(words: str) -> Mapping[str, Sequence[str]]:
    """Return the ids that are found for what the words of an address name."""
    names = look_up_names(ask(words).filters)
    [(ids,)] = await query(f"SELECT {names.render()}", names.params)
    return {name: sorted(one) for name, one in ids.items()}


def written(words: str) -> list[Predicate]:
    """Return the predicates of the words of an address, where each name is one id."""
    filters = ask(words).filters
    return write_predicates(filters, {name: ["id"] for name in look_up_names(filters).statements}, NOW)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("team=eng", {"team_is": ["team-ENG"]}),
        ("-team=ENG&team=OPS", {"team_is": ["team-OPS"], "team_not": ["team-ENG"]}),
        ("state=in review", {"states_is": ["ENG-started-0", "OPS-started-0"]}),
        ("type=started&team=OPS", {"states_is": ["OPS-started-0"], "team_is": ["team-OPS"]}),
        ("type=started&-state=in review", {"states_is": []}),
        ("done=hidden", {"states_not": ["ENG-completed-0"]}),
        ("-type=started&done=hidden", {"states_not": ["ENG-completed-0", "ENG-started-0", "OPS-started-0"]}),
        ("assignee=bobby&-creator=alice", {"assignee_is": ["person-Bob"], "creator_not": ["person-Alice"]}),
        ("label=area", {"label_is": ["label-Area", "label-Roof"]}),
        ("project=apollo&milestone=launch", {"project_is": ["project-Apollo"], "milestone_is": ["milestone"]}),
        ("cycle=current&cycle=99", {"cycle_is": ["cycle"]}),
        ("cycle=current&team=ENG", {"cycle_is": ["cycle"], "team_is": ["team-ENG"]}),
        ("cycle=current&team=OPS", {"cycle_is": [], "team_is": ["team-OPS"]}),
        ("cycle=current&-team=OPS", {"cycle_is": ["cycle"], "team_not": ["team-OPS"]}),
        ("project=nowhere", {"project_is": []}),
        ("priority=high&due=today&no=state", {}),
    ],
)
async def test_names_are_looked_up(words: str, ids: Mapping[str, Sequence[str]]) -> None:
    await store_world()
    assert await found(words) == ids


@pytest.mark.parametrize(
    ("words", "column", "parameter", "with_none", "is_not"),
    [
        ("team=ENG", "team", "team_is", False, False),
        ("-assignee=alice", "assignee", "assignee_not", False, True),
        ("creator=alice&no=creator", "creator", "creator_is", True, False),
        ("has=project", "project", "project_not", True, True),
        ("state=Todo", "state", "states_is", False, False),
        ("type=started&no=state", "state", "states_is", True, False),
        ("no=state&has=state", "state", "states_is", False, False),
        ("has=state&done=hidden", "state", "states_not", True, True),
        ("-type=started", "state", "states_not", False, True),
    ],
)
def test_a_filter_of_names_is_a_predicate_on_ids(
    words: str, column: str, parameter: str, *, with_none: bool, is_not: bool
) -> None:
    [one] = written(words)
    assert isinstance(one, IdPredicate)
    assert (one.column.name, one.parameter) == (column, parameter)
    assert (one.with_none, one.is_not) == (with_none, is_not)


def test_priorities_are_ids_as_well_and_none_is_one_of_them() -> None:
    [one] = written("priority=urgent&no=priority")
    assert isinstance(one, IdPredicate)
    assert (one.column.name, one.ids, one.is_one_of) == ("priority", [4, 0], True)


def test_teams_are_not_asked_for_beside_their_states_and_only_then() -> None:
    [states, team] = written("type=started&team=ENG")
    assert (states.is_implied, team.is_implied) == (False, True)
    for words in ("type=started&no=state&team=ENG", "-type=started&team=ENG"):
        assert [one.is_implied for one in written(words)] == [False, False]


@pytest.mark.parametrize("words", ["label=Bug", "-label=Bug", "due=overdue", "-updated=7d", "no=due"])
def test_labels_and_days_are_no_predicates_on_ids(words: str) -> None:
    [one] = written(words)
    assert isinstance(one, SqlPredicate)
