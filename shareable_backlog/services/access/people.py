"""Show admins the people who may sign in."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database import transaction
from shareable_backlog.database.access import user_list, users, viewer_groups
from shareable_backlog.database.access.user_list import ListedUser, UserFilters
from shareable_backlog.database.access.users import User
from shareable_backlog.database.access.viewer_groups import ViewerGroup
from shareable_backlog.errors import NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

__all__ = ["ListedUser", "UserFilters"]

PAGE_SIZE = 50
_MOST_WAITING = 200
_EXPORTED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Hold one page of people, the first 200 who wait, and the groups; `next_after` is None on the last page."""

    waiting: list[ListedUser]
    people: list[ListedUser]
    groups: list[ViewerGroup]
    next_after: tuple[datetime, int] | None


async def page(filters: UserFilters, after: tuple[datetime, int] | None) -> PeoplePage:
    """Give the 50 people after the position `after` (None: the first), the last seen first."""
    found = await user_list.listed(filters, after, PAGE_SIZE + 1)
    people = found[:PAGE_SIZE]
    more = (people[-1].seen_at, people[-1].id) if len(found) > PAGE_SIZE else None
    return PeoplePage(await user_list.waiting(_MOST_WAITING), people, await viewer_groups.listed(), more)


async def person(user_id: int) -> tuple[User, list[ViewerGroup]]:
    """Give a person, and the groups that there are. Raises NotFound."""
    async with transaction() as opened:
        found = await users.by_id(opened, user_id)
    if found is None:
        raise NotFound("There is no such person. Somebody may have deleted them.")
    return found, await viewer_groups.listed()


async def export(actor: Actor, filters: UserFilters) -> AsyncGenerator[list[ListedUser]]:
    """Record that the list is taken along, then give everybody it holds, 500 at a time."""
    told = {"text": filters.text, "state": filters.state, "never_seen": filters.never_seen}
    await audit_actions.record(None, actor, Action.PEOPLE_EXPORTED, details=told)
    return _all(filters)


async def everybody(filters: UserFilters) -> list[ListedUser]:
    """Give everybody whom the filter finds, the last seen first, for the operator."""
    return [one async for part in _all(filters) for one in part]


async def id_of(email: str) -> int:
    """Give the id of the person with this mail address. Raises NotFound."""
    async with transaction() as opened:
        found = await users.by_email(opened, email)
    if found is None:
        raise NotFound(f"There is no person with the address {email}. Add them with `slb users create`.")
    return found.id


async def _all(filters: UserFilters) -> AsyncGenerator[list[ListedUser]]:
    after = None
    while found := await user_list.listed(filters, after, _EXPORTED_AT_ONCE):
        yield found
        after = (found[-1].seen_at, found[-1].id)
