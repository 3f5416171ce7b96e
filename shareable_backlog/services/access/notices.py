"""Tell a person and the admins by mail what they should know of, such as wrong codes or a new admin."""

from collections.abc import Sequence

from shareable_backlog.database.access import users
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.services.audit import audit_actions, strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox


async def announce_closed_codes(tx: Transaction, outbox: Outbox, email: str, actor: Actor) -> None:
    """Record that no code is taken for a mail address for a day, and mail it to its person and to all admins.

    For the address of nobody nothing is mailed, and many are summed up in the record.
    """
    user = await users.find_by_email(tx, email)
    if user is None:
        await strangers.record_stranger(tx, actor, Action.CODES_CLOSED, "", {"email": email}, refused=True)
        return
    await audit_actions.record(
        tx,
        actor,
        Action.CODES_CLOSED,
        resource="user",
        resource_id=str(user.id),
        details={"email": email},
        refused=True,
    )
    if user.state in ("disabled", "declined"):
        return
    await outbox.add_mail(tx, "codes_closed", email, {})
    for admin in await users.list_admin_emails(tx):
        if admin.lower() != email:
            await outbox.add_mail(tx, "codes_closed_admin", admin, {"email": email})


async def announce_new_browser(tx: Transaction, outbox: Outbox, email: str, place: str) -> None:
    """Mail a person that they signed in by a browser that they never did before; `place` says which, and when."""
    await outbox.add_mail(tx, "browser_new", email, {"place": place})


async def announce_new_admin(tx: Transaction, outbox: Outbox, email: str, by: str) -> None:
    """Mail the person who has just become an admin, and all others, whoever (or what) made them one apart."""
    told = {one.lower(): one for one in (email, *await users.list_admin_emails(tx))}
    told.pop(by.lower(), None)
    for recipient in told.values():
        await outbox.add_mail(tx, "admin_made", recipient, {"email": email, "by": by})


async def announce_widening(tx: Transaction, outbox: Outbox, actor: Actor, widened: Sequence[str]) -> None:
    """Mail all admins that somebody sees more than before: the actor too, whose session may be in other hands.

    `widened` says it line by line; without any nothing is mailed.
    """
    if not widened:
        return
    for admin in await users.list_admin_emails(tx):
        await outbox.add_mail(tx, "sharing_widened", admin, {"by": name_actor(actor), "widened": list(widened)})


def name_actor(actor: Actor) -> str:
    """Return what mails call whoever acts."""
    return actor.email if actor.user_id is not None and actor.email else "the operator"
