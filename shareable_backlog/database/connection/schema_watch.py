"""Watch whether the database's schema is the one this program knows, and whether its role may use it."""

import asyncio
import contextlib
from functools import cache

from shareable_backlog import logs
from shareable_backlog.database import rights
from shareable_backlog.database.connection.pool import require_database
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.migrate import AppliedMigration, Migration, files, ledger, state
from shareable_backlog.errors import BacklogError, DatabaseUnavailable
from shareable_backlog.process_state import ProcessState

_LOG = logs.get_logger(__name__)

_NOT_CHECKED_YET = "The database's schema has not been checked yet. Please try again in a few seconds."
_WHILE_WRONG_S = 1.0
_WHILE_RIGHT_S = 1.5
_PATIENCE_S = 2.0

_PROBLEM = ProcessState[str | None](lambda: _NOT_CHECKED_YET)
_IS_CHECKED = ProcessState(asyncio.Event)


def find_problem() -> str | None:
    """Return what is wrong with the schema and what to do, in plain words; None when it is right."""
    return _PROBLEM.value


async def wait_for_check() -> None:
    """Wait two seconds at most until the schema has been checked once: it is about to be, as the database answers."""
    if not _IS_CHECKED.value.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                await _IS_CHECKED.value.wait()


async def watch_schema(first_look: asyncio.Event) -> None:
    """Keep `find_problem()` true for ever, by asking every second or two.

    Sets `first_look` once the schema is known, or the database known to be away.
    """
    with _PROBLEM.hold(_NOT_CHECKED_YET), _IS_CHECKED.hold(asyncio.Event()):
        while True:
            if (await require_database().probe.wait_for_result()).connected:
                found = await _check_again()
                if found and found != _PROBLEM.value:
                    _LOG.error("schema_is_wrong", reason=found)
                _PROBLEM.value = found
                if found != _NOT_CHECKED_YET:
                    _IS_CHECKED.value.set()
            first_look.set()
            await asyncio.sleep(_WHILE_WRONG_S if _PROBLEM.value else _WHILE_RIGHT_S)


async def _check_again() -> str | None:
    try:
        return await check_schema()
    except DatabaseUnavailable:
        return _PROBLEM.value  # what was found last still holds


async def check_schema() -> str | None:
    """Return what keeps the program from using the database, and the fix, in plain words; None if nothing does.

    Raises DatabaseUnavailable.
    """
    try:
        migrations = _read_migrations()
        if unusable := await rights.describe_unusable():
            return unusable
        [(exists,)] = await query(ledger.EXISTS)
        if exists and (lack := await rights.describe_lack(["public.pgmigrations"])):
            return lack
        applied = await query(ledger.SELECT_APPLIED, row=AppliedMigration) if exists else []
        status = state.compare(migrations, applied)
        if status.find_problem():
            return status.describe()
        return await rights.describe_lack(rights.list_tables(migrations))
    except DatabaseUnavailable:
        raise
    except BacklogError as error:
        return str(error)


@cache
def _read_migrations() -> list[Migration]:
    return files.read_migrations(files.locate_migrations())
