"""Be `slb` with each page made anew for each request: `python -m benchmarks.rig.servers.unkept serve`.

What pages share, such as names and ranks, stays kept for as long as the mirror is the same.
"""

from collections.abc import Awaitable, Callable, Hashable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from shareable_backlog.cli import main
from shareable_backlog.process_state import ProcessState
from shareable_backlog.web.pages.cache import AsyncLruCache

_PAGES = ("shareable_backlog.controllers.kept_pages", "shareable_backlog.controllers.backlog.lists.item_list")


class _NoCache(AsyncLruCache[Any]):
    """Keep nothing."""

    def find(self, key: Hashable) -> None:
        """Return what is kept: nothing."""
        del key

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 (whatever it is)
        """Make it."""
        del key
        return await make()


if __name__ == "__main__":
    with ExitStack() as stack:
        for module in _PAGES:
            stack.enter_context(mock.patch(f"{module}._KEPT", ProcessState(lambda: _NoCache(1))))
        main()
