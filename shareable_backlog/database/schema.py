"""Watch whether the database's schema is the one this program knows."""

import asyncio

import structlog

from shareable_backlog.database import migrate
from shareable_backlog.database.pool import current
from shareable_backlog.errors import BacklogError

_LOG = structlog.stdlib.get_logger(__name__)

_NOT_CHECKED_YET = "The database's schema has not been checked yet. Please try again in a few seconds."
_WHILE_WRONG_S = 1.0
_WHILE_RIGHT_S = 30.0

_problem: str | None = _NOT_CHECKED_YET


def problem() -> str | None:
    """Give what is wrong with the schema and what to do, in plain words; None when it is right."""
    return _problem


async def watch(conninfo: str) -> None:
    """Keep `problem()` true for ever: ask every second while it is wrong, seldom while it is right."""
    global _problem  # noqa: PLW0603 (one process has one database)
    _problem = _NOT_CHECKED_YET
    while True:
        test = current().probe.last
        if test is not None and test.connected:
            found = await _check(conninfo)
            if found and found != _problem:
                _LOG.error("schema_is_wrong", reason=found)
            _problem = found
        await asyncio.sleep(_WHILE_WRONG_S if _problem else _WHILE_RIGHT_S)


async def _check(conninfo: str) -> str | None:
    try:
        status = await asyncio.to_thread(migrate.status, conninfo)
    except BacklogError:
        return _NOT_CHECKED_YET
    return status.explanation() if status.problem() else None
