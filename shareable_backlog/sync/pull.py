"""Pull a whole workspace from Linear."""

from collections.abc import AsyncIterator

from shareable_backlog.config import Settings
from shareable_backlog.errors import ConfigurationInvalid
from shareable_backlog.linear.client import Client, connected
from shareable_backlog.linear.paging import pages
from shareable_backlog.linear.queries import FULL_PULL
from shareable_backlog.sync import run as running
from shareable_backlog.sync.run import OnPage, Report, Trigger
from shareable_backlog.sync.store import Page
from shareable_backlog.sync.streams import STREAMS


async def run(settings: Settings, trigger: Trigger, on_page: OnPage) -> Report:
    """Pull every stream, archived rows too, and give the report; see `sync.run.run` for `on_page` and errors.

    Raises ConfigurationInvalid when LINEAR_API_KEY is not set.
    """
    if settings.linear_api_key is None:
        raise ConfigurationInvalid(("LINEAR_API_KEY is not set: make a read-only key in Linear's settings",))
    async with connected(settings.linear_api_url, settings.linear_api_key.get_secret_value()) as client:
        return await running.run(_pages(client), trigger, on_page)


async def _pages(client: Client) -> AsyncIterator[Page]:
    for paged in FULL_PULL:
        async for page in pages(client, paged):
            yield Page(STREAMS[paged.stream], page.nodes)
