"""Show what changed in the backlog, day by day, and remember what somebody has seen of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.account import visits
from shareable_backlog.database.account.visits import Visit
from shareable_backlog.database.backlog import changes
from shareable_backlog.database.backlog.changes import KINDS, ChangedItem, ChangeKind, ChangesQuery
from shareable_backlog.database.projects import teams, updates
from shareable_backlog.database.projects.teams import ShownTeam
from shareable_backlog.database.projects.updates import ShownUpdate, UpdatesQuery
from shareable_backlog.errors import DatabaseReadOnly

PAGE_SIZE = 50
MOST_COUNTED = 1_000
"""What is more is not counted to the end, so that counting takes no longer the more there are."""

FURTHEST = timedelta(days=90)
"""How far back changes can be asked for."""

AT_FIRST = timedelta(days=7)
"""How far back somebody sees who was never here."""

_PAUSE_S = 30 * 60
_MOST_UPDATES = 200


class ChangeFilters(Struct, frozen=True):
    """Which changes are asked for: those after `since`, an aware time; `team_key` None is any team."""

    since: datetime
    kinds: Sequence[ChangeKind] = KINDS
    team_key: str | None = None


class ChangesPage(Struct, frozen=True):
    """One page of changes: days, the latest first, each with its lines, the latest first.

    `since` is what was asked for, but at most 90 days ago. `updates` are of the same time, by day, the last of each
    project and initiative. `counts` has the lines of each kind alone, 1,001 for more than 1,000. `next_after` leads
    to the next page and is None on the last.
    """

    since: datetime
    days: list[tuple[date, list[ChangedItem]]]
    updates: Mapping[date, Sequence[ShownUpdate]]
    counts: Mapping[ChangeKind, int]
    next_after: tuple[datetime, str] | None
    teams: list[ShownTeam]


async def list_changes(
    scope: Scope,
    filters: ChangeFilters,
    after: tuple[datetime, str] | None,
    *,
    now: datetime,
    zone: tzinfo,
    with_updates: bool = False,
) -> ChangesPage:
    """Return up to 50 lines from after the position `after` (None: the first), by the days of `zone`."""
    since = max(filters.since, now - FURTHEST)
    days = _list_days(since, now, zone)
    wanted = ChangesQuery(
        filters.kinds, since, [datetime.combine(day, time.min, zone) for day in days], filters.team_key
    )
    found = await changes.list_changes(scope, wanted, after, PAGE_SIZE + 1)
    lines = found[:PAGE_SIZE]
    by_day = {days[day]: list(alike) for day, alike in groupby(lines, lambda line: line.day)}
    until = lines[-1].at if len(found) > PAGE_SIZE else since
    written = await _list_updates(scope, filters, after, until, zone) if with_updates else {}
    return ChangesPage(
        since,
        [(day, by_day.get(day, [])) for day in sorted({*by_day, *written}, reverse=True)],
        written,
        await changes.count_changes(scope, wanted, MOST_COUNTED + 1),
        (lines[-1].at, lines[-1].id) if len(found) > PAGE_SIZE else None,
        await teams.list_teams(scope),
    )


async def _list_updates(
    scope: Scope, filters: ChangeFilters, after: tuple[datetime, str] | None, until: datetime, zone: tzinfo
) -> dict[date, list[ShownUpdate]]:
    """Return what was written in the time that a page shows, from before its beginning until `until`, by days."""
    wanted = UpdatesQuery(team_key=filters.team_key, since=until)
    found = await updates.list_updates(scope, wanted, (after[0], "") if after else None, _MOST_UPDATES)
    of_day: dict[date, dict[str, ShownUpdate]] = {}
    for one in found:
        of_day.setdefault(one.created_at.astimezone(zone).date(), {}).setdefault(one.plan_id, one)
    return {day: list(alike.values()) for day, alike in of_day.items()}


async def record_visit(user_id: int, now: datetime) -> Visit | None:
    """Note that somebody looks at the changes, and return their visit before; it has no times if there was none.

    Looks less than half an hour apart are one visit, so that what is new stays new while somebody reads. None where
    nothing can be recorded.
    """
    try:
        return await visits.record_visit(user_id, now, _PAUSE_S)
    except DatabaseReadOnly:
        return None


async def mark_seen(user_id: int, now: datetime) -> None:
    """Note that somebody has seen all changes up to now."""
    await visits.mark_seen(user_id, now)


def _list_days(since: datetime, now: datetime, zone: tzinfo) -> list[date]:
    """Return the days from that of `since` to today's, in the reader's time zone."""
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
