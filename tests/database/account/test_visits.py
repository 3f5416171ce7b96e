"""When somebody last looked at what changed: which looks are one visit, and what was mirrored at each."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.account import visits
from shareable_backlog.database.account.visits import Visit
from tests.support.mirrored import NOON
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOW = NOON + timedelta(hours=8)
PAUSE_S = 30 * 60


@pytest.fixture
def bob(live_database: Settings, database: str) -> int:
    """Return the id of a reader."""
    del live_database
    return let_in(database)["bob"]


async def visit(user_id: int, at: datetime) -> Visit:
    return await visits.record_visit(user_id, at, PAUSE_S)


async def preferences(user_id: int) -> dict[str, Any]:
    [(stored,)] = await query(
        "SELECT preferences::text FROM user_preferences WHERE user_id = %(user_id)s", {"user_id": user_id}
    )
    return msgspec.json.decode(stored)


async def prefer(user_id: int, stored: str) -> None:
    await query(
        "INSERT INTO user_preferences (user_id, preferences) VALUES (%(user_id)s, %(stored)s)"
        " ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences",
        {"user_id": user_id, "stored": stored},
    )


async def test_the_first_visit_has_none_before_it(bob: int) -> None:
    assert (await visit(bob, NOW)).at is None
    assert (await visit(bob, NOW + MINUTE)).at is None


async def test_looks_are_one_visit_while_no_more_than_the_pause_is_between_them(bob: int) -> None:
    await visit(bob, NOW)
    for minutes in (30, 60, 90):
        assert await visit(bob, NOW + minutes * MINUTE) == Visit(None, None)
    late = NOW + 120 * MINUTE + timedelta(seconds=1)
    assert (await visit(bob, late)).at == NOW + 90 * MINUTE


async def test_what_was_mirrored_after_a_visit_is_new_at_the_next_one(bob: int) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
        " VALUES ('succeeded', 'manual', %(at)s, now()), ('failed', 'manual', now(), now())",
        {"at": NOW - 10 * MINUTE},
    )
    await visit(bob, NOW)
    found = await visit(bob, NOW + DAY)
    assert (found.at, found.mirrored) == (NOW, NOW - 10 * MINUTE)


async def add_run(began: datetime) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at) VALUES ('partial', 'manual', %(began)s)",
        {"began": began},
    )


async def test_a_run_that_set_rows_aside_mirrored_the_others_too(bob: int) -> None:
    await add_run(NOW - MINUTE)
    await visit(bob, NOW)
    assert await visit(bob, NOW + DAY) == Visit(NOW, NOW - MINUTE)


async def test_a_run_that_began_after_a_look_mirrored_nothing_later_than_the_look(bob: int) -> None:
    await add_run(NOW + MINUTE)
    await visit(bob, NOW)
    assert await visit(bob, NOW + DAY) == Visit(NOW, NOW)


async def test_what_is_marked_as_seen_before_any_visit_is_a_visit(bob: int) -> None:
    await visits.mark_seen(bob, NOW)
    assert await visit(bob, NOW + MINUTE) == Visit(NOW, NOW)
    assert await visit(bob, NOW + DAY) == Visit(NOW + MINUTE, NOW + MINUTE)


async def test_a_visit_leaves_other_preferences_as_they_are(bob: int) -> None:
    await prefer(bob, '{"views": [{"name": "Mine"}], "theme": "dark"}')
    await visit(bob, NOW)
    await visits.mark_seen(bob, NOW)
    stored = await preferences(bob)
    assert (stored["views"], stored["theme"], "last" in stored["visits"]) == ([{"name": "Mine"}], "dark", True)


@pytest.mark.parametrize(
    "stored",
    [
        "[]",
        '"x"',
        '{"visits": 7}',
        '{"visits": {"last": "Friday"}}',
        '{"visits": {"last": {"at": "Friday"}, "before": []}}',
        '{"visits": {"last": {"at": 1e300}}}',
        '{"visits": {"last": {"at": -5, "mirrored": null}}}',
        '{"visits": {"last": {"at": 1}, "before": {"at": true, "mirrored": 1e300}}}',
    ],
)
async def test_whatever_stands_there_is_overwritten(bob: int, stored: str) -> None:
    await prefer(bob, stored)
    await visit(bob, NOW)
    assert (await visit(bob, NOW + DAY)).at == NOW


@pytest.mark.parametrize("stored", ["[]", "7", "null"])
async def test_what_is_no_object_is_replaced_when_all_is_marked_as_seen(bob: int, stored: str) -> None:
    await prefer(bob, stored)
    await visits.mark_seen(bob, NOW)
    assert await visit(bob, NOW) == Visit(NOW, NOW)


async def test_a_visit_of_which_it_is_not_known_what_was_mirrored_has_its_time_alone(bob: int) -> None:
    stored = {"visits": {"before": {"at": NOW.timestamp(), "mirrored": "Friday"}, "last": {"at": NOW.timestamp()}}}
    await prefer(bob, msgspec.json.encode(stored).decode())
    assert await visit(bob, NOW + MINUTE) == Visit(NOW, None)


async def test_visits_of_one_person_are_not_anothers(bob: int, database: str) -> None:
    alice = let_in(database, "alice")["alice"]
    await visit(bob, NOW)
    assert (await visit(alice, NOW + DAY)).at is None


async def test_looks_that_are_noted_in_another_order_than_they_were_begun_are_one_visit(bob: int) -> None:
    """Two requests at once may overtake each other, and the clocks of two processes differ a little."""
    await visit(bob, NOW)
    assert (await visit(bob, NOW + DAY)).at == NOW
    assert (await visit(bob, NOW + DAY - timedelta(seconds=1))).at == NOW
    assert (await visit(bob, NOW + DAY + MINUTE)).at == NOW


async def test_a_look_that_was_begun_just_before_all_was_marked_as_seen_takes_nothing_back(bob: int) -> None:
    await visits.mark_seen(bob, NOW)
    assert await visit(bob, NOW - timedelta(seconds=1)) == Visit(NOW, NOW)


async def test_a_time_that_is_far_ahead_counts_for_nothing(bob: int) -> None:
    await visits.mark_seen(bob, NOW + DAY)
    assert await visit(bob, NOW) == Visit(None, None)
    assert (await visit(bob, NOW + DAY)).at == NOW
