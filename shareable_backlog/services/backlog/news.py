"""Say what counts as new: what came since the last meeting, and what somebody has not seen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.backlog.filters import Filters, News
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.mirror import mirror
from shareable_backlog.services import meetings, settings
from shareable_backlog.services.backlog import unseen

__all__ = ["News"]


async def find_meeting(now: datetime, settings_mark: str | None = None) -> datetime | None:
    """Return when the day of the last meeting began, in the zone of `now`; None when there was none yet."""
    day = meetings.find_last_meeting(await settings.read_settings(settings_mark), now.date())
    return day and datetime.combine(day, time.min, now.tzinfo)


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
