"""Keep the ranks of items for as long as the mirror and what is shared stay the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct
from starlette.requests import Request

from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.services.backlog import news, ranks
from shareable_backlog.services.backlog.item_pages import Scope, Selection
from shareable_backlog.web.pages.cache import AsyncLruCache


class PastRank(Struct, frozen=True):
    """The place that an item had when a day began."""

    day: datetime
    rank: int


_KEPT = ProcessState(lambda: AsyncLruCache[Mapping[str, int]](64))
_KEPT_PAST = ProcessState(lambda: AsyncLruCache[Mapping[str, int]](32))


async def find_version(request: Request) -> str:
    """Return the mark of the mirror and of what is shared; who comes by a session has read it already."""
    reader: PageUser | None = request.state.reader
    return reader.version if reader else await ranks.read_version()


async def read_ranks(
    scope: Scope, version: str | None = None, selection: Selection | None = None
) -> Mapping[str, int]:
    """Return the places of the first 1,000 open items of a scope by their ids, the first being 1.

    `version` is that of the mirror, and `selection` one of the scope, where they have been read already.
    """
    if scope.is_nothing:
        return {}
    mark = version or await ranks.read_version()
    make = partial(ranks.read_ranks_beside, selection) if selection else partial(ranks.read_ranks, scope)
    return await _KEPT.value.get((mark, scope), make)


async def read_past_ranks(scope: Scope, version: str, since: datetime) -> Mapping[str, int]:
    """Return the places that items had when the day `since` began, of those that were among the first 1,000."""
    if scope.is_nothing:
        return {}
    now = await read_ranks(scope, version)
    return await _KEPT_PAST.value.get(
        (version, scope, since), partial(ranks.read_past_ranks, scope, since, list(now))
    )


async def read_history(reader: PageUser, item_id: str, now: datetime) -> Sequence[PastRank]:
    """Return the places that an item had at the last meetings among all that one may see, the last first."""
    found = [
        (day, (await read_past_ranks(reader.user.scope, reader.version, day)).get(item_id))
        for day in await news.list_past_days(reader.version, now, reader.settings_mark)
    ]
    return [PastRank(day, rank) for day, rank in found if rank is not None]
