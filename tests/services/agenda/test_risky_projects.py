"""Projects that are at risk, off track, or put off."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.agenda import risky_projects
from tests.support.mirrored import NOON, item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime(2026, 3, 5, 15, tzinfo=UTC)
SINCE = datetime(2026, 2, 1, tzinfo=UTC)


async def store_projects(**of_name: dict[str, Any]) -> None:
    """Store projects with an item each, that of a name."""
    plain: dict[str, Any] = {"created_at": datetime(2025, 1, 1, tzinfo=UTC)}
    await store(
        *(project(name, **plain | fields) for name, fields in of_name.items()),
        *(item(number, name, project_id=f"project-{name}") for number, name in enumerate(of_name, 1)),
    )


async def list_names(scope: Scope = EVERYTHING) -> list[tuple[str, str | None, bool]]:
    found = await risky_projects.list_projects(scope, NOW, SINCE)
    return [(one.name, one.health, one.is_slipped) for one in found]


async def test_those_off_track_come_first_then_those_at_risk_then_those_put_off() -> None:
    await store_projects(
        Good={"health": "onTrack"},
        Later={"health": "onTrack", "target_date": date(2026, 4, 1)},
        Risky={"health": "atRisk"},
        Worse={"health": "offTrack"},
    )
    await store(
        project("Later", health="onTrack", target_date=date(2026, 5, 1), created_at=datetime(2025, 1, 1, tzinfo=UTC),
                updated_at=NOON)
    )  # fmt: skip
    assert await list_names() == [("Worse", "offTrack", False), ("Risky", "atRisk", False), ("Later", None, True)]
    [_, _, later] = await risky_projects.list_projects(EVERYTHING, NOW, SINCE)
    assert (later.was_date, later.target_date) == (date(2026, 4, 1), date(2026, 5, 1))
    assert later.open
    assert later.open.count == 1


async def test_one_whose_target_has_passed_is_late() -> None:
    await store_projects(
        Late={"health": "atRisk", "target_date": date(2026, 3, 4)},
        Quarter={"health": "atRisk", "target_date": date(2026, 1, 1), "target_date_resolution": "quarter"},
    )
    found = await risky_projects.list_projects(EVERYTHING, NOW, SINCE)
    assert {one.name: one.is_late for one in found} == {"Late": True, "Quarter": False}


@pytest.mark.parametrize("name", ["Risky", " Risky", "  ", "R" * 201])
async def test_where_a_filter_by_its_name_would_count_others_nothing_is_counted(name: str) -> None:
    await store_projects(Risky={"health": "atRisk"}, Good={"health": "onTrack"})
    await query("UPDATE projects SET name = 'RISKY' WHERE name = 'Good'")
    await query("UPDATE projects SET name = %(name)s WHERE name = 'Risky'", {"name": name})
    [found] = await risky_projects.list_projects(EVERYTHING, NOW, SINCE)
    assert (found.name, found.open) == (name, None)


async def test_what_is_over_is_at_no_risk_any_more() -> None:
    await store_projects(Over={"health": "atRisk", "status_id": "done"})
    await query(
        "INSERT INTO project_statuses (id, name, type, created_at, updated_at)"
        " VALUES ('done', 'Completed', 'completed', now(), now())"
    )
    assert await list_names() == []


async def test_a_project_of_which_nothing_is_shown_is_not_named() -> None:
    await store_projects(Risky={"health": "atRisk"})
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Nobody') RETURNING id")
    assert await list_names(Scope((group,))) == []
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Risky', false)")
    assert await list_names() == []
