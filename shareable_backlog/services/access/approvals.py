"""Decide who may see the backlog. Each act is one transaction with a record of each person, and a mail to them.

There is always an active admin left: the rows of all admins are locked first, so that two of them at once can't take
each other's rights. An admin's access has no end date, which could pass without anybody noticing.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access import sessions, sign_in_links, users
from shareable_backlog.database.access import user_scopes as stored_scopes
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.access.users import Decision, UserRow, UserState
from shareable_backlog.database.account import api_tokens
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import Conflict, InvalidInput, NotAllowed, NotFound
from shareable_backlog.services.access import notices, user_scopes
from shareable_backlog.services.access.sessions import CurrentUser
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import NO_MAILS, MailKind, Outbox

_LONGEST_REASON = 500
_LONGEST_NAME = 255
_LAST_ADMIN = "This is the last active admin. Make somebody else an admin first; nothing was changed."

_NOT_AS_IT_WAS = "Somebody else changed what this person sees in the meantime. Nothing was saved; reload the page."

_FROM: Mapping[Decision, Collection[UserState]] = {
    "approve": ("pending",),
    "decline": ("pending",),
    "disable": ("active", "expired"),
    "restore": ("disabled", "declined"),
    "promote": ("active",),
    "demote": ("active", "expired"),
    "member": ("active", "expired"),
    "reader": ("active", "expired"),
}
_ACTIONS: Mapping[Decision, Action] = {
    "approve": Action.PERSON_APPROVED,
    "decline": Action.PERSON_DECLINED,
    "disable": Action.PERSON_DISABLED,
    "restore": Action.PERSON_RESTORED,
    "promote": Action.PERSON_PROMOTED,
    "demote": Action.PERSON_DEMOTED,
    "member": Action.PERSON_JOINED_TEAM,
    "reader": Action.PERSON_LEFT_TEAM,
}
_MAILS: Mapping[Decision, MailKind] = {
    "approve": "access_approved",
    "decline": "access_declined",
    "disable": "access_disabled",
    "restore": "access_restored",
}


class Grant(Struct, frozen=True):
    """What an approval comes with: what they see, and the end of the access; None leaves the end that they have."""

    scope: Scope
    access_until: datetime | None = None


class DecisionResult(Struct, frozen=True):
    """By mail address for whom a decision was carried out, and for whom it could not be as they stand now."""

    done: list[str]
    left: list[str]


async def carry_out_decision(
    outbox: Outbox,
    actor: Actor,
    user_ids: Collection[int],
    decision: Decision,
    reason: str | None = None,
    grant: Grant | None = None,
) -> DecisionResult:
    """Carry out a decision for one or many; whoever is in another state by now is left as they are, and told.

    Disabling ends sessions, links and API tokens; an approval needs a `grant`. Raises Conflict for the last active
    admin, InvalidInput for a grant that can't be or is missing, NotAllowed: then nothing is changed at all.
    """
    if decision == "approve" and grant is None:
        user_scopes.require_scope(None)
    told = (reason or "").strip()[:_LONGEST_REASON] or None
    decided = DecisionResult([], [])
    async with transaction() as tx:
        if grant is not None:
            await _require_valid_grant(tx, grant)
        admins = await _lock_admins(tx, actor)
        for user_id in sorted(set(user_ids)):
            user = await users.find_by_id(tx, user_id)
            if user is None or not _is_possible(user, decision):
                decided.left.append(user.email if user else "somebody who has been deleted")
                continue
            if decision in ("disable", "demote"):
                _keep_an_admin(admins, user)
            if decision == "approve" and grant is not None:
                await _apply_grant(tx, user, grant)
            await _apply_decision(tx, actor, user, decision, told)
            if decision in _MAILS:
                params = {"reason": told, "sees_nothing": bool(grant and grant.scope.is_nothing)}
                await outbox.add_mail(tx, _MAILS[decision], user.email, params)
            if decision == "promote":
                await notices.announce_new_admin(tx, outbox, user.email, notices.name_actor(actor))
            decided.done.append(user.email)
        if grant is not None and grant.scope == EVERYTHING:
            await notices.announce_widening(tx, outbox, actor, list(map(user_scopes.describe_widening, decided.done)))
    return decided


async def create_person(
    actor: Actor,
    email: str,
    name: str | None = None,
    *,
    scope: Scope | None,
    is_admin: bool = False,
    outbox: Outbox = NO_MAILS,
) -> int:
    """Add a person who is approved before the first sign-in, and return their id.

    An admin's scope, which counts when they no longer are one, may be left out; admins are told of a new one by the
    `outbox`. Raises InvalidInput, Conflict.
    """
    seen = NOTHING if scope is None and is_admin else user_scopes.require_scope(scope)
    async with transaction() as tx:
        names = await user_scopes.lock_groups(tx, seen)
        if await users.find_by_email(tx, email) or not await users.add_user(tx, email, name and name[:_LONGEST_NAME]):
            raise Conflict("There is already a person with this email address. Nothing was changed.")
        user = await users.find_by_email(tx, email)
        assert user is not None  # noqa: S101 (added a moment ago)
        await stored_scopes.set_scope(tx, user.id, seen)
        await users.apply_decision(tx, user.id, "approve", reason=None, by=actor.user_id)
        if is_admin:
            await users.apply_decision(tx, user.id, "promote", reason=None, by=actor.user_id)
            await notices.announce_new_admin(tx, outbox, email, notices.name_actor(actor))
        if seen == EVERYTHING:
            await notices.announce_widening(tx, outbox, actor, [user_scopes.describe_widening(email)])
        await audit_actions.record(
            tx,
            actor,
            Action.PERSON_CREATED,
            resource="user",
            resource_id=str(user.id),
            details={"email": email, "admin": is_admin, "sees": user_scopes.describe_scope(seen, names)},
        )
        return user.id


async def update_person(
    actor: Actor,
    user_id: int,
    *,
    display_name: str | None,
    access_until: datetime | None,
    scope: Scope | None,
    was: Scope | None = None,
    outbox: Outbox = NO_MAILS,
) -> None:
    """Change a person's name, the end of their access (None: none) and what they see (None, or as it `was`: not).

    Raises NotFound, InvalidInput for a group that is not there, and Conflict for an admin's end date, or when what
    they see is not any more what it `was`.
    """
    scope = None if scope == was else scope
    async with transaction() as tx:
        if scope is not None:
            await user_scopes.lock_groups(tx, scope)
        user = await _require_user(tx, user_id)
        _require_no_end_date(user, access_until)
        name = (display_name and display_name.strip()[:_LONGEST_NAME]) or None
        await users.update_user(tx, user_id, display_name=name, access_until=access_until)
        if scope is not None:
            if was is not None and user.scope not in (was, scope):
                raise Conflict(_NOT_AS_IT_WAS)
            await stored_scopes.set_scope(tx, user_id, scope)
            if scope == EVERYTHING != user.scope:
                await notices.announce_widening(tx, outbox, actor, [user_scopes.describe_widening(user.email)])
        changed = await _require_user(tx, user_id)
        if changed != user:
            states = {"before": _build_user_details(user), "after": _build_user_details(changed)}
            await audit_actions.record(
                tx,
                actor,
                Action.PERSON_CHANGED,
                resource="user",
                resource_id=str(user_id),
                details={"email": user.email, **states},
            )


async def delete_person(actor: Actor, user_id: int, typed_email: str) -> str:
    """Delete a person for good and return their address; what they did stays in the audit log.

    Raises NotFound, InvalidInput unless the mail address was typed, Conflict for the last active admin, NotAllowed.
    """
    async with transaction() as tx:
        admins = await _lock_admins(tx, actor)
        user = await _require_user(tx, user_id)
        if typed_email.strip().lower() != user.email.lower():
            raise InvalidInput("Type the person's email address to delete them. Nothing was changed.")
        _keep_an_admin(admins, user)
        await audit_actions.record(
            tx,
            actor,
            Action.PERSON_DELETED,
            resource="user",
            resource_id=str(user_id),
            details={"email": user.email, "before": _build_user_details(user)},
        )
        await sign_in_links.delete_by_email(tx, user.email)
        await users.delete_user(tx, user_id)
        return user.email


async def set_view_as(actor: Actor, admin: CurrentUser, user_id: int | None) -> None:
    """Let an admin see what a person sees; None: what the admin sees. Raises NotFound."""
    if admin.session_id is None:
        raise InvalidInput("That works only in a browser. Nothing was changed.")
    if user_id is None and admin.viewing_as is None:
        return
    async with transaction() as tx:
        user = None if user_id is None else await _require_user(tx, user_id)
        await sessions.set_view_as(tx, admin.session_id, user_id)
        await audit_actions.record(
            tx,
            actor,
            Action.VIEW_AS_STARTED if user else Action.VIEW_AS_STOPPED,
            resource="user",
            resource_id=None if user is None else str(user.id),
            details={"email": user.email if user else admin.viewing_as},
        )


async def _apply_decision(
    tx: Transaction, actor: Actor, user: UserRow, decision: Decision, reason: str | None
) -> None:
    await users.apply_decision(tx, user.id, decision, reason=reason, by=actor.user_id)
    if decision == "disable":
        await sessions.end_sessions(tx, user.id)
        await sign_in_links.delete_by_email(tx, user.email)
        await api_tokens.revoke_tokens(tx, user.id)
    after = await _require_user(tx, user.id)
    await audit_actions.record(
        tx,
        actor,
        _ACTIONS[decision],
        resource="user",
        resource_id=str(user.id),
        details={
            "email": user.email,
            "reason": reason,
            "before": _build_user_details(user),
            "after": _build_user_details(after),
        },
    )


async def _apply_grant(tx: Transaction, user: UserRow, grant: Grant) -> None:
    _require_no_end_date(user, grant.access_until)
    until = grant.access_until or user.access_until
    await users.update_user(tx, user.id, display_name=user.display_name, access_until=until)
    await stored_scopes.set_scope(tx, user.id, grant.scope)


async def _require_valid_grant(tx: Transaction, grant: Grant) -> None:
    if grant.access_until is not None and grant.access_until <= clock.read_time():
        raise InvalidInput("That last day has already passed. Nothing was changed.")
    await user_scopes.lock_groups(tx, grant.scope)


async def _require_user(tx: Transaction, user_id: int) -> UserRow:
    user = await users.find_by_id(tx, user_id)
    if user is None:
        raise NotFound("There is no such person. Somebody may have deleted them.")
    return user


async def _lock_admins(tx: Transaction, actor: Actor) -> set[int]:
    """Lock all admins and return the active ones. Raises NotAllowed when the actor has just ceased to be one."""
    admins = set(await users.lock_admins(tx))
    if actor.user_id is not None and actor.user_id not in admins:
        raise NotAllowed("Only admins can do this. Nothing was changed.")
    return admins


def _is_possible(user: UserRow, decision: Decision) -> bool:
    if decision == "promote":
        return user.state == "active" and not user.is_admin and user.access_until is None
    if decision == "demote":
        return user.is_admin and user.state in _FROM[decision]
    if decision in ("member", "reader"):
        return user.is_team_member == (decision == "reader") and user.state in _FROM[decision]
    return user.state in _FROM[decision]


def _require_no_end_date(user: UserRow, access_until: datetime | None) -> None:
    if user.is_admin and access_until is not None:
        raise Conflict(
            "An admin's access can't have a last day. Remove their admin rights first; nothing was changed."
        )


def _keep_an_admin(admins: set[int], user: UserRow) -> None:
    """Take a person out of the active admins whose rows are locked. Raises Conflict when nobody would be left.

    An admin made while the others' rows were waited for is not among them, and still must not be the last to go.
    """
    if user.is_admin and user.state == "active":
        admins.discard(user.id)
        if not admins:
            raise Conflict(_LAST_ADMIN)


def _build_user_details(user: UserRow) -> dict[str, object]:
    """Return what the record says of a person's standing."""
    return {
        "state": user.state,
        "admin": user.is_admin,
        "team_member": user.is_team_member,
        "name": user.display_name,
        "access_until": user.access_until and user.access_until.isoformat(),
        "sees": user_scopes.describe_user_scope(user),
    }
