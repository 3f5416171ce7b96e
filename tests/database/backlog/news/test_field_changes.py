"""What moves besides states, noted by a real PostgreSQL while the mirror is written."""

from datetime import date, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from tests.support.mirrored import NOON, item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

LATER: dict[str, Any] = {"updated_at": NOON + timedelta(days=1)}


async def list_noted() -> list[Any]:
    return await query(
        "SELECT entity_id, field, from_value, to_value FROM field_changes ORDER BY entity_id, field, id"
    )


@pytest.mark.parametrize(
    ("field", "before", "after", "noted"),
    [
        ("state", {"state_id": "a"}, {"state_id": "b"}, ("a", "b")),
        ("priority", {"priority": 0}, {"priority": 2}, ("0", "2")),
        ("priority_sort_order", {"priority_sort_order": -1.5}, {"priority_sort_order": 2.25}, ("-1.5", "2.25")),
        ("due_date", {"due_date": date(2026, 12, 1)}, {"due_date": date(2027, 1, 15)}, ("2026-12-01", "2027-01-15")),
        ("due_date", {"due_date": date(2026, 12, 1)}, {"due_date": None}, ("2026-12-01", None)),
        ("project", {"project_id": None}, {"project_id": "p"}, (None, "p")),
        ("estimate", {"estimate": 3}, {"estimate": 0.5}, ("3", "0.5")),
    ],
)
async def test_what_moves_of_an_item_is_noted_from_where_to_where(
    field: str, before: dict[str, Any], after: dict[str, Any], noted: tuple[str | None, str | None]
) -> None:
    await store(item(1, **before))
    await store(item(1, **after, **LATER))
    assert await list_noted() == [("item-ENG-1", field, *noted)]
    assert await query("SELECT changed_at FROM field_changes") == [(LATER["updated_at"],)]


async def test_several_moves_at_once_are_a_row_each_and_what_stayed_is_none() -> None:
    await store(item(1, state_id="a", priority=1, estimate=2, title="Before"))
    await store(item(1, state_id="b", priority=2, estimate=2, title="After", **LATER))
    assert await list_noted() == [("item-ENG-1", "priority", "1", "2"), ("item-ENG-1", "state", "a", "b")]


async def test_a_projects_target_is_noted_with_how_exact_it_is() -> None:
    quarter = {"target_date": date(2026, 12, 31), "target_date_resolution": "quarter"}
    await store(project("Tides", target_date=date(2026, 9, 30)))
    await store(project("Tides", **quarter, **LATER))
    assert await list_noted() == [("project-Tides", "target_date", "2026-09-30", "2026-12-31 quarter")]


async def test_a_target_that_is_only_told_more_exactly_has_not_moved() -> None:
    await store(project("Tides", target_date=date(2026, 12, 31)))
    await store(project("Tides", target_date=date(2026, 12, 31), target_date_resolution="quarter", **LATER))
    assert await list_noted() == []


async def test_what_was_noted_goes_with_its_item_or_project() -> None:
    for number in (1, 2):
        await store(item(number, priority=1))
        await store(item(number, priority=2, **LATER))
    await store(project("Tides", target_date=date(2026, 9, 30)))
    await store(project("Tides", target_date=None, **LATER))
    await query("DELETE FROM backlog_items WHERE id = 'item-ENG-1'")
    await query("DELETE FROM projects")
    assert [entity for entity, *_ in await list_noted()] == ["item-ENG-2"]
