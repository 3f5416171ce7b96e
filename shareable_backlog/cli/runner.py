"""Ask the services on behalf of a command, with the database open around it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shareable_backlog import config, database, logs
from shareable_backlog.config import Settings
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness
from shareable_backlog.services.audit import audit_sealing

T = TypeVar("T")


def run_with_database(work: Callable[[Settings], Awaitable[T]], *, seals: bool = True, looks: bool = False) -> T:
    """Return the answer to a question that is asked with the settings in force; only warnings are logged.

    With `looks` no database is made for it: raises DatabaseUnavailable when there is none yet.
    What was recorded is sealed at the end unless that is not wanted, or there is no key for it here.
    """
    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    if looks:
        database.require_made(settings)

    async def run_work() -> T:
        async with readiness.open_ready_database(settings):
            answer = await work(settings)
            if seals:
                with contextlib.suppress(BacklogError):  # what was asked is done; the log has it
                    await audit_sealing.seal_entries(audit_sealing.build_seal_config(settings))
            return answer

    return asyncio.run(run_work())
