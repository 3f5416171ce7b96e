"""Watch whether the database's schema is the one this program knows."""

import asyncio

from shareable_backlog import logs
from shareable_backlog.database.connection.pool import current
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.migrate import Applied, files, ledger, state
from shareable_backlog.errors import BacklogError, DatabaseUnavailable

_LOG = logs.logger(__name__)

_NOT_CHECKED_YET = "The database's schema has not been checked yet. Please try again in a few seconds."
_UNTIL_FIRST_ANSWER_S = 0.05
_WHILE_WRONG_S = 1.0
_WHILE_RIGHT_S = 30.0

_problem: str | None = _NOT_CHECKED_YET


def problem() -> str | None:
    """Give what is wrong with the schema and what to do, in plain words; None when it is right."""
    return _problem


async def watch(looked: asyncio.Event) -> None:
    """Keep `problem()` true for ever: ask every second while it is wrong, seldom while it is right.

    Sets `looked` once the schema is known, or the database known to be away.
    """
    global _problem  # noqa: PLW0603 (one process has one database)
    _problem = _NOT_CHECKED_YET
    while True:
        test = current().probe.last
        if test is not None and test.connected:
            found = await _found()
            if found and found != _problem:
                _LOG.error("schema_is_wrong", reason=found)
            _problem = found
        elif test is None:
            await asyncio.sleep(_UNTIL_FIRST_ANSWER_S)
            continue
        looked.set()
        await asyncio.sleep(_WHILE_WRONG_S if _problem else _WHILE_RIGHT_S)


async def _found() -> str | None:
    """Compare database and files; what was found last still holds when the database can't be asked."""
    try:
        [(exists,)] = await query(ledger.EXISTS)
        applied = await query(ledger.SELECT_APPLIED, row=Applied) if exists else []
        status = state.compare(files.load(files.migrations_directory()), applied)
    except DatabaseUnavailable:
        return _problem
    except BacklogError as error:
        return str(error)
    return status.explanation() if status.problem() else None
