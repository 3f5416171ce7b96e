"""Let people see and change what is their own."""

from shareable_backlog.database import transaction
from shareable_backlog.database.access import rate_limits, users
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.errors import NotFound, TooMany
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

_LONGEST_NOTE = 500


async def read_account(user_id: int) -> UserRow:
    """Return a person's own account. Raises NotFound when it was deleted a moment ago."""
    async with transaction() as tx:
        user = await users.find_by_id(tx, user_id)
    if user is None:
        raise NotFound("This account no longer exists.")
    return user


async def ask_for_access(outbox: Outbox, user_id: int, note: str, actor: Actor) -> None:
    """Keep a person's note to the admins, who are told by mail when there is mail.

    Raises TooMany after the fifth in an hour.
    """
    if not await rate_limits.allow_try(f"note:{user_id}", 5, 3600):
        raise TooMany("You have written to the admins five times in the last hour. They will look at it.")
    async with transaction() as tx:
        await users.set_access_note(tx, user_id, note[:_LONGEST_NOTE] or None)
        await audit_actions.record(
            tx,
            actor,
            Action.ACCESS_ASKED,
            resource="user",
            resource_id=str(user_id),
            details={"note": note[:_LONGEST_NOTE]},
        )
        for admin in await users.list_admin_emails(tx):
            await outbox.add_mail(tx, "access_asked", admin, {"email": actor.email, "note": note[:_LONGEST_NOTE]})
