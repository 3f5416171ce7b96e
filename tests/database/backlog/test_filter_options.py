"""The names that the backlog can be narrowed to; `access/test_sharing` holds that none of them is hidden."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import filter_options
from shareable_backlog.database.backlog.filter_options import Options, list_options
from tests.support.listing import make_group, store_world
from tests.support.mirrored import item, label, person, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

WORLD = Options(
    state=["In Review", "completed"],
    assignee=["Alice", "Bob"],
    creator=["Bob"],
    label=["Bug", "Roof"],
    project=["Apollo"],
    milestone=["Launch"],
    cycle=["12"],
    release=["Spring"],
    estimate=["3"],
)


async def test_options_are_the_names_that_lead_to_an_item_each_once() -> None:
    await store_world()
    assert await list_options(EVERYTHING) == WORLD


async def test_names_that_are_not_among_the_first_items_are_looked_for_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_world()
    for few in (0, 1, 2):
        monkeypatch.setattr(filter_options, "_FEW", few)
        assert await list_options(EVERYTHING) == WORLD


async def test_a_viewers_group_gets_the_names_of_its_own_items() -> None:
    await store_world()
    found = await list_options(await make_group(("team", "team-ENG")))
    assert (found.project, found.milestone, found.creator, found.label) == (["Apollo"], [], [], ["Bug"])


async def test_of_a_large_group_each_rule_gives_the_names_of_some_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_options, "_FEW", 1)
    names = ["Ada", "Ben", "Cem", "Dora"]
    await store(project("Apollo"), label("vip"), label("rare"), *map(person, names))
    of_person = [{"assignee_id": f"person-{name}"} for name in names]
    await store(
        item(1, team="AAA", label_ids=["label-rare"], updated_at=datetime(2026, 1, 1, tzinfo=UTC)),
        item(2, team="AAA", **of_person[0], updated_at=datetime(2026, 1, 2, tzinfo=UTC)),
        item(3, team="BBB", project_id="project-Apollo", **of_person[1]),
        item(4, team="CCC", label_ids=["label-vip"], **of_person[2]),
        item(5, team="DDD", **of_person[3]),
    )
    scope = await make_group(("team", "team-AAA"), ("project", "project-Apollo"), ("label", "label-vip"))
    found = await list_options(scope)
    assert (found.assignee, found.label) == (["Ada", "Ben", "Cem"], ["vip"])


async def test_a_large_group_gets_all_states_cycles_and_projects_of_its_teams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await store_world()
    scope = await make_group(("team", "team-ENG"))
    of_all = await list_options(scope)
    monkeypatch.setattr(filter_options, "_FEW", 0)
    found = await list_options(scope)
    assert (found.state, found.cycle, found.project) == (["In Review", "completed"], ["12"], ["Apollo"])
    assert found.release == of_all.release == ["Spring"]
    assert (of_all.label, found.label) == (["Bug"], [])


async def test_people_are_no_options_where_they_are_not_shown() -> None:
    await store_world()
    await query("UPDATE sharing_settings SET shows_assignees = false")
    found = await list_options(EVERYTHING)
    assert (found.assignee, found.creator, found.label) == ([], [], ["Bug", "Roof"])


async def test_estimates_are_no_options_where_they_are_not_shown() -> None:
    await store_world()
    await query("UPDATE sharing_settings SET shows_estimates = false")
    assert (await list_options(EVERYTHING)).estimate == []


async def test_what_only_archived_items_have_is_no_option() -> None:
    await store_world()
    await query("UPDATE backlog_items SET archived_at = now() WHERE project_id IS NOT NULL")
    found = await list_options(EVERYTHING)
    assert (found.project, found.cycle, found.assignee) == ([], [], ["Alice"])
