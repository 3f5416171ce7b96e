"""Let admins show a part of the backlog to a group of viewers."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import sharing_settings, users, viewer_groups
from shareable_backlog.database.access.sharing import Entity, Scope, SharingChoice, build_scope
from shareable_backlog.database.access.viewer_groups import Member, Rule, ViewerGroup
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.access import notices, user_scopes
from shareable_backlog.services.access.sharing import KINDS
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import NO_MAILS, Outbox

_LONGEST_NAME = 100


class ViewerGroupPage(Struct, frozen=True):
    """A group as its page shows it; `items` are those that its people see."""

    id: int
    name: str
    members: list[Member]
    rules: set[Rule]
    seen: list[Entity]
    items: int


async def list_groups() -> list[ViewerGroup]:
    """Return all groups by name."""
    return await viewer_groups.list_groups()


async def read_group(group_id: int) -> ViewerGroupPage:
    """Return one group. Raises NotFound."""
    async with transaction() as tx:
        name = await _lock_group(tx, group_id)
        members = await viewer_groups.list_members(tx, group_id)
    rules = await viewer_groups.list_rules(group_id)
    seen = await _list_entities(rules)
    items = await sharing_settings.count_items(Scope((group_id,)))
    return ViewerGroupPage(group_id, name, members, rules, seen, items)


async def create_group(actor: Actor, name: str) -> int:
    """Add a group, which sees nothing yet, and return its id. Raises InvalidInput, and Conflict for a name in use."""
    _require_valid_name(name)
    async with transaction() as tx:
        group_id = await viewer_groups.create_group(tx, name)
        if group_id is None:
            raise Conflict("There is already a group with that name. Choose another name.")
        await _record(tx, actor, Action.GROUP_CREATED, group_id, {"name": name})
    return group_id


async def rename_group(actor: Actor, group_id: int, name: str) -> None:
    """Give a group another name. Raises NotFound, InvalidInput, and Conflict for a name in use."""
    _require_valid_name(name)
    async with transaction() as tx:
        before = await _lock_group(tx, group_id)
        if before == name:
            return
        if not await viewer_groups.rename_group(tx, group_id, name):
            raise Conflict("There is already a group with that name. Choose another name.")
        await _record(
            tx, actor, Action.GROUP_CHANGED, group_id, {"before": {"name": before}, "after": {"name": name}}
        )


async def delete_group(actor: Actor, group_id: int, people: int) -> None:
    """Delete a group; who was in no other one sees nothing from then on.

    Raises NotFound, and Conflict when there are not as many `people` in it as whoever decided was told.
    """
    async with transaction() as tx:
        name = await _lock_group(tx, group_id)
        members = await viewer_groups.list_members(tx, group_id)
        if len(members) != people:
            raise Conflict(
                f"By now {len(members)} {'person is' if len(members) == 1 else 'people are'} in this group."
                " Nothing was deleted; look at the group again."
            )
        await viewer_groups.delete_group(tx, group_id)
        told: dict[str, object] = {
            "name": name,
            "people": [one.email for one in members],
            "see_nothing_now": [one.email for one in members if one.has_nothing_else],
        }
        await _record(tx, actor, Action.GROUP_DELETED, group_id, told if members else {"name": name})


async def update_rules(
    actor: Actor, group_id: int, choices: Sequence[SharingChoice], outbox: Outbox = NO_MAILS
) -> None:
    """Let a group see teams, projects and labels, or see them no more; admins are told of more by mail.

    Raises NotFound.
    """
    entities = await _list_new_entities(group_id, choices)
    async with transaction() as tx:
        name = await _lock_group(tx, group_id)
        added: set[Rule] = {(choice.kind, choice.id) for choice in choices if choice.is_shown}
        removed: set[Rule] = {(choice.kind, choice.id) for choice in choices if not choice.is_shown}
        await viewer_groups.update_rules(tx, group_id, added=added, removed=removed)
        after = {f"{choice.kind} {choice.id}": choice.is_shown for choice in choices}
        before = {rule: not is_seen for rule, is_seen in after.items()}
        await _record(tx, actor, Action.GROUP_CHANGED, group_id, {"name": name, "before": before, "after": after})
        widened = [f"group “{name}” sees {one.kind} “{one.name}”" for one in entities]
        await notices.announce_widening(tx, outbox, actor, widened)


async def add_member(actor: Actor, group_id: int, email: str) -> None:
    """Put the person of a mail address into a group, beside their others; no longer do they see everything.

    Raises NotFound and InvalidInput.
    """
    async with transaction() as tx:
        await _lock_group(tx, group_id)
        person = await users.find_by_email(tx, email)
        if person is None:
            raise InvalidInput("Nobody here has that email address. Check the list of people.")
        if group_id not in person.group_ids:
            await user_scopes.replace_scope(tx, person, actor, build_scope([*person.group_ids, group_id]))


async def remove_member(actor: Actor, group_id: int, user_id: int) -> None:
    """Take a person out of a group; out of the last one they see nothing. Raises NotFound."""
    async with transaction() as tx:
        await _lock_group(tx, group_id)
        person = await users.find_by_id(tx, user_id)
        if person is None or group_id not in person.group_ids:
            raise NotFound("That person is no longer in this group.")
        left = build_scope(id_ for id_ in person.group_ids if id_ != group_id)
        await user_scopes.replace_scope(tx, person, actor, left)


async def _list_new_entities(group_id: int, choices: Sequence[SharingChoice]) -> list[Entity]:
    """Return what the choices let a group see that it does not see yet."""
    rules = await viewer_groups.list_rules(group_id)
    return await _list_entities(
        {(one.kind, one.id) for one in choices if one.is_shown and (one.kind, one.id) not in rules}
    )


async def _list_entities(rules: Collection[Rule]) -> list[Entity]:
    return [
        one
        for kind in KINDS
        for one in await sharing_settings.list_entities_by_id(kind, [id_ for of, id_ in rules if of == kind])
    ]


async def _record(tx: Transaction, actor: Actor, action: Action, group_id: int, details: dict[str, object]) -> None:
    await audit_actions.record(tx, actor, action, resource="group", resource_id=str(group_id), details=details)


async def _lock_group(tx: Transaction, group_id: int) -> str:
    name = await viewer_groups.lock_group(tx, group_id)
    if name is None:
        raise NotFound("There is no such group.")
    return name


def _require_valid_name(name: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput(f"A group needs a name of up to {_LONGEST_NAME} characters.")
