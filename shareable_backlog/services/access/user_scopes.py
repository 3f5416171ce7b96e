"""Give people what they see: everything that is shown, what any of their groups sees, or nothing.

What newcomers are given is a setting of its own, which begins as nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.access import sharing_settings, user_scopes, users, viewer_groups
from shareable_backlog.database.access.sharing import EVERYTHING, Scope, build_scope
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access import notices
from shareable_backlog.services.access.lookalikes import format_ascii
from shareable_backlog.services.access.sharing import require_version
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import NO_MAILS, Outbox

_LOG = logs.get_logger(__name__)
_UNCHOSEN = "Choose what they see: everything that is shown, one or more groups, or nothing yet. Nothing was changed."


def require_scope(scope: Scope | None) -> Scope:
    """Return what was chosen. Raises InvalidInput when nothing was, as nobody is let in by a forgotten choice."""
    if scope is None:
        raise InvalidInput(_UNCHOSEN)
    return scope


async def lock_groups(tx: Transaction, scope: Scope) -> list[str]:
    """Keep the groups of a scope from being deleted, and return their names. Raises InvalidInput without one of them.

    It comes before any person's row is locked, as whoever changes groups locks them too.
    """
    names: list[str] = []
    for group_id in scope.viewer_group_ids or ():
        name = await viewer_groups.lock_group(tx, group_id)
        if name is None:
            raise InvalidInput("That group no longer exists. Nothing was changed.")
        names.append(name)
    return names


def describe_scope(scope: Scope, names: Sequence[str]) -> str | Sequence[str]:
    """Return what the record says of a scope, whose groups have these names."""
    if scope.viewer_group_ids is None:
        return "everything"
    return names or "nothing"


def describe_user_scope(user: UserRow) -> str | Sequence[str]:
    """Return what the record says of what a person was given to see."""
    return describe_scope(user.scope, user.groups)


def describe_widening(email: str) -> str:
    """Return what a mail says of a person who was given everything."""
    return f"{format_ascii(email)} sees everything that is shown"


async def find_scope(names: Collection[str]) -> Scope:
    """Return the scope of the groups of these names. Raises InvalidInput for a name that no group has."""
    found = await viewer_groups.find_ids(names)
    for name in names:
        if name not in found:
            known = ", ".join(f"“{one.name}”" for one in await viewer_groups.list_groups()) or "none"
            raise InvalidInput(f"There is no group “{name}”. Groups that there are: {known}. Nothing was changed.")
    return build_scope(found.values())


async def read_newcomer_scope() -> Scope:
    """Return what newcomers are given before anybody chooses."""
    scope, _ = await user_scopes.read_newcomer_scope()
    return scope


async def save_newcomer_scope(actor: Actor, version: int, scope: Scope | None, outbox: Outbox = NO_MAILS) -> None:
    """Choose what newcomers are given; who is here already keeps what they have. Admins are told of more by mail.

    Raises InvalidInput, and Conflict when the sharing settings were changed since `version`.
    """
    chosen = require_scope(scope)
    async with transaction() as tx:
        names = await lock_groups(tx, chosen)
        require_version(await sharing_settings.lock_settings(tx), version)
        before, names_before = await user_scopes.read_locked_newcomer_scope(tx)
        if before == chosen:
            return
        await user_scopes.set_newcomer_scope(tx, chosen)
        await audit_actions.record(
            tx,
            actor,
            Action.SHARING_CHANGED,
            resource="sharing",
            details={
                "before": {"newcomers": describe_scope(before, names_before)},
                "after": {"newcomers": describe_scope(chosen, names)},
            },
        )
        await notices.announce_widening(tx, outbox, actor, _list_newcomer_widening(before, chosen, names))


def _list_newcomer_widening(before: Scope, chosen: Scope, names: Sequence[str]) -> list[str]:
    """Return what newcomers are given that they were not, by the names of the chosen groups in their order."""
    if before == EVERYTHING:
        return []
    if chosen == EVERYTHING:
        return ["newcomers see everything that is shown, once approved"]
    named = zip(chosen.viewer_group_ids or (), names, strict=True)
    return [
        f"newcomers see what group “{name}” sees, once approved"
        for group_id, name in named
        if group_id not in (before.viewer_group_ids or ())
    ]


async def save_scope(actor: Actor, user_ids: Collection[int], scope: Scope | None, outbox: Outbox = NO_MAILS) -> None:
    """Give people this to see and nothing else, with a record of each whom it changes anything for.

    Raises InvalidInput when nothing was chosen or a group is gone, NotFound for a person: then nothing is changed.
    """
    chosen = require_scope(scope)
    widened: list[str] = []
    async with transaction() as tx:
        await lock_groups(tx, chosen)
        for user_id in sorted(set(user_ids)):
            user = await users.find_by_id(tx, user_id)
            if user is None:
                raise NotFound("Somebody has been deleted meanwhile. Nothing was changed.")
            if user.scope != chosen:
                await replace_scope(tx, user, actor, chosen)
                widened += [describe_widening(user.email)] if chosen == EVERYTHING else []
        await notices.announce_widening(tx, outbox, actor, widened)


async def replace_scope(tx: Transaction, user: UserRow, actor: Actor, scope: Scope, by: str | None = None) -> None:
    """Give a person, whose row is locked, something else to see, with a record of it; `by` names a setting."""
    await user_scopes.set_scope(tx, user.id, scope)
    changed = await users.find_by_id(tx, user.id)
    assert changed is not None  # noqa: S101 (the row is locked)
    await audit_actions.record(
        tx,
        actor,
        Action.PERSON_CHANGED,
        resource="user",
        resource_id=str(user.id),
        details={
            "email": user.email,
            **({"by": by} if by else {}),
            "before": {"sees": describe_user_scope(user)},
            "after": {"sees": describe_user_scope(changed)},
        },
    )


def map_groups(pairs: Collection[str], groups: Collection[str] | None) -> Mapping[str, bool]:
    """Return by name of each viewer group that a group elsewhere leads to whether somebody is in one of those.

    `pairs` are like `staff=Field staff`. While nobody tells `groups`, nothing is said of any.
    """
    if groups is None:
        return {}
    named = [
        (group.strip(), viewer_group.strip()) for group, _, viewer_group in (one.rpartition("=") for one in pairs)
    ]
    joined = {viewer_group for group, viewer_group in named if group in groups}
    return {viewer_group: viewer_group in joined for _, viewer_group in named}


async def find_memberships(named: Mapping[str, bool], setting: str) -> dict[int, bool]:
    """Return by id what is said by name; a group that is not there is told in the log, with the setting's name."""
    found = await viewer_groups.find_ids(named.keys()) if named else {}
    if missing := sorted(named.keys() - found.keys()):
        note = f"{setting} names groups of viewers that are not there: create them under Admin, Sharing"
        _LOG.warning("viewer_group_missing", groups=missing, note=note)
    return {id_: named[name] for name, id_ in sorted(found.items(), key=itemgetter(1))}


async def lock_memberships(tx: Transaction, memberships: Mapping[int, bool]) -> dict[int, bool]:
    """Keep the groups from being deleted, and return what is said of those that are still there."""
    return {
        id_: is_member
        for id_, is_member in memberships.items()
        if await viewer_groups.lock_group(tx, id_) is not None
    }


async def follow_groups(
    tx: Transaction, user: UserRow, actor: Actor, memberships: Mapping[int, bool], *, by: str
) -> bool:
    """Put a person into groups, whose rows are locked, and out of others, as the setting `by` has it.

    Other groups stay as they are; whoever was given everything keeps it, as an admin chose that. Return whether that
    changed anything.
    """
    if user.scope == EVERYTHING:
        return False
    kept = [id_ for id_ in user.group_ids if memberships.get(id_, True)]
    scope = build_scope([*kept, *(id_ for id_, is_member in memberships.items() if is_member)])
    if scope != user.scope:
        await replace_scope(tx, user, actor, scope, by=by)
    return scope != user.scope
