"""Keep `invitations`: whom an admin has invited by mail, until they come."""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.users import STATE
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class Invitation(Struct, frozen=True, kw_only=True):
    """An open invitation: the person may come and has not yet.

    `inviter` is the name of whoever invited, or their address, None when they are gone.
    """

    id: int
    user_id: int
    email: str
    inviter: str | None
    note: str | None
    access_until: datetime | None
    sent_at: datetime
    sendings: int


_OPEN: LiteralString = f"""
    SELECT n.id, n.user_id, u.email, coalesce(nullif(a.display_name, ''), a.email) AS inviter, n.note,
           u.access_until, n.sent_at, n.sendings
    FROM invitations n JOIN users u ON u.id = n.user_id LEFT JOIN users a ON a.id = n.invited_by
    WHERE u.last_access_at IS NULL AND {STATE} = 'active'
"""


async def list_open(limit: int) -> list[Invitation]:
    """Return up to `limit` open invitations, the latest sent first."""
    return await query(
        f"{_OPEN} ORDER BY n.sent_at DESC, n.id DESC LIMIT %(limit)s", {"limit": limit}, row=Invitation
    )


async def find_open(invitation_id: int) -> Invitation | None:
    """Return an open invitation; None when there is none any more."""
    found = await query(f"{_OPEN} AND n.id = %(id)s", {"id": invitation_id}, row=Invitation)
    return found[0] if found else None


async def lock_open(tx: Transaction, invitation_id: int) -> Invitation | None:
    """Return an open invitation, locked with its person; None when there is none any more."""
    found = await tx.query(f"{_OPEN} AND n.id = %(id)s FOR UPDATE OF n, u", {"id": invitation_id}, row=Invitation)
    return found[0] if found else None


async def add_invitation(tx: Transaction, user_id: int, invited_by: int | None, note: str | None) -> int:
    """Store that a person was invited, and return the invitation's id."""
    [(invitation_id,)] = await tx.query(
        """
        INSERT INTO invitations (user_id, invited_by, note) VALUES (%(user_id)s, %(invited_by)s, %(note)s)
        RETURNING id
        """,
        {"user_id": user_id, "invited_by": invited_by, "note": note},
    )
    return invitation_id


async def note_sending(tx: Transaction, invitation_id: int, wait_s: int) -> bool:
    """Note that an invitation is sent again; False, and nothing done, within `wait_s` of the last time."""
    found = await tx.query(
        """
        UPDATE invitations SET sent_at = now(), sendings = sendings + 1
        WHERE id = %(id)s AND sent_at <= now() - make_interval(secs => %(wait_s)s) RETURNING id
        """,
        {"id": invitation_id, "wait_s": wait_s},
    )
    return bool(found)
