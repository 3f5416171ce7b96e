"""Make those whom ADMIN_EMAILS names admins, once: what admins decide of them later stands."""

from collections.abc import Collection

from shareable_backlog import logs
from shareable_backlog.database.access import users
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.services.access import notices
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

_LOG = logs.get_logger(__name__)


async def follow_admin_emails(
    tx: Transaction, outbox: Outbox, admin_emails: Collection[str], user: UserRow, actor: Actor
) -> None:
    """Make a person whom `admin_emails` names an admin at the first sign-in, or while nobody has approved them.

    Whoever was demoted or deleted before stays without the rights, for as long as the audit log says so; each
    sign-in then leaves a line in the log that tells the operator the command.
    """
    if user.email.lower() not in admin_emails:
        return
    is_new = user.last_access_at is None or user.state == "pending"
    if is_new and not await users.has_lost_rights(tx, user.email):
        if await users.make_admin(tx, user.id):
            await audit_actions.record(
                tx,
                actor,
                Action.PERSON_PROMOTED,
                resource="user",
                resource_id=str(user.id),
                details={"by": "ADMIN_EMAILS"},
            )
            await notices.announce_new_admin(tx, outbox, user.email, "the setting ADMIN_EMAILS")
    elif not user.is_admin:
        note = "ADMIN_EMAILS counts at the first sign-in only; `slb users promote` makes this person an admin"
        _LOG.warning("admin_emails_not_followed", user_id=user.id, note=note)
