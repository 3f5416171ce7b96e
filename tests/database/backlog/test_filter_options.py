"""The names that the backlog can be narrowed to; `access/test_sharing` holds that none of them is hidden."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import filter_options
from shareable_backlog.database.backlog.filter_options import Options, list_options
from tests.support.listing import store_world

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
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', 'team-ENG')",
        {"id": group_id},
    )
    found = await list_options(Scope((group_id,)))
    assert (found.project, found.milestone, found.creator, found.label) == (["Apollo"], [], [], ["Bug"])


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
