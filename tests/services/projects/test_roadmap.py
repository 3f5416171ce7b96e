"""The roadmap's pages, and what counts as late."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.projects.roadmap import MOST_COUNTED
from shareable_backlog.services.projects import roadmap
from shareable_backlog.services.projects.roadmap import ItemCount, Plan, RoadmapPage
from shareable_backlog.streams.projects import (
    InitiativeProjectRow,
    InitiativeRow,
    ProjectMilestoneRow,
    ProjectStatusRow,
    ProjectUpdate,
)
from tests.support.mirrored import NOON, item, project, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TODAY, YESTERDAY = date(2026, 11, 23), date(2026, 11, 22)
DONE, OPEN = "ENG-completed-0", "ENG-started-0"


async def shown(number: int = 1) -> RoadmapPage:
    return await roadmap.list_plans(
        EVERYTHING, team_key=None, status_type=None, number=number, by_initiative=True, today=TODAY
    )


async def planned(target: date | None, status: str | None, *states: str, more: int = 0) -> Plan:
    """Return the plan of a project with a milestone, both for `target`, the milestone's items being in `states`."""
    kind = ProjectStatusRow(id="status", name="S", type=status or "?", position=0, created_at=NOON, updated_at=NOON)
    apollo = project("Apollo", status_id="status" if status else None, target_date=target)
    pilot = ProjectMilestoneRow(
        id="pilot", name="Pilot", project_id=apollo.id, target_date=target, created_at=NOON, updated_at=NOON
    )
    first = [
        item(number, project_id=apollo.id, project_milestone_id="pilot", state_id=state_id)
        for number, state_id in enumerate(states)
    ]
    rest = [item(100 + number, project_id=apollo.id) for number in range(1 + more)]
    await store(kind, state("completed"), state("started"), apollo, pilot, *first, *rest, indexed=False)
    [plan] = (await shown()).plans
    return plan


async def test_a_page_has_a_hundred_projects_and_tells_whether_more_follow() -> None:
    projects = [project(f"{number:03}") for number in range(101)]
    await store(*projects, *(item(number, project_id=one.id) for number, one in enumerate(projects)), indexed=False)
    first, second = await shown(1), await shown(2)
    assert (len(first.plans), first.has_more) == (100, True)
    assert ([one.project.name for one in second.plans], second.has_more) == (["100"], False)
    assert [team.key for team in first.teams] == ["ENG"]


async def test_a_project_counts_all_its_items_and_a_milestone_its_own() -> None:
    plan = await planned(None, "started", DONE, DONE, OPEN)
    [step] = plan.steps
    assert (plan.count, step.count) == (ItemCount(4, 2), ItemCount(3, 2))
    assert plan.count is not None
    assert plan.count.share == 0.5
    assert ItemCount(0, 0).share is None


async def test_the_points_of_a_project_are_those_of_all_its_milestones_and_of_what_has_none() -> None:
    apollo = project("Apollo")
    pilot = ProjectMilestoneRow(id="pilot", project_id=apollo.id, name="Pilot", created_at=NOON, updated_at=NOON)
    own = item(1, project_id=apollo.id, project_milestone_id="pilot", estimate=3.0)
    await store(apollo, pilot, own, item(2, project_id=apollo.id, estimate=2.0), item(3, project_id=apollo.id))
    [plan] = (await shown()).plans
    assert plan.count == ItemCount(3, 0, 5.0)


async def test_what_is_not_counted_to_the_end_has_no_count() -> None:
    plan = await planned(YESTERDAY, "started", OPEN, more=MOST_COUNTED)
    assert (plan.count, plan.is_late) == (None, True)
    assert [(step.count, step.is_late) for step in plan.steps] == [(None, False)]


@pytest.mark.parametrize(
    ("target", "status", "is_late"),
    [
        (YESTERDAY, "started", True),
        (YESTERDAY, None, True),
        (TODAY, "started", False),
        (None, "started", False),
        (YESTERDAY, "completed", False),
        (YESTERDAY, "canceled", False),
    ],
)
async def test_what_is_open_is_late_after_its_target_date(
    target: date | None, status: str | None, *, is_late: bool
) -> None:
    plan = await planned(target, status, DONE, OPEN)
    assert (plan.is_late, plan.steps[0].is_late) == (is_late, is_late)


async def test_a_milestone_of_which_nothing_is_open_is_not_late() -> None:
    plan = await planned(YESTERDAY, "started", DONE)
    assert (plan.is_late, plan.steps[0].is_late) == (True, False)


async def test_an_initiative_is_shown_with_those_of_its_projects_that_are() -> None:
    times: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    apollo, gemini, secret = map(project, ("Apollo", "Gemini", "Secret"))
    moon, stars, mars = (
        InitiativeRow(id=name, name=name, sort_order=order, trashed=False, **times)
        for order, name in enumerate("MSX")
    )
    parts = [(moon, apollo), (moon, secret), (stars, secret), (mars, gemini), (mars, apollo)]
    await store(
        apollo, gemini, secret, moon, stars, mars, item(1, project_id=apollo.id), item(2, project_id=gemini.id),
        *(
            InitiativeProjectRow(id=f"{whole.id}-{part.id}", initiative_id=whole.id, project_id=part.id, **times)
            for whole, part in parts
        ),
    )  # fmt: skip
    assert (await shown()).initiatives == [("M", {apollo.id}), ("X", {apollo.id, gemini.id})]


@pytest.mark.parametrize(
    ("target", "resolution", "is_late"),
    [
        (date(2026, 10, 1), "quarter", False),
        (date(2026, 9, 30), "quarter", True),
        (date(2026, 11, 1), "month", False),
        (date(2026, 7, 1), "halfYear", False),
        (date(2026, 1, 1), "year", False),
        (date(2025, 12, 31), "year", True),
    ],
)
async def test_nothing_is_late_before_the_time_ends_that_its_date_stands_for(
    target: date, resolution: str, *, is_late: bool
) -> None:
    apollo = project("Apollo", target_date=target, target_date_resolution=resolution)
    await store(apollo, item(1, project_id=apollo.id))
    [plan] = (await shown()).plans
    assert plan.is_late is is_late


@pytest.mark.parametrize(
    ("age", "gap", "status", "is_old"),
    [
        (14, None, "started", False),
        (15, None, "started", True),
        (15, 2, "started", True),
        (40, 30, "started", False),
        (61, 30, "started", True),
        (99, None, "completed", False),
    ],
)
async def test_health_is_old_after_twice_the_usual_time_and_never_within_two_weeks(
    age: int, gap: int | None, status: str, *, is_old: bool
) -> None:
    told_at = datetime(2026, 11, 23, 12, tzinfo=UTC) - timedelta(days=age)
    kind = ProjectStatusRow(id="status", name="S", type=status, position=0, created_at=NOON, updated_at=NOON)
    apollo = project("Apollo", status_id="status", health="onTrack", health_updated_at=told_at)
    updates = [
        ProjectUpdate(
            id=f"update-{number}",
            project_id=apollo.id,
            body="On it.",
            is_diff_hidden=False,
            created_at=told_at - timedelta(days=gap * number),
            updated_at=told_at,
        )
        for number in range(3)
        if gap
    ]
    await store(kind, apollo, *updates, item(1, project_id=apollo.id))
    [plan] = (await shown()).plans
    assert plan.is_health_old is is_old
