"""The days on which the sums of a part of the plan changed."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts import plan_events
from shareable_backlog.database.backlog.counts.plan_events import PlanDay, PlanPart
from shareable_backlog.streams.projects import CycleRow
from tests.support.mirrored import NOON, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
APOLLO = PlanPart("project", "project-Apollo")


async def test_each_day_has_by_how_much_the_sums_changed() -> None:
    await store(state("completed"))
    await store(
        item(1, project_id=APOLLO.id, created_at=NOON - DAY),
        item(
            2,
            project_id=APOLLO.id,
            created_at=NOON - DAY,
            state_id="ENG-completed-0",
            started_at=NOON,
            completed_at=NOON + DAY,
        ),
    )
    days = [(NOON + at * DAY).date() for at in (-1, 0, 1)]
    assert await plan_events.list_plan_days(EVERYTHING, APOLLO) == [
        PlanDay(days[0], 2, 0, 0),
        PlanDay(days[1], 0, 1, 0),
        PlanDay(days[2], 0, 0, 1),
    ]


async def test_what_is_in_the_trash_or_gone_from_linear_is_in_no_sum() -> None:
    await store(
        item(1, project_id=APOLLO.id, trashed=True),
        item(2, project_id=APOLLO.id),
        item(3, project_id=APOLLO.id, team="SEC"),
    )
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 2")
    await query("UPDATE teams SET private = true WHERE key = 'SEC'")
    assert await plan_events.list_plan_days(EVERYTHING, APOLLO) == []


async def test_a_cycle_has_its_first_and_last_day() -> None:
    first, last = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 15, 23, 59, tzinfo=UTC)
    await store(
        CycleRow(
            id="cycle-1",
            created_at=NOON,
            updated_at=NOON,
            team_id="team-ENG",
            number=1,
            starts_at=first,
            ends_at=last,
            issue_count_history=[],
            completed_issue_count_history=[],
            scope_history=[],
            completed_scope_history=[],
            in_progress_scope_history=[],
        )
    )
    found = await plan_events.read_cycle_span("cycle-1")
    assert found == (first.date(), last.date())
    assert await plan_events.read_cycle_span("cycle-2") is None
