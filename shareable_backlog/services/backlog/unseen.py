"""Tell what somebody has not seen yet of what came, and remember what they have.

It looks at the 500 newest items of the last 90 days that they may see: which these are is the same for all who see
the same, and kept as long as the mirror stays as it is. What came is what was created in Linear; what was there
before, and an admin shows only now, is not new (ADR 25).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.account.seen_marks import SeenMark
from shareable_backlog.database.backlog.news import arrivals
from shareable_backlog.database.backlog.news.arrivals import Arrival
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import selections

__all__ = ["SeenMark"]

_NEWEST = 500
_FURTHEST = timedelta(days=90)
_OVERLAP = timedelta(hours=3)
"""What was created so shortly before the mirror was brought up to date may still be on its way."""
_MOST_REMEMBERED = 1_000


class _KeptArrivals(Struct):
    """What came last, by what people may see, while the mirror and what is shared were of this version."""

    version: str = ""
    arrivals: dict[Scope, Sequence[Arrival]] = field(default_factory=dict)


_KEPT = ProcessState(_KeptArrivals)


async def find_unseen(scope: Scope, version: str, mark: SeenMark | None) -> tuple[str, ...]:
    """Return the ids of what somebody has not seen, the newest first; nothing for who was never here.

    `version` is the mirror's.
    """
    return tuple(one.id for one in _select_unseen(await _list_arrivals(scope, version), mark)) if mark else ()


async def begin_mark(user_id: int, scope: Scope, version: str, as_of: datetime | None) -> None:
    """Note that somebody is here for the first time: what there is, is not new to them.

    `as_of` is when the mirror was brought up to date, None if it never was.
    """
    until = _find_safe_time(as_of)
    seen = [one.id for one in await _list_arrivals(scope, version) if one.created_at > until]
    await seen_marks.begin_mark(user_id, SeenMark(until, seen))


async def mark_seen(
    user_id: int, scope: Scope, version: str, as_of: datetime | None, item_ids: Collection[str] | None
) -> tuple[str, ...]:
    """Note that somebody has seen these items (None: all that came), and return what they have not seen yet.

    What is not among the newest that they may see is left out, so nobody can make the note grow.
    """
    newest = await _list_arrivals(scope, version)
    async with transaction() as tx:
        mark = await seen_marks.lock_mark(tx, user_id)
        if mark is None:
            return ()
        wanted = None if item_ids is None else frozenset(item_ids)
        new = [one.id for one in _select_unseen(newest, mark) if wanted is None or one.id in wanted]
        if new:
            mark = _shorten_mark(SeenMark(mark.seen_until, [*mark.item_ids, *new]), newest, _find_safe_time(as_of))
            await seen_marks.save_mark(tx, user_id, mark)
    return tuple(one.id for one in _select_unseen(newest, mark))


async def _list_arrivals(scope: Scope, version: str) -> Sequence[Arrival]:
    if scope.is_nothing:
        return ()
    kept = _KEPT.value
    if kept.version != version:
        kept = _KEPT.value = _KeptArrivals(version)
    if scope not in kept.arrivals:
        now = clock.read_time()
        asked = arrivals.query_arrivals((now - _FURTHEST).date(), now)
        selection = await selections.select_items(scope, asked, version)
        kept.arrivals[scope] = await arrivals.list_arrivals(selection, _NEWEST)
    return kept.arrivals[scope]


def _select_unseen(newest: Sequence[Arrival], mark: SeenMark) -> list[Arrival]:
    seen = frozenset(mark.item_ids)
    return [one for one in newest if one.created_at > mark.seen_until and one.id not in seen]


def _shorten_mark(mark: SeenMark, newest: Sequence[Arrival], safe: datetime) -> SeenMark:
    """Return the same with as few ids as it takes: up to just before the oldest unseen one, all is seen.

    What was created after `safe` may still be on its way, so it is told one by one.
    """
    oldest = min((one.created_at for one in _select_unseen(newest, mark)), default=safe)
    until = max(mark.seen_until, min(safe, oldest - timedelta(microseconds=1)))
    implied = {one.id for one in newest if one.created_at <= until}
    left = [id_ for id_ in mark.item_ids if id_ not in implied]
    return SeenMark(until, left[-_MOST_REMEMBERED:])


def _find_safe_time(as_of: datetime | None) -> datetime:
    return (as_of or clock.read_time()) - _OVERLAP
