"""How the fields of an item moved, noted by a real PostgreSQL while the mirror is written."""

from datetime import date, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.news import item_changes
from tests.support.mirrored import NOON, item, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

OF_HARBOUR = {"project_id": "project-Harbour"}


async def put(hours: int, **fields: Any) -> None:
    """Store the item as it is so many hours after noon."""
    await store(item(1, updated_at=NOON + timedelta(hours=hours), **fields), indexed=False)


async def list_moves(scope: Scope = EVERYTHING) -> list[tuple[str, str | None, str | None]]:
    found = await item_changes.list_item_changes(scope, "item-ENG-1")
    return [(one.field, one.before, one.after) for one in found]


async def move_through_harbour() -> None:
    """Let the item go from no project to Apollo, Harbour and Apollo again; each has another item, too."""
    apollo, harbour = project("Apollo", id="project-Apollo"), project("Harbour", id="project-Harbour")
    await store(apollo, harbour, item(2, project_id=apollo.id), item(3, **OF_HARBOUR))
    await put(0)
    for hours, id_ in enumerate((apollo.id, harbour.id, apollo.id), 1):
        await put(hours, project_id=id_)


async def test_each_move_is_told_the_oldest_first() -> None:
    await put(0, priority=2, estimate=3)
    await put(1, priority=1, estimate=3, due_date=date(2026, 3, 1))
    await put(2, priority=1, estimate=5, due_date=date(2026, 3, 9))
    assert await list_moves() == [
        ("priority", "2", "1"),
        ("due_date", None, "2026-03-01"),
        ("due_date", "2026-03-01", "2026-03-09"),
        ("estimate", "3", "5"),
    ]


async def test_a_later_due_date_is_a_slip_and_an_earlier_one_is_none() -> None:
    for hours, day in enumerate((None, 5, 9, 2, None)):
        await put(hours, due_date=day and date(2026, 3, day))
    found = await item_changes.list_item_changes(EVERYTHING, "item-ENG-1")
    assert [one.is_slip for one in found] == [False, True, False, False]


async def test_projects_are_named() -> None:
    await move_through_harbour()
    assert await list_moves() == [
        ("project", None, "Apollo"),
        ("project", "Apollo", "Harbour"),
        ("project", "Harbour", "Apollo"),
    ]


@pytest.mark.parametrize(
    "hiding",
    [
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Harbour', false)",
        "UPDATE backlog_items SET removed_at = now() WHERE id = 'item-ENG-3'",
        "UPDATE projects SET removed_at = now() WHERE id = 'project-Harbour'",
    ],
    ids=["hidden", "without an item that may be seen", "gone from Linear"],
)
async def test_a_project_that_may_not_be_seen_is_never_named(hiding: str) -> None:
    await move_through_harbour()
    await query(hiding)  # pyright: ignore[reportArgumentType] (a literal above)
    assert await list_moves() == [("project", None, "Apollo")]


async def test_a_group_is_told_of_its_own_projects_alone() -> None:
    await move_through_harbour()
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Field') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'project', %(id)s)",
        {"group": group, "id": "project-Apollo"},
    )
    assert await list_moves(Scope((group,))) == [("project", None, "Apollo")]


@pytest.mark.parametrize(
    "hiding",
    [
        "UPDATE sharing_settings SET shows_estimates = false",
        "UPDATE teams SET issue_estimation_type = 'notUsed'",
    ],
)
async def test_estimates_that_are_not_shown_did_not_move(hiding: str) -> None:
    await store(team("ENG"))
    await put(0, estimate=3, priority=1)
    await put(1, estimate=5, priority=2)
    await query(hiding)  # pyright: ignore[reportArgumentType] (a literal above)
    assert await list_moves() == [("priority", "1", "2")]


async def test_of_an_item_that_is_not_shown_nothing_is_told() -> None:
    await put(0, priority=1)
    await put(1, priority=2)
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)")
    assert await list_moves() == []
