"""Show admins the people who may sign in."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import user_list, users, viewer_groups
from shareable_backlog.database.access.sharing import Scope, build_scope
from shareable_backlog.database.access.user_list import ListedUser, UserFilters
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.access.viewer_groups import ViewerGroup
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import user_scopes
from shareable_backlog.services.access.lookalikes import Lookalike, find_lookalikes
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

__all__ = ["ListedUser", "UserFilters"]

PAGE_SIZE = 50
_MOST_WAITING = 200
_EXPORTED_AT_ONCE = 500


class PeoplePage(Struct, frozen=True, kw_only=True):
    """One page of people, the first 200 who wait, and the groups; `next_after` is None on the last page.

    `offered` is what an admin is offered to let newcomers see, `offered_to_waiting` what those who wait: where one
    alone waits, whose identity provider has put them into groups, these.
    """

    waiting: list[ListedUser]
    people: list[ListedUser]
    groups: list[ViewerGroup]
    offered: Scope
    offered_to_waiting: Scope
    next_after: tuple[datetime, int] | None
    lookalikes: Mapping[int, Lookalike]
    """Of whom of them, by id, the address is not what it looks like."""


class PersonPage(Struct, frozen=True):
    """A person, the groups that there are, and what an admin is offered to let them see."""

    user: UserRow
    groups: list[ViewerGroup]
    offered: Scope


async def list_people(filters: UserFilters, after: tuple[datetime, int] | None) -> PeoplePage:
    """Return the 50 people after the position `after` (None: the first), the last seen first."""
    found = await user_list.list_users(filters, after, PAGE_SIZE + 1)
    people = found[:PAGE_SIZE]
    more = (people[-1].seen_at, people[-1].id) if len(found) > PAGE_SIZE else None
    waiting = await user_list.list_waiting(_MOST_WAITING)
    groups, offered = await viewer_groups.list_groups(), await user_scopes.read_newcomer_scope()
    named = waiting[0].groups if len(waiting) == 1 else []
    return PeoplePage(
        waiting=waiting,
        people=people,
        groups=groups,
        offered=offered,
        offered_to_waiting=build_scope(one.id for one in groups if one.name in named) if named else offered,
        next_after=more,
        lookalikes=await find_lookalikes({one.id: one.claimed_email or one.email for one in (*waiting, *people)}),
    )


async def read_person(user_id: int) -> PersonPage:
    """Return a person, and the groups that there are. Raises NotFound."""
    async with transaction() as tx:
        found = await users.find_by_id(tx, user_id)
    if found is None:
        raise NotFound("There is no such person. Somebody may have deleted them.")
    offered = found.scope
    if found.state == "pending" and not found.groups:
        offered = await user_scopes.read_newcomer_scope()
    return PersonPage(found, await viewer_groups.list_groups(), offered)


async def export_people(actor: Actor, filters: UserFilters) -> AsyncGenerator[list[ListedUser]]:
    """Record that the list is taken along, then give everybody it holds, 500 at a time."""
    told: dict[str, object] = {"text": filters.text, "state": filters.state, "never_seen": filters.never_seen}
    if filters.scope is not None:
        told["sees"] = user_scopes.describe_scope(filters.scope, [str(id_) for id_ in filters.scope.group_ids or ()])
    await audit_actions.record(None, actor, Action.PEOPLE_EXPORTED, details=told)
    return _iterate_everybody(filters)


async def list_everybody(filters: UserFilters) -> list[ListedUser]:
    """Return everybody whom the filter finds, the last seen first, for the operator."""
    return [one async for part in _iterate_everybody(filters) for one in part]


async def read_user_id(email: str) -> int:
    """Return the id of the person with this mail address. Raises NotFound."""
    async with transaction() as tx:
        found = await users.find_by_email(tx, email)
    if found is None:
        raise NotFound(f"There is no person with the address {email}. Add them with `slb users create`.")
    return found.id


async def _iterate_everybody(filters: UserFilters) -> AsyncGenerator[list[ListedUser]]:
    after = None
    while found := await user_list.list_users(filters, after, _EXPORTED_AT_ONCE):
        yield found
        after = (found[-1].seen_at, found[-1].id)
