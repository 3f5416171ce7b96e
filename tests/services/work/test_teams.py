"""A team's page: now, next, done, its cycles, projects and people, as each may see them."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.work import teams
from shareable_backlog.services.work.sections import WorkSection
from shareable_backlog.services.work.teams import TeamPage
from tests.services.work.test_cycles import BEGIN, DAY, NOW, count_listed, cycle, read_as
from tests.support.mirrored import item, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

KINDS = ("backlog", "unstarted", "started", "completed")


async def read_page(key: str = "ENG", scope: Scope = EVERYTHING, now: datetime = NOW) -> TeamPage:
    reader = read_as(scope, now)
    return await teams.read_team_page(reader, await teams.find_team(reader, key))


def name(section: WorkSection) -> list[str]:
    return [one.identifier for one in section.items]


async def test_what_was_done_last_and_what_comes_next_stand_first() -> None:
    await store(team("ENG"), *map(state, KINDS))
    done: dict[str, Any] = {"state_id": "ENG-completed-0"}
    await store(
        item(1, state_id="ENG-unstarted-0", priority=4),
        item(2, state_id="ENG-unstarted-0", priority=1),
        item(3, state_id="ENG-backlog-0", priority=1),
        item(4, **done, completed_at=BEGIN),
        item(5, **done, completed_at=BEGIN + DAY),
        item(6, state_id="ENG-started-0"),
    )
    phases = (await read_page()).phases
    assert [name(one) for one in (phases.started, phases.unstarted, phases.done)] == [
        ["ENG-6"], ["ENG-2", "ENG-1"], ["ENG-5", "ENG-4"]
    ]  # fmt: skip


async def test_its_cycles_are_the_one_under_way_and_those_beside_it() -> None:
    await store(team("ENG"), *map(cycle, (1, 2, 3)), *(item(n, cycle_id=f"cycle-ENG-{n}") for n in (1, 2, 3)))
    expected = {
        BEGIN + 18 * DAY: (2, 3, 1),
        BEGIN + 10 * DAY: (2, 3, 1),
        BEGIN + 99 * DAY: (None, None, 3),
        BEGIN - DAY: (None, 1, None),
    }
    for now, numbers in expected.items():
        found = (await read_page(now=now)).cycles
        assert tuple(one and one.number for one in (found.current, found.following, found.previous)) == numbers


async def test_a_team_that_is_not_shared_or_has_nothing_to_see_is_not_there() -> None:
    await store(team("ENG"), team("OPS", private=True), item(1, team="OPS"))
    for key in ("ENG", "OPS", "NONE"):
        with pytest.raises(NotFound):
            await read_page(key)


async def test_a_team_with_nothing_but_what_is_archived_keeps_its_page() -> None:
    await store(team("ENG"), item(1, archived_at=NOW))
    assert (await read_page("eng")).team.key == "ENG"


async def test_its_projects_are_those_of_what_is_open() -> None:
    await store(
        *map(project, ("A", "B", "C")),
        state("completed"),
        item(1, project_id="project-A"),
        item(2, project_id="project-B", state_id="ENG-completed-0"),
        item(3, team="OPS", project_id="project-C"),
    )
    assert [one.project.name for one in (await read_page()).projects] == ["A"]


async def test_who_works_on_what_is_told_where_people_are_shown() -> None:
    await store(state("started"), person("Maren"), item(1, state_id="ENG-started-0", assignee_id="person-Maren"))
    people = (await read_page()).people
    assert people
    assert [(one.name, one.count) for one in people] == [("Maren", 1)]
    await query("UPDATE sharing_settings SET shows_assignees = false")
    assert (await read_page()).people is None


# --- Random worlds


def is_shown(values: Mapping[str, Any], hidden: set[str], scope: Scope) -> bool:
    in_scope = scope.viewer_group_ids is None or "label-Roof" in values["label_ids"]
    return in_scope and values["project_id"] not in hidden and not values["trashed"]


@pytest.mark.parametrize("seed", range(4))
async def test_random_worlds_are_as_a_plain_model_says_in_every_scope(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    await store(*map(state, KINDS), project("A"), project("B"), person("Maren"), person("Óscar O'Neil / 2"))
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Roofs') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'label', 'label-Roof')",
        {"group": group},
    )
    world: dict[str, dict[str, Any]] = {}
    for number in range(1, 41):
        kind = dice.choice(KINDS)
        world[f"ENG-{number}"] = {
            "state_id": f"ENG-{kind}-0",
            "completed_at": BEGIN + timedelta(hours=number) if kind == "completed" else None,
            "project_id": dice.choice((None, "project-A", "project-B")),
            "assignee_id": dice.choice((None, "person-Maren", "person-Óscar O'Neil / 2")),
            "label_ids": ["label-Roof"] if dice.random() < 0.5 else [],
            "trashed": dice.random() < 0.1,
        }
    await store(*(item(number, **values) for number, values in enumerate(world.values(), 1)), indexed=False)
    for hidden, scope in ((set[str](), EVERYTHING), ({"project-A"}, EVERYTHING), ({"project-A"}, Scope((group,)))):
        await query("DELETE FROM sharing_rules")
        for entity_id in hidden:
            await query(
                "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', %(id)s, false)",
                {"id": entity_id},
            )
        shown = {id_: one for id_, one in world.items() if is_shown(one, hidden, scope)}
        page = await read_page(scope=scope)
        for section, kind in (
            (page.phases.started, "started"), (page.phases.unstarted, "unstarted"), (page.phases.done, "completed"),
        ):  # fmt: skip
            expected = sorted(id_ for id_, one in shown.items() if one["state_id"] == f"ENG-{kind}-0")
            assert (sorted(name(section)), section.total.count) == (expected, len(expected))
            assert await count_listed(read_as(scope), section.filters) == len(expected)
        open_ = [one for one in shown.values() if not one["completed_at"]]
        assert {one.project.id for one in page.projects} == {one["project_id"] for one in open_} - {None}
        assert page.people is not None
        started = [one["assignee_id"] for one in shown.values() if one["state_id"] == "ENG-started-0"]
        for one in page.people:
            assert await count_listed(read_as(scope), one.filters) == one.count
        assert sorted(one.count or 0 for one in page.people) == sorted(started.count(one) for one in set(started))
