"""Be the other side of sync.py: fetch the pages of a full pull with the product's client, into nothing.

`python -m benchmarks.download URL KEY`; imports no more than that needs.
"""

import asyncio
import sys

from shareable_backlog import logs
from shareable_backlog.linear.client import connected
from shareable_backlog.linear.paging import pages
from shareable_backlog.linear.queries import FULL_PULL


async def download(url: str, key: str) -> None:
    async with connected(url, key) as client:
        for paged in FULL_PULL:
            async for _ in pages(client, paged):
                pass


if __name__ == "__main__":
    logs.configure("warning", "console")
    asyncio.run(download(*sys.argv[1:]))
