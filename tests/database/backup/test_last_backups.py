"""How old the newest backup is."""

from datetime import UTC, datetime

import psycopg
import pytest
from structlog.testing import capture_logs

from shareable_backlog.database.backup import last_backups

pytestmark = pytest.mark.anyio
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("live_database")
async def test_there_is_no_age_before_the_first_backup() -> None:
    assert await last_backups.read_backup_age_s() is None


@pytest.mark.usefixtures("live_database")
async def test_the_newest_backup_counts(database: str) -> None:
    with psycopg.connect(database) as connection:
        [(hour_ago,)] = connection.execute("SELECT now() - interval '1 hour'").fetchall()
    last_backups.remember_backup(database, LONG_AGO)
    last_backups.remember_backup(database, hour_ago)
    age = await last_backups.read_backup_age_s()
    assert age is not None
    assert 3600 <= age < 3700


async def test_a_backup_that_cannot_be_remembered_is_said_in_the_log(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE last_backups")
    with capture_logs() as logged:
        last_backups.remember_backup(database, LONG_AGO)
    [line] = logged
    assert line["event"] == "backup_not_remembered"
    assert line["reason"] == 'The database says: relation "last_backups" does not exist.'


async def test_a_server_that_has_gone_meanwhile_is_named_in_the_log_without_its_host() -> None:
    with capture_logs() as logged:
        last_backups.remember_backup("host=127.0.0.1 port=1 dbname=x", LONG_AGO)
    [line] = logged
    assert line["reason"].startswith("The database is not running or not listening.")
