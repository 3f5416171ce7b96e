"""Give the images of an item to whoever may see the item."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import items
from shareable_backlog.services.backlog.items import ItemPage

# Without what may follow the path: a signature there is another one each time.
_ADDRESS = re.compile(r"https://uploads\.linear\.app((?:/[\w.~%-]+)+)", re.ASCII)


class Image(Struct, frozen=True):
    """An image; `digest` is another one as soon as a byte of `content` is."""

    content: bytes
    media_type: str
    digest: str


Fetch: TypeAlias = Callable[[str], Awaitable[Image]]
"""Give the image at a path of Linear's uploads. Raises NotFound and LinearFailed."""


async def fetch_image(scope: Scope, identifier: str, name: str, fetch: Fetch) -> Image:
    """Return the image of this item that `name_images` gave this name.

    Only what stands in a text of the item is ever fetched. Raises NotFound when it does not stand there (any more),
    and what `fetch` raises.
    """
    item, comments = await items.read_item(scope, identifier)
    for path in _find_paths(item.description, *(comment.body for comment in comments)).values():
        if _hash_path(path) == name:
            return await fetch(path)
    raise NotFound("There is no such image in this item, or you may not see it.")


def name_images(page: ItemPage) -> dict[str, str]:
    """Return the names of the images on a page, by their addresses up to the query."""
    comments = (comment for thread in page.threads for comment in (thread.first, *thread.replies))
    paths = _find_paths(page.item.description, *(comment.body for comment in comments))
    return {address: _hash_path(path) for address, path in paths.items()}


def _find_paths(*texts: str | None) -> dict[str, str]:
    """Return the paths of all uploads that `texts` mention, by their addresses."""
    return {found[0]: found[1] for text in texts for found in _ADDRESS.finditer(text or "")}


def _hash_path(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()
