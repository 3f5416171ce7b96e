"""Say what counts as new: what came since the last meeting, and what somebody has not seen."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.backlog.filters import Filters, News
from shareable_backlog.database.backlog.news import past_ranks
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.mirror import mirror
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services import meetings, settings
from shareable_backlog.services.backlog import unseen

__all__ = ["News"]


class _KeptStart(Struct, frozen=True):
    """Since when the mirror knew what moved, as it was of this version."""

    version: str
    known_since: datetime | None


_MOST_PAST = 2
_KEPT = ProcessState[_KeptStart | None](lambda: None)


async def find_meeting(now: datetime, settings_mark: str | None = None) -> datetime | None:
    """Return when the day of the last meeting began, in the zone of `now`; None when there was none yet."""
    day = meetings.find_last_meeting(await settings.read_settings(settings_mark), now.date())
    return day and datetime.combine(day, time.min, now.tzinfo)


async def list_past_days(version: str, now: datetime, settings_mark: str | None = None) -> Sequence[datetime]:
    """Return when the days of the last two meetings began, the last first; of weeks ago where there are no meetings.

    Those are left out on which the mirror, now of that `version`, didn't know yet what moved.
    """
    kept, today = _KEPT.value, now.date()
    if kept is None or kept.version != version:
        kept = _KEPT.value = _KeptStart(version, await past_ranks.read_known_since())
    met = meetings.iterate_past_meetings(await settings.read_settings(settings_mark), today)
    days = list(islice(met, _MOST_PAST)) or [today - timedelta(weeks=count) for count in range(1, _MOST_PAST + 1)]
    begun = [datetime.combine(day, time.min, now.tzinfo) for day in days]
    return [one for one in begun if kept.known_since is None or one >= kept.known_since]


def needs_word(filters: Filters, word: str) -> bool:
    """Return whether the filters ask for what is new in that sense of the word."""
    return any(one.field == "new" and word in one.values for one in filters.conditions)


async def complete_query(
    query: ItemQuery, scope: Scope, user_id: int, unseen_ids: Sequence[str] | None = None
) -> ItemQuery:
    """Return the query with what its filters mean by "new" for this person.

    `unseen_ids` are what they have not seen, where a page has found that out already.
    """
    news = query.news
    if needs_word(query.filters, "meeting") or query.filters.since == "meeting":
        news = replace(news, meeting=await find_meeting(query.now))
    if needs_word(query.filters, "unseen") and unseen_ids is not None:
        news = replace(news, unseen_ids=tuple(unseen_ids))
    elif needs_word(query.filters, "unseen"):
        version = await mirror.read_version()
        mark = await seen_marks.read_mark(user_id)
        news = replace(news, unseen_ids=await unseen.find_unseen(scope, version, mark))
    return replace(query, news=news)
