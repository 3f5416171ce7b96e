"""Be the other side of sync.py: fetch all that a first sync fetches, with the same client, into nothing.

`python -m benchmarks.rig.download URL KEY`; imports no more than that needs.
"""

import asyncio
import sys

from msgspec.structs import replace

from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.paging import PageReader
from shareable_backlog.linear.queries import PageRequest
from shareable_backlog.streams import STREAMS


async def download(url: str, key: str) -> None:
    async with open_client(url, key) as client:
        reader = PageReader(client)
        asks: list[PageRequest] = [PageRequest(stream) for stream in STREAMS.values()]
        is_first = True
        while asks:
            pages = zip(asks, (await reader.fetch_round(asks, with_counts=is_first)).pages, strict=True)
            is_first = False
            asks = [replace(ask, after=page.end_cursor) for ask, page in pages if page.has_next_page]


if __name__ == "__main__":
    asyncio.run(download(*sys.argv[1:]))
