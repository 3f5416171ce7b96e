"""Tell whether pages can be served: the database answers and its schema is the one this program knows."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shareable_backlog import database
from shareable_backlog.config import Settings
from shareable_backlog.database import migrate, schema
from shareable_backlog.errors import SchemaNotReady


def is_ready() -> bool:
    """Tell whether the database answered a second ago and has the right schema."""
    test = database.last_connection_test()
    return test is not None and test.connected and schema.problem() is None


def require_schema() -> None:
    """Raise SchemaNotReady when the database is known to have another schema than this program."""
    test = database.last_connection_test()
    problem = schema.problem()
    if test is not None and test.connected and problem is not None:
        raise SchemaNotReady(problem)


@asynccontextmanager
async def ready(settings: Settings) -> AsyncGenerator[None]:
    """Open the database for a command and make sure of its schema.

    The embedded server is migrated; a server of one's own is left as it is: raises SchemaNotReady when its schema
    is not this program's. Raises DatabaseUnavailable and MigrationFailed too.
    """
    async with database.opened(settings) as conninfo:
        await migrate_embedded(settings, conninfo)
        status = await asyncio.to_thread(migrate.status, conninfo)
        if status.problem():
            raise SchemaNotReady(status.explanation())
        yield


async def migrate_embedded(settings: Settings, conninfo: str) -> None:
    """Migrate the embedded server, which nobody else looks after; does nothing to a server of one's own."""
    if settings.database_url is None:
        await asyncio.to_thread(migrate.up, conninfo)
