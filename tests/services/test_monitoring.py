"""What a monitoring system is told: kept for some seconds, and without what can't be had."""

import pytest

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import query
from shareable_backlog.process_state import reset_process_state
from shareable_backlog.services import monitoring
from shareable_backlog.services.access.sessions import SessionLimits

pytestmark = pytest.mark.anyio

LIMITS = SessionLimits(idle_hours=72, max_days=30)


@pytest.mark.usefixtures("live_database")
async def test_what_is_asked_for_is_kept() -> None:
    await database.test_connection()
    first = await monitoring.read_installation_numbers(LIMITS)
    await query("INSERT INTO users (email) VALUES ('carol@example.com')")
    assert await monitoring.read_installation_numbers(LIMITS) is first
    reset_process_state()
    again = await monitoring.read_installation_numbers(LIMITS)
    assert again is not None
    assert again.people == {"pending": 1}


@pytest.mark.owner
@pytest.mark.usefixtures("live_database")
async def test_what_can_not_be_had_is_left_out_and_asked_for_the_next_time() -> None:
    await database.test_connection()
    await query("ALTER TABLE outgoing_mails RENAME TO outgone_mails")
    found = await monitoring.read_installation_numbers(LIMITS)
    assert found is not None
    assert (found.mails, found.sessions) == (None, 0)
    await query("ALTER TABLE outgone_mails RENAME TO outgoing_mails")
    found = await monitoring.read_installation_numbers(LIMITS)
    assert found is not None
    assert found.mails is not None


async def test_of_a_database_that_is_away_only_the_process_is_told() -> None:
    settings = parse_settings({"DATABASE_URL": "postgresql://127.0.0.1:1/backlog"})
    async with database.open_database(settings):
        await database.test_connection()
        assert await monitoring.read_installation_numbers(LIMITS) is None
        process = monitoring.read_process_numbers()
        assert process.probe is not None
        assert not process.probe.connected
        assert process.pool.limit == 20
