"""What admins choose for the whole place, as it is stored."""

from datetime import date

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, settings, transaction
from shareable_backlog.database.settings import PlaceSettings
from tests.support.database.locking import list_free

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

AT_FIRST = PlaceSettings(
    version=1,
    rank_order="priority",
    meeting_weekday=2,
    meeting_first_day=date(2026, 1, 6),
    last_meeting_day=None,
    place_name="Backlog",
    place_color=None,
    logo_hash=None,
    pages_off=[],
    sync_interval_s=None,
    start_view_id=None,
    matrix_label_group_id=None,
)
OTHERS = PlaceSettings(
    version=2,
    rank_order="manual",
    meeting_weekday=None,
    meeting_first_day=date(2026, 3, 2),
    last_meeting_day=date(2026, 3, 5),
    place_name="Field work",
    place_color="#123456",
    logo_hash="abc",
    pages_off=["feeds"],
    sync_interval_s=600,
    start_view_id=None,
    matrix_label_group_id="label-Value",
)


async def test_at_first_items_are_ranked_by_priority_and_the_meeting_is_every_second_tuesday() -> None:
    assert await settings.read_settings() == AT_FIRST


async def test_what_is_saved_is_read_with_the_next_version() -> None:
    async with transaction() as tx:
        await settings.save_settings(tx, replace(OTHERS, version=9))
    assert await settings.read_settings() == OTHERS


async def test_whoever_is_about_to_change_the_settings_keeps_others_from_it(database: str) -> None:
    async with transaction() as tx:
        assert await settings.lock_settings(tx) == AT_FIRST
        assert list_free(database, "settings") == []


async def test_pages_that_are_kept_are_made_anew_after_a_change() -> None:
    before = await query("SELECT version FROM mirror_versions")
    async with transaction() as tx:
        await settings.save_settings(tx, OTHERS)
    assert await query("SELECT version FROM mirror_versions") != before
