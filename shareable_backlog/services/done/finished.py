"""Show what was finished: by week, or by project, label or release within some weeks, the newest first.

Each part is what a filter leaves of the list, so that its number leads to a list of exactly so many.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.done import finished, headings
from shareable_backlog.database.done.headings import DoneKind
from shareable_backlog.database.projects import teams
from shareable_backlog.database.projects.teams import ShownTeam
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.item_pages import Group, ItemQuery, ItemTotal, ListedItem
from shareable_backlog.vocabulary import GroupBy

__all__ = ["DoneKind"]

WEEKS_ON_PAGE = 8
FIRST_SHOWN = 10
LONGEST_HEADING = 200
KINDS: tuple[DoneKind, ...] = get_args(DoneKind)
_WEEK = timedelta(weeks=1)
_EVER = date(1970, 1, 1)
_FEW = 10_000


class DoneQuery(Struct, frozen=True):
    """What is asked for: what was finished before the Monday `before` (None: up to now), of a team (None: any)."""

    by: DoneKind
    before: date | None = None
    team_key: str | None = None


class DonePart(Struct, frozen=True, kw_only=True):
    """A week (`day` is its Monday), or a project, a label or a release as a `group`; one without has none of them.

    `filters` leave its `total` items, the first of which are `items`; `key` is what its `heading` is kept under,
    None where it can have none.
    """

    key: str | None
    heading: str | None
    day: date | None
    group: Group | None
    filters: Filters
    total: ItemTotal
    items: Sequence[ListedItem]


class DonePage(Struct, frozen=True, kw_only=True):
    """Some weeks, from `first_day` to `last_day`; `next_before` leads to older ones, None when there are none.

    `next_skip` leads to more parts of the same weeks.
    """

    parts: Sequence[DonePart]
    first_day: date
    last_day: date
    next_before: date | None
    next_skip: int | None
    teams: Sequence[ShownTeam]


async def list_finished(scope: Scope, asked: DoneQuery, now: datetime, *, skip: int = 0) -> DonePage:
    """Return eight weeks of what was finished, the last of which has anything, by the days of `now`'s zone."""
    end = min(asked.before or date.max, _find_monday(now.date()) + _WEEK)
    newest = await _find_last(scope, asked, end, now)
    last = end if newest is None else _find_monday(newest.astimezone(now.tzinfo).date()) + _WEEK
    first = last - WEEKS_ON_PAGE * _WEEK
    older = newest and await _find_last(scope, asked, first, now)
    parts: list[DonePart] = []
    next_skip = None
    if newest is None:
        pass
    elif asked.by == "week":
        parts = [await _read_week(scope, asked, last - (at + 1) * _WEEK, now) for at in range(WEEKS_ON_PAGE)]
    elif asked.by == "release":
        parts, next_skip = await _list_releases(scope, asked, (first, last), now, skip)
    else:
        parts, next_skip = await _list_groups(scope, asked, asked.by, (first, last), now, skip)
    return DonePage(
        parts=await _add_headings(asked.by, parts),
        first_day=first,
        last_day=last - timedelta(days=1),
        next_before=_find_monday(older.astimezone(now.tzinfo).date()) + _WEEK if older else None,
        next_skip=next_skip,
        teams=await teams.list_teams(scope),
    )


async def _find_last(scope: Scope, asked: DoneQuery, before: date, now: datetime) -> datetime | None:
    """Return when the last item was finished before a day.

    What a group sees may be far apart among all that was finished, so where it is little, all of it is looked at.
    """
    if scope.viewer_group_ids is not None:
        wanted = _build_filters(asked, _EVER, before)
        selection = await item_pages.select_items(scope, ItemQuery(wanted, "updated", now))
        count, last = await finished.find_last_of_few(selection, _FEW)
        if count <= _FEW:
            return last
    return await finished.find_last_finish(scope, _begin(before, now), asked.team_key)


def _find_monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _begin(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, now.tzinfo)


def _build_filters(asked: DoneQuery, first: date, end: date) -> Filters:
    """Return what was finished from a day on and before another, also what was put away since."""
    span = Condition("completed", (f"{first}..{end - timedelta(days=1)}",))
    of_team = (Condition("team", (asked.team_key,)),) if asked.team_key else ()
    return Filters((*of_team, span), with_archived=True)


def build_feed_filters(team_key: str | None) -> Filters:
    """Return what a feed reader is offered: what was finished in the last 90 days."""
    of_team = (Condition("team", (team_key,)),) if team_key else ()
    return Filters((*of_team, Condition("completed", ("90d",))), with_archived=True)


async def _read_week(scope: Scope, asked: DoneQuery, day: date, now: datetime) -> DonePart:
    of_week = _build_filters(asked, day, day + _WEEK)
    total, items = await _read_items(scope, of_week, now)
    return DonePart(key=day.isoformat(), heading=None, day=day, group=None, filters=of_week, total=total, items=items)


async def _read_items(scope: Scope, wanted: Filters, now: datetime) -> tuple[ItemTotal, Sequence[ListedItem]]:
    selection = await item_pages.select_items(scope, ItemQuery(wanted, "updated", now))
    total = await item_pages.count_items(selection)
    if not total.count:
        return total, ()
    return total, (await item_pages.list_selected(selection, None, FIRST_SHOWN)).items


async def _list_releases(
    scope: Scope, asked: DoneQuery, span: tuple[date, date], now: datetime, skip: int
) -> tuple[list[DonePart], int | None]:
    first, end = (_begin(day, now) for day in span)
    limit = item_pages.GROUPS_ON_PAGE
    found = await finished.list_releases(scope, first, end, asked.team_key, skip=skip, limit=limit + 1)
    of_all, parts = _build_filters(asked, *span), list[DonePart]()
    for value, name in found[:limit]:
        of_release = filters.narrow_to(of_all, Condition("release", (value,)))
        total, items = await _read_items(scope, of_release, now)
        parts.append(
            DonePart(
                key=_build_key(value),
                heading=None,
                day=None,
                group=Group(value, name, []),
                filters=of_release,
                total=total,
                items=items,
            )
        )
    return parts, skip + limit if len(found) > limit else None


def _build_key(name: str) -> str:
    return name.lower()[:200].strip()


async def _list_groups(
    scope: Scope, asked: DoneQuery, by: GroupBy, span: tuple[date, date], now: datetime, skip: int
) -> tuple[list[DonePart], int | None]:
    of_all = _build_filters(asked, *span)
    selection = await item_pages.select_for_groups(scope, ItemQuery(of_all, "updated", now))
    page = await item_pages.list_groups(selection, by, closed=(), skip=skip, first=FIRST_SHOWN)
    parts = [
        DonePart(
            key=one.group.value and _build_key(one.group.value),
            heading=None,
            day=None,
            group=one.group,
            filters=filters.narrow_to(of_all, one.condition),
            total=ItemTotal(one.count, one.points, page.most),
            items=one.items,
        )
        for one in page.groups
    ]
    return parts, page.next_skip


async def _add_headings(by: DoneKind, parts: Sequence[DonePart]) -> list[DonePart]:
    # Of a week of which somebody sees nothing they don't read what it was called, either.
    known = await headings.read_headings(by, [one.key for one in parts if one.key and one.total.count])
    return [replace(one, heading=known.get(one.key or "")) for one in parts]


async def save_heading(actor: Actor, by: DoneKind, key: str, text: str) -> None:
    """Store what a part is called beside its name, "" for nothing more, with a record of it. Raises InvalidInput."""
    heading = " ".join(text.split()) or None
    if heading and (len(heading) > LONGEST_HEADING or not heading.isprintable()):
        raise InvalidInput(f"A heading has up to {LONGEST_HEADING} characters. Nothing was saved.")
    async with transaction() as tx:
        before = await headings.save_heading(tx, by, key, heading)
        if before != heading:
            await audit_actions.record(
                tx,
                actor,
                Action.DONE_RENAMED,
                resource=by,
                resource_id=key,
                details={"before": {"heading": before}, "after": {"heading": heading}},
            )
