"""Tell whether pages can be served: the database answers and its schema is the one this program knows."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shareable_backlog import database
from shareable_backlog.config import Settings
from shareable_backlog.database import migrate
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.database.connection.pool import require_database as require_open_database
from shareable_backlog.errors import BacklogError, DatabaseUnavailable, SchemaNotReady
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services import settings as place_settings
from shareable_backlog.services.mirror import freshness

_LOOK_AT_MIRROR_EVERY_S = 5.0
_IS_MIRROR_LATE = ProcessState(bool)


def is_ready() -> bool:
    """Return whether the database answered a second ago and has the right schema."""
    test = database.read_last_connection_test()
    return test is not None and test.connected and schema_watch.find_problem() is None


def is_mirror_late() -> bool:
    """Return whether the mirror was older than it should be, a few seconds ago."""
    return _IS_MIRROR_LATE.value


async def watch_mirror(settings: Settings) -> None:
    """Keep `is_mirror_late()` true for ever; what was found last holds while the database can't be asked.

    Whichever process runs the syncs, each knows how long after each other they should come.
    """
    freshness.expect_runs_every(settings.sync_interval_s)
    with _IS_MIRROR_LATE.hold(value=False):
        while True:
            if is_ready():
                with contextlib.suppress(BacklogError):
                    freshness.expect_runs_every(await place_settings.choose_sync_interval_s(settings))
                    _IS_MIRROR_LATE.value = (await freshness.read_freshness()).is_late
            await asyncio.sleep(_LOOK_AT_MIRROR_EVERY_S if is_ready() else 0.1)


async def require_database() -> None:
    """Raise DatabaseUnavailable while the database is known to be away, a third of a second later at most."""
    await require_open_database().probe.require_available()


async def require_schema() -> None:
    """Raise SchemaNotReady when the database is known to have another schema than this program."""
    test = database.read_last_connection_test()
    if test is None or not test.connected:
        return
    await schema_watch.wait_for_check()
    if problem := schema_watch.find_problem():
        raise SchemaNotReady(problem)


@asynccontextmanager
async def open_ready_database(settings: Settings) -> AsyncGenerator[None]:
    """Open the database for a command and make sure of its schema.

    The embedded server is migrated; a server of one's own is left as it is: raises SchemaNotReady when its schema
    is not this program's. Raises DatabaseUnavailable and MigrationFailed too.
    """
    async with database.open_database(settings) as conninfo:
        await migrate_embedded(settings, conninfo)
        test = await database.test_connection()
        if test.error:  # else the pool would wait for a connection
            raise DatabaseUnavailable(test.error)
        if problem := await schema_watch.check_schema():
            raise SchemaNotReady(problem)
        yield


async def migrate_embedded(settings: Settings, conninfo: str) -> None:
    """Migrate the embedded server, which nobody else looks after; does nothing to a server of one's own."""
    if settings.database_url is not None:
        return
    status = await asyncio.to_thread(migrate.read_status, conninfo)
    if status.find_problem():  # there is none where a newer version only added to the schema
        await asyncio.to_thread(migrate.apply_migrations, conninfo)
