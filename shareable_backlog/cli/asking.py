"""Ask the services on behalf of a command, with the database open around it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shareable_backlog import config, logs
from shareable_backlog.config import Settings
from shareable_backlog.services import readiness

T = TypeVar("T")


def asked(question: Callable[[Settings], Awaitable[T]]) -> T:
    """Give the answer to a question that is asked with the settings in force; only warnings are logged."""
    settings = config.load()
    logs.configure("warning", settings.log_format)

    async def answer() -> T:
        async with readiness.ready(settings):
            return await question(settings)

    return asyncio.run(answer())
