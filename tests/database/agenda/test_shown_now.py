"""What of an agenda that was kept may be shown now."""

from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.agenda import shown_now
from shareable_backlog.database.agenda.shown_now import ShownNow
from tests.support.mirrored import item, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

STATES = ("ENG-started-0", "OPS-started-0")
PROJECTS = ("project-A", "project-B")
ITEMS = ("item-ENG-1", "item-OPS-2", "item-gone")


async def read(scope: Scope) -> ShownNow:
    return await shown_now.read_shown_now(
        scope, item_ids=ITEMS, ranked_ids=ITEMS, state_ids=STATES, project_ids=PROJECTS, listed_project_ids=PROJECTS
    )


async def store_world(**of_first: Any) -> None:
    await store(
        team("OPS"), state("started"), state("started", team="OPS"), project("A"), project("B"),
        item(1, state_id="ENG-started-0", **of_first), item(2, team="OPS", state_id="OPS-started-0"),
    )  # fmt: skip


def sort(found: ShownNow) -> tuple[list[str], list[str], list[str]]:
    return sorted(found.item_ids), sorted(found.state_ids), sorted(found.project_ids)


async def test_all_that_is_shown_may_be_named() -> None:
    await store_world()
    found = await read(EVERYTHING)
    assert sort(found) == (["item-ENG-1", "item-OPS-2"], list(STATES), ["project-A", "project-B"])
    assert found.estimates


async def test_what_is_hidden_may_not() -> None:
    await store_world()
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES"
        " ('team', 'team-OPS', false), ('project', 'project-B', false)"
    )
    assert sort(await read(EVERYTHING)) == (["item-ENG-1"], ["ENG-started-0"], ["project-A"])
    assert sort(await read(NOTHING)) == ([], [], [])


async def test_a_group_names_what_it_sees_and_what_its_items_have() -> None:
    await store_world(project_id="project-B")
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Engineering') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'team', 'team-ENG')",
        {"group": group},
    )
    assert sort(await read(Scope((group,)))) == (["item-ENG-1"], ["ENG-started-0"], ["project-B"])


async def test_what_is_gone_from_linear_had_its_place_but_is_in_no_line() -> None:
    await store_world()
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 1")
    found = await read(EVERYTHING)
    assert (found.item_ids, sorted(found.ranked_ids)) == (["item-OPS-2"], ["item-ENG-1", "item-OPS-2"])


@pytest.mark.parametrize(
    ("change", "is_listed"),
    [
        ("UPDATE backlog_items SET archived_at = now()", True),
        ("UPDATE projects SET archived_at = now()", True),
        ("UPDATE projects SET removed_at = now()", False),
        ("UPDATE projects SET trashed = true", False),
        ("UPDATE backlog_items SET removed_at = now()", False),
        ("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-A', false)", False),
        ("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)", False),
    ],
)
async def test_a_project_stands_by_itself_while_some_item_of_it_may_be_shown(
    change: LiteralString, *, is_listed: bool
) -> None:
    await store_world(project_id="project-A")
    await query("INSERT INTO viewer_groups (name) VALUES ('Nobody')")
    [(group,)] = await query("SELECT id FROM viewer_groups")
    await query(change)
    assert (await read(EVERYTHING)).listed_project_ids == (["project-A"] if is_listed else [])
    assert (await read(Scope((group,)))).listed_project_ids == []
