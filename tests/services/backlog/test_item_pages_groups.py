"""The groups of a list, asked for in the words of an address."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database.backlog import item_groups
from shareable_backlog.database.backlog.selection import item_query
from shareable_backlog.database.connection.query import query_all
from tests.support.listing import APOLLO, groups, identifiers, read_groups, store_world
from tests.support.mirrored import NOON, item, project, state, store, team

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_states_of_one_name_are_one_group_in_the_order_of_work() -> None:
    await store_world()
    await store(state("unstarted", name="Todo"), item(6, state_id="ENG-unstarted-0"))
    assert await groups("group=state") == {
        "In Review": (2, ["OPS-3", "ENG-1"]),
        "Todo": (1, ["ENG-6"]),
        "completed": (1, ["ENG-2"]),
        None: (2, ["ENG-5", "OPS-4"]),
    }


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("team", {"ENG": [5, 2, 1], "OPS": [4, 3]}),
        ("project", {"Apollo": [4, 2], None: [5, 3, 1]}),
        ("assignee", {"Alice": [1], "Bob": [2], None: [5, 4, 3]}),
        ("cycle", {"12": [2], None: [5, 4, 3]}),
        ("label", {"Bug": [3, 1], "Roof": [3], None: [5, 4, 2]}),
    ],
)
async def test_items_are_grouped_by_what_they_have(by: str, found: dict[str | None, list[int]]) -> None:
    await store_world()
    shown = await groups(f"group={by}")
    assert {name: [int(one[4:]) for one in ids] for name, (_, ids) in shown.items()} == found


async def test_priorities_are_grouped_from_urgent_to_none() -> None:
    await store_world()
    shown = (await read_groups("group=priority")).groups
    assert [(one.condition.values, one.count) for one in shown] == [(("urgent",), 1), (("high",), 1), (("none",), 3)]


async def test_a_group_leads_to_its_items_alone() -> None:
    await store_world()
    for by in ("state", "team", "project", "priority", "assignee", "cycle", "label"):
        for one in (await read_groups(f"group={by}")).groups:
            [*named, nothing] = [*(f"{by}={value}" for value in one.condition.values), f"no={by}"]
            assert len(await identifiers(nothing if one.condition.with_none else "&".join(named))) == one.count


async def test_a_closed_group_shows_its_count_alone() -> None:
    await store_world()
    shown = await groups("group=project&closed=apollo&closed=")
    assert shown == {"Apollo": (2, []), None: (3, [])}


async def test_groups_by_priority_close_as_others_do() -> None:
    await store_world()
    assert await groups("group=priority&closed=urgent&closed=none") == {
        "urgent": (1, []),
        "high": (1, ["ENG-5"]),
        "none": (3, []),
    }


async def test_filters_and_orders_hold_within_groups() -> None:
    await store_world()
    assert await groups("group=team&-label=roof&order=created") == {
        "ENG": (3, ["ENG-5", "ENG-2", "ENG-1"]),
        "OPS": (1, ["OPS-4"]),
    }


async def test_more_groups_than_a_page_has_follow_on_the_next() -> None:
    names = [f"P{number:02}" for number in range(30)]
    await store(*map(project, names))
    await store(*(item(n, project_id=f"project-{name}") for n, name in enumerate(names) if n % 2))
    first = await read_groups("group=project")
    assert first.next_skip is not None
    rest = await read_groups("group=project", skip=first.next_skip)
    shown = [one.group.value for one in (*first.groups, *rest.groups)]
    assert (len(first.groups), shown, rest.next_skip) == (12, names[1::2], None)


async def test_a_group_of_more_than_a_thousand_is_counted_exactly() -> None:
    await store(state("started"), *(item(number, state_id="ENG-started-0") for number in range(1_200)), indexed=False)
    assert (await groups("group=state"))["started"][0] == 1_200


async def test_a_group_has_the_sum_of_the_points_of_all_its_items() -> None:
    await store(team("ENG"), team("OPS", issue_estimation_type="notUsed"), state("started"))
    await store(*(item(number, state_id="ENG-started-0", estimate=2.0) for number in range(9)), item(10))
    await store(item(11, team="OPS", estimate=5.0))
    found = await read_groups("group=team")
    assert [(one.count, one.points) for one in found.groups] == [(10, 18.0), (1, None)]


@pytest.mark.parametrize("by", ["state", "team", "project", "priority", "assignee", "cycle", "label"])
@pytest.mark.parametrize(
    "words",
    [
        (
            "",
            "-label=roof",
            "q=title",
            "q=title&order=created",
            "order=created",
            "archived=shown",
            "archived=shown&q=t",
        ),
        ("done=hidden", "type=started", "-type=started", "state=completed&no=state", "has=state", "no=state"),
        ("team=ENG", "-team=ENG", "team=OPS&type=started", "team=ENG&type=started&no=state", "label=bug", "no=label"),
        ("assignee=bob", "-assignee=bob", "assignee=bob&no=assignee", "no=assignee", "has=assignee", "due=overdue"),
        ("project=apollo", "no=project", "-project=apollo", "cycle=12", "no=cycle", "has=cycle", "-cycle=12"),
        ("priority=urgent", "-priority=high", "no=priority", "has=priority", "priority=high&no=priority"),
    ],
)
async def test_groups_of_many_items_are_those_of_few(
    monkeypatch: pytest.MonkeyPatch, by: str, words: Sequence[str]
) -> None:
    await store_world()
    of_few = [await groups(f"group={by}&{word}") for word in words]
    assert any(of_few)
    for few, of_sample in ((1, 20), (1, 0), (3, 20)):
        monkeypatch.setattr(item_groups, "FEW", few)
        monkeypatch.setattr(item_groups, "_FEW_OF_ALL", few)
        monkeypatch.setattr(item_query, "_FEW_OF_SAMPLE", of_sample)
        assert [await groups(f"group={by}&{word}") for word in words] == of_few


async def test_a_few_groups_at_a_time_are_looked_through_for_a_common_word(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_world()
    of_all = await groups("group=priority&q=title")
    asked: list[int] = []

    async def noting(statements: Sequence[tuple[LiteralString, Any]], **row: Any) -> Any:
        asked.append(len(statements))
        return await query_all(statements, **row)

    monkeypatch.setattr(item_groups, "_FEW_OF_ALL", 1)
    monkeypatch.setattr(item_groups, "query_all", noting)
    for of_sample, wanted in ((0, [3, 2]), (20, [5])):
        monkeypatch.setattr(item_query, "_FEW_OF_SAMPLE", of_sample)
        monkeypatch.setattr(item_groups, "_FEW_OF_RARE", 1)
        asked.clear()
        assert await groups("group=priority&q=title") == of_all
        assert asked == wanted


async def test_a_group_that_a_filter_leaves_out_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_world()
    asked: list[str] = []

    async def noting(statements: Sequence[tuple[LiteralString, Any]], **row: Any) -> Any:
        asked.extend(str(params["group_is"]) for _, params in statements)
        return await query_all(statements, **row)

    monkeypatch.setattr(item_groups, "FEW", 1)
    monkeypatch.setattr(item_groups, "query_all", noting)
    await groups("group=state&done=hidden")
    assert "['ENG-started-0', 'OPS-started-0']" in asked or "['OPS-started-0', 'ENG-started-0']" in asked
    assert not any("completed" in one for one in asked)


async def test_a_group_that_is_among_the_first_is_not_looked_into_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(team("ENG"), project("Apollo"), project("Borealis"))
    await store(
        *(item(number, project_id=APOLLO, priority=1) for number in range(1, 111)),
        item(0, project_id="project-Borealis", priority=1, updated_at=NOON - timedelta(days=1)),
    )
    monkeypatch.setattr(item_groups, "FEW", 105)
    assert await groups("group=project&priority=urgent") == {
        "Apollo": (101, ["ENG-110", "ENG-109", "ENG-108"]),
        "Borealis": (1, ["ENG-0"]),
    }
