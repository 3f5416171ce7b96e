"""Mirror the images of items one by one, each when it is first looked at."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from shareable_backlog.config import Settings
from shareable_backlog.errors import ConfigurationInvalid, LinearFailed, NotFound
from shareable_backlog.linear import uploads
from shareable_backlog.linear.connection import client
from shareable_backlog.services.backlog.images import Fetch, Image
from shareable_backlog.sync.file_cache import FileCache
from shareable_backlog.tasks import end_tasks

_MOST_AT_ONCE = 4
_MEGABYTE = 10**6


class Images:
    """Give images from `cache`, or else by `fetch`; tasks of one event loop may share it.

    Whoever asks for the same image at the same time gets it from the same fetch.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]], cache: FileCache) -> None:
        self._fetch = fetch
        self._cache = cache
        self._under_way: dict[str, asyncio.Task[Image]] = {}

    async def load_image(self, path: str) -> Image:
        """Return the image at `path` of Linear's uploads. Raises NotFound and LinearUnavailable."""
        task = self._under_way.get(path)
        if task is None:
            task = self._under_way[path] = asyncio.create_task(self._read_or_fetch(path))
            task.add_done_callback(lambda done: self._forget_task(path, done))
        # Whoever goes away must not take the image from the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Break off what is under way."""
        await end_tasks(*self._under_way.values())

    def _forget_task(self, path: str, done: asyncio.Task[Image]) -> None:
        del self._under_way[path]
        if not done.cancelled():
            done.exception()  # else asyncio complains when all who waited for it have gone

    async def _read_or_fetch(self, path: str) -> Image:
        content = await asyncio.to_thread(self._cache.read, path)
        if content is None:
            content = await self._fetch(path)
            await asyncio.to_thread(self._cache.write, path, content)
        digest = await asyncio.to_thread(hashlib.sha256, content)
        return Image(content, uploads.detect_media_type(content), digest.hexdigest())


@asynccontextmanager
async def open_images(settings: Settings) -> AsyncGenerator[Fetch]:
    """Yield what fetches images for the length of the context; it finds none when Linear can't be asked at all."""
    async with AsyncExitStack() as stack:
        fetch: Fetch = _refuse_image
        with suppress(ConfigurationInvalid, LinearFailed):  # every sync says so, and what to do
            linear = await stack.enter_async_context(client.open_configured_client(settings))
            base = settings.linear_uploads_url.rstrip("/")
            cache = FileCache(settings.data_dir / "images", settings.image_cache_mb * _MEGABYTE)
            slots = asyncio.Semaphore(_MOST_AT_ONCE)
            images = Images(lambda path: linear.fetch_image(base + path, slots), cache)
            stack.push_async_callback(images.close)
            fetch = images.load_image
        yield fetch


async def _refuse_image(_path: str) -> Image:
    raise NotFound("This image can be seen only in Linear.")
