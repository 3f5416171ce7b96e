"""Invite people by mail: they are let in before they come, and told by whom, where to, and what it is."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.config.values import parse_email
from shareable_backlog.database import transaction
from shareable_backlog.database.access import invitations, rate_limits, sign_in_links, users
from shareable_backlog.database.access import user_scopes as stored_scopes
from shareable_backlog.database.access.invitations import Invitation
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import Conflict, InvalidInput, NotFound, TooMany
from shareable_backlog.services.access import notices, user_scopes
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

__all__ = ["Invitation"]

MOST_AT_ONCE = 200
_MOST_LISTED = 500
_MOST_AN_HOUR = 20
_AGAIN_AFTER_S = 600
_LONGEST_NOTE = 500
_MOST_TOLD = 5
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_GONE = "That invitation is no longer open: they have come, or somebody took it back. Nothing was changed."


class InvitedPeople(Struct, frozen=True):
    """The mail addresses that were invited, and those that were left alone, as they are known already."""

    invited: list[str]
    known: list[str]


def parse_addresses(text: str, csv: str = "") -> list[str]:
    """Return the mail addresses of a pasted text and of a CSV file, each once, in their order.

    A pasted text may hold names before addresses in angle brackets, a file whatever other columns. Raises
    InvalidInput for what is no address, for none at all, and for more than 200.
    """
    pieces = [piece.strip() for piece in re.split(r"[\n\r,;\t]", text)]
    cells = [cell.strip(" \"'") for cell in re.split(r"[\n\r,;\t]", csv)]
    given = [_extract_address(one) for one in pieces if one] + [_extract_address(one) for one in cells if "@" in one]
    found: list[str] = []
    wrong: list[str] = []
    for one in given:
        try:
            found.append(parse_email(one))
        except ValueError:
            wrong.append(one)
    if wrong:
        told = ", ".join(f"“{one[:60]}”" for one in wrong[:_MOST_TOLD])
        more = f" and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else ""
        raise InvalidInput(f"These are no email addresses: {told}{more}. Nobody was invited.")
    once = list(dict.fromkeys(found))
    if not 0 < len(once) <= MOST_AT_ONCE:
        raise InvalidInput(f"Name 1 to {MOST_AT_ONCE} email addresses at once. Nobody was invited.")
    return once


def _extract_address(text: str) -> str:
    found = _IN_BRACKETS.search(text)
    return (found[1] if found else text).strip()


async def invite_people(
    outbox: Outbox,
    actor: Actor,
    emails: Sequence[str],
    *,
    scope: Scope | None,
    access_until: datetime | None,
    note: str,
) -> InvitedPeople:
    """Let people in with this to see, and invite each by mail; who is known already is left as they are.

    `access_until` is the end of their access, None for none; `note` is a line of the admin's own. Raises InvalidInput
    when nothing was chosen to see, or the end has passed, and TooMany after 20 times in an hour.
    """
    chosen = user_scopes.require_scope(scope)
    if access_until is not None and access_until <= clock.read_time():
        raise InvalidInput("That last day has already passed. Nobody was invited.")
    if not await rate_limits.allow_try(f"invitations:{actor.user_id}", _MOST_AN_HOUR, 3600):
        raise TooMany("You have invited people 20 times in the last hour. Wait a little; nobody was invited.")
    done = InvitedPeople([], [])
    async with transaction() as tx:
        names = await user_scopes.lock_groups(tx, chosen)
        for email in sorted(emails):  # in one order, so that two admins never wait for each other
            if await users.find_by_email(tx, email) or not await users.add_user(tx, email):
                done.known.append(email)
                continue
            user_id = await _let_in(tx, actor, email, chosen, access_until)
            told = {"email": email, "sees": user_scopes.describe_scope(chosen, names), "access_until": access_until}
            await _record(tx, actor, Action.PERSON_INVITED, user_id, told)
            invitation_id = await invitations.add_invitation(
                tx, user_id, actor.user_id, note.strip()[:_LONGEST_NOTE] or None
            )
            await outbox.add_mail(tx, "invited", email, {"invitation_id": invitation_id})
            done.invited.append(email)
        if chosen == EVERYTHING:
            await notices.announce_widening(tx, outbox, actor, [*map(user_scopes.describe_widening, done.invited)])
    return done


async def send_again(outbox: Outbox, actor: Actor, invitation_id: int) -> str:
    """Send an invitation once more and return whose it is. Raises NotFound, and Conflict within ten minutes."""
    async with transaction() as tx:
        found = await _lock_open(tx, invitation_id)
        if not await invitations.note_sending(tx, found.id, _AGAIN_AFTER_S):
            raise Conflict("It was sent within the last ten minutes. Wait a little before you send it again.")
        await outbox.add_mail(tx, "invited", found.email, {"invitation_id": found.id})
        await _record(tx, actor, Action.INVITATION_REPEATED, found.user_id, {"email": found.email})
    return found.email


async def withdraw_invitation(actor: Actor, invitation_id: int) -> str:
    """Take an invitation back with the access that it gave, and return whose it was. Raises NotFound."""
    async with transaction() as tx:
        found = await _lock_open(tx, invitation_id)
        await _record(tx, actor, Action.INVITATION_WITHDRAWN, found.user_id, {"email": found.email})
        await sign_in_links.delete_by_email(tx, found.email)
        await users.delete_user(tx, found.user_id)
    return found.email


async def list_open() -> list[Invitation]:
    """Return up to 500 open invitations, the latest sent first."""
    return await invitations.list_open(_MOST_LISTED)


async def find_open(invitation_id: int) -> Invitation | None:
    """Return an open invitation; None when there is none any more."""
    return await invitations.find_open(invitation_id)


async def _lock_open(tx: Transaction, invitation_id: int) -> Invitation:
    found = await invitations.lock_open(tx, invitation_id)
    if found is None:
        raise NotFound(_GONE)
    return found


async def _let_in(tx: Transaction, actor: Actor, email: str, scope: Scope, access_until: datetime | None) -> int:
    """Approve a person who was added a moment ago, and return their id."""
    user = await users.find_by_email(tx, email)
    assert user is not None  # noqa: S101 (added a moment ago)
    await stored_scopes.set_scope(tx, user.id, scope)
    await users.apply_decision(tx, user.id, "approve", reason=None, by=actor.user_id)
    await users.update_user(tx, user.id, display_name=None, access_until=access_until)
    return user.id


async def _record(tx: Transaction, actor: Actor, action: Action, user_id: int, details: Mapping[str, object]) -> None:
    await audit_actions.record(tx, actor, action, resource="user", resource_id=str(user_id), details=details)
