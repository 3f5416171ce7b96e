"""Admins change the settings of the place, and the record says from what to what."""

from datetime import date
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services import settings
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.services.settings import PlaceSettings
from tests.support.mirrored import label, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TODAY = date(2026, 2, 4)


async def save(version: int = 1, **otherwise: Any) -> PlaceSettings:
    """Save the meeting as it is at first, but for what is given otherwise."""
    usual: dict[str, Any] = {"rank_order": "priority", "weekday": 2, "first_day": date(2026, 1, 6), "last_day": None}
    await settings.save_meeting(OPERATOR, version, TODAY, **(usual | otherwise))
    return await settings.read_settings()


async def list_records() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await query("SELECT action, details FROM audit_logs ORDER BY id")]


async def test_what_is_otherwise_is_stored_and_recorded_in_words() -> None:
    saved = await save(rank_order="manual", weekday=4, last_day=date(2026, 2, 3))
    assert (saved.rank_order, saved.meeting_weekday, saved.last_meeting_day) == ("manual", 4, date(2026, 2, 3))
    assert await list_records() == [
        (
            "settings.changed",
            {
                "before": {"rank_order": "priority", "meeting_weekday": "Tuesday", "last_meeting_day": None},
                "after": {"rank_order": "manual", "meeting_weekday": "Thursday", "last_meeting_day": "2026-02-03"},
            },
        )
    ]


async def test_what_changes_nothing_is_not_recorded() -> None:
    assert (await save()).version == 1
    assert await list_records() == []


async def test_the_second_of_two_admins_is_told() -> None:
    await save(weekday=3)
    with pytest.raises(Conflict, match="Reload the page"):
        await save(weekday=4)
    assert (await settings.read_settings()).meeting_weekday == 3


async def test_the_last_meeting_is_not_in_the_future() -> None:
    with pytest.raises(InvalidInput, match="earlier day"):
        await save(last_day=date(2026, 2, 5))
    assert (await save(last_day=TODAY)).last_meeting_day == TODAY


async def test_the_record_calls_a_group_of_labels_by_its_name() -> None:
    await store(label("Value", is_group=True), label("Risk", is_group=True))
    await settings.save_matrix(OPERATOR, 1, "label-Value")
    await query("UPDATE labels SET removed_at = now() WHERE name = 'Value'")
    await settings.save_matrix(OPERATOR, 2, "label-Risk")
    assert [details for _, details in await list_records()] == [
        {"before": {"matrix_label_group_id": None}, "after": {"matrix_label_group_id": "Value"}},
        {"before": {"matrix_label_group_id": "Value"}, "after": {"matrix_label_group_id": "Risk"}},
    ]


async def test_only_a_group_that_is_in_linear_can_be_chosen_for_the_matrix() -> None:
    await store(label("Value"))
    with pytest.raises(NotFound, match="no longer in Linear"):
        await settings.save_matrix(OPERATOR, 1, "label-Value")
    assert (await settings.read_settings()).matrix_label_group_id is None
