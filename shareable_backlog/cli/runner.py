"""Ask the services on behalf of a command, with the database open around it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shareable_backlog import config, logs
from shareable_backlog.config import Settings
from shareable_backlog.services import readiness

T = TypeVar("T")


def run_with_database(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Return the answer to a question that is asked with the settings in force; only warnings are logged."""
    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)

    async def run_work() -> T:
        async with readiness.open_ready_database(settings):
            return await work(settings)

    return asyncio.run(run_work())
