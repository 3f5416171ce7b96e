"""Which projects came or moved since a day, in a real PostgreSQL."""

from datetime import date, timedelta

import pytest

from shareable_backlog.database.projects import target_changes
from shareable_backlog.database.projects.target_changes import TargetChange
from tests.support.mirrored import NOON, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOUR = timedelta(hours=1)
LONG_AGO = NOON - timedelta(days=90)


async def plan(name: str, hours: float, target: date | None, resolution: str | None = None) -> None:
    await store(
        project(
            name,
            created_at=LONG_AGO,
            updated_at=NOON + hours * HOUR,
            target_date=target,
            target_date_resolution=resolution,
        )
    )


async def test_the_first_change_since_tells_what_there_was() -> None:
    await plan("Tides", -2, date(2026, 9, 30), "quarter")
    await plan("Tides", 1, date(2026, 12, 31), "quarter")
    await plan("Tides", 2, None)
    assert await target_changes.list_target_changes(NOON) == [
        TargetChange("project-Tides", is_new=False, before="2026-09-30 quarter")
    ]


async def test_what_moved_before_is_left_out_and_what_came_since_is_new() -> None:
    await plan("Tides", -2, date(2026, 9, 30))
    await plan("Tides", -1, date(2026, 10, 30))
    await store(project("Quay", created_at=NOON, updated_at=NOON))
    assert await target_changes.list_target_changes(NOON) == [TargetChange("project-Quay", is_new=True, before=None)]
