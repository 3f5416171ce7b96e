"""Read and change the people who may sign in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access import user_scopes
from shareable_backlog.database.access.sharing import Scope, build_scope
from shareable_backlog.database.access.unverified_emails import read_claimed_email
from shareable_backlog.database.connection.transaction import Transaction

UserState: TypeAlias = Literal["pending", "active", "disabled", "declined", "expired"]

# The contract's two flags tell four states; an end date that has passed makes the fifth.
STATE: LiteralString = """
  CASE WHEN u.is_disabled THEN CASE WHEN u.is_approved THEN 'disabled' ELSE 'declined' END
    WHEN NOT u.is_approved THEN 'pending' WHEN u.access_until <= now() THEN 'expired' ELSE 'active' END
"""


WAITING: LiteralString = "SELECT count(*) FROM users WHERE NOT is_approved AND NOT is_disabled"
"""The statement that counts the people who wait for an admin."""


class UserRow(Struct, frozen=True):
    """One person; `access_until` is None for access without an end, `groups` are the names of their groups."""

    id: int
    email: str
    display_name: str | None
    state: UserState
    is_admin: bool
    is_team_member: bool
    pages_off: list[str]
    access_note: str | None
    decision_reason: str | None
    access_until: datetime | None
    sees_everything: bool
    group_ids: list[int]
    groups: list[str]
    created_at: datetime
    approved_at: datetime | None
    last_access_at: datetime | None

    @property
    def claimed_email(self) -> str | None:
        """What the person says their address is, though nobody vouches for it; None for a proven address."""
        return read_claimed_email(self.email)

    @property
    def scope(self) -> Scope:
        """What the person was given to see; as long as they are an admin they see everything."""
        return build_scope(None if self.sees_everything else self.group_ids)


COLUMNS: LiteralString = f"""
    u.id, u.email, u.display_name, {STATE} AS state, u.is_admin, u.is_team_member, u.pages_off, u.access_note,
    u.decision_reason, u.access_until, u.sees_everything, {user_scopes.render_group_ids("u")} AS group_ids,
    {user_scopes.render_group_names("u")} AS groups, u.created_at, u.approved_at, u.last_access_at
"""


async def find_by_email(transaction: Transaction, email: str) -> UserRow | None:
    """Return the person of this mail address in any case, locked; None when there is none.

    The Node service could tell `A@example.com` from `a@example.com`: of two the disabled one counts.
    """
    found = await transaction.query(
        "SELECT id FROM users WHERE lower(email) = lower(%(email)s) ORDER BY is_disabled DESC, id LIMIT 1 FOR UPDATE",
        {"email": email},
    )
    return await _read_locked(transaction, found)


async def find_by_id(transaction: Transaction, user_id: int) -> UserRow | None:
    """Return the person, locked; None when there is none."""
    found = await transaction.query("SELECT id FROM users WHERE id = %(user_id)s FOR UPDATE", {"user_id": user_id})
    return await _read_locked(transaction, found)


async def find_by_identity(transaction: Transaction, issuer: str, subject: str) -> UserRow | None:
    """Return the person whom an identity provider knows as `subject`, locked; None when there is none."""
    found = await transaction.query(
        "SELECT u.id FROM user_identities JOIN users u ON u.id = user_identities.user_id"
        " WHERE issuer = %(issuer)s AND subject = %(subject)s FOR UPDATE OF u",
        {"issuer": issuer, "subject": subject},
    )
    return await _read_locked(transaction, found)


async def _read_locked(transaction: Transaction, found: list[tuple[int]]) -> UserRow | None:
    """Return the person whose row was locked a moment ago, with the groups that they are in since then."""
    if not found:
        return None
    [person] = await transaction.query(
        f"SELECT {COLUMNS} FROM users u WHERE u.id = %(user_id)s", {"user_id": found[0][0]}, row=UserRow
    )
    return person


async def has_identity(transaction: Transaction, user_id: int, issuer: str) -> bool:
    """Return whether the identity provider knows this person by some subject."""
    return bool(
        await transaction.query(
            "SELECT 1 FROM user_identities WHERE user_id = %(user_id)s AND issuer = %(issuer)s",
            {"user_id": user_id, "issuer": issuer},
        )
    )


async def add_identity(transaction: Transaction, user_id: int, issuer: str, subject: str) -> None:
    """Store by which subject an identity provider knows the person."""
    await transaction.query(
        "INSERT INTO user_identities (user_id, issuer, subject) VALUES (%(user_id)s, %(issuer)s, %(subject)s)",
        {"user_id": user_id, "issuer": issuer, "subject": subject},
    )


async def add_user(transaction: Transaction, email: str, display_name: str | None = None) -> bool:
    """Add a pending person, with what newcomers are given to see; False, and nothing done, for a known address."""
    added = await transaction.query(
        """
        WITH added AS (
          INSERT INTO users (email, display_name, sees_everything)
          SELECT %(email)s, %(display_name)s, newcomers_see_everything FROM sharing_settings
          ON CONFLICT (email) DO NOTHING RETURNING id, sees_everything
        ), joined AS (
          INSERT INTO viewer_group_members (user_id, viewer_group_id)
          SELECT a.id, g.id FROM added a JOIN viewer_groups g ON g.is_for_newcomers WHERE NOT a.sees_everything
        )
        SELECT id FROM added
        """,
        {"email": email, "display_name": display_name},
    )
    return bool(added)


async def set_email(transaction: Transaction, user_id: int, email: str) -> None:
    """Give a person another mail address, which nobody may have."""
    await transaction.query(
        "UPDATE users SET email = %(email)s, updated_at = now() WHERE id = %(user_id)s",
        {"user_id": user_id, "email": email},
    )


async def make_admin(transaction: Transaction, user_id: int) -> bool:
    """Make a person who is not disabled an approved admin; False when nothing had to change, or might."""
    changed = await transaction.query(
        """
        UPDATE users SET is_admin = true, is_approved = true, approved_at = coalesce(approved_at, now()),
               access_until = NULL, updated_at = now()
        WHERE id = %(user_id)s AND NOT is_disabled
          AND NOT (is_admin AND is_approved AND access_until IS NULL)
        RETURNING id
        """,
        {"user_id": user_id},
    )
    return bool(changed)


async def has_lost_rights(transaction: Transaction, email: str) -> bool:
    """Return whether the audit log says that somebody took this address's admin rights, or deleted its person."""
    return bool(
        await transaction.query(
            "SELECT 1 FROM audit_logs WHERE action IN ('person.demoted', 'person.deleted')"
            " AND lower(details ->> 'email') = lower(%(email)s) LIMIT 1",
            {"email": email},
        )
    )


async def demote_admin(transaction: Transaction, user_id: int) -> bool:
    """Take a person's admin rights, unless no other active admin were left; False when nothing was changed.

    The rows of all admins are locked first, so that two at once can't take each other's.
    """
    await lock_admins(transaction)
    changed = await transaction.query(
        f"""
        UPDATE users SET is_admin = false, updated_at = now() WHERE id = %(user_id)s AND is_admin
          AND EXISTS (SELECT FROM users u WHERE u.id <> %(user_id)s AND u.is_admin AND {STATE} = 'active')
        RETURNING id
        """,
        {"user_id": user_id},
    )
    return bool(changed)


async def lock_admins(transaction: Transaction) -> list[int]:
    """Lock the rows of all admins and return the ids of those who are active, so that one is left at the end.

    Others may refer to them meanwhile: a change of somebody whom one of them approved looks at that row.
    """
    found = await transaction.query(
        f"SELECT u.id, {STATE} = 'active' FROM users u WHERE u.is_admin ORDER BY u.id FOR NO KEY UPDATE"
    )
    return [id_ for id_, is_active in found if is_active]


Decision: TypeAlias = Literal["approve", "decline", "disable", "restore", "promote", "demote", "member", "reader"]

# From which states each leads where; whoever calls has locked the row and looked.
_DECISIONS: dict[Decision, LiteralString] = {
    "approve": "is_approved = true, approved_at = now(), approved_by = %(by)s, decision_reason = NULL",
    "decline": "is_disabled = true, decision_reason = %(reason)s",
    "disable": "is_disabled = true, decision_reason = %(reason)s",
    "restore": "is_disabled = false, decision_reason = NULL",
    "promote": "is_admin = true",
    "demote": "is_admin = false",
    "member": "is_team_member = true",
    "reader": "is_team_member = false",
}


async def apply_decision(
    transaction: Transaction, user_id: int, decision: Decision, *, reason: str | None, by: int | None
) -> None:
    """Change a person's flags as an admin (`by`, None: the operator) has decided."""
    await transaction.query(
        f"UPDATE users SET {_DECISIONS[decision]}, updated_at = now() WHERE id = %(user_id)s",
        {"user_id": user_id, "reason": reason, "by": by},
    )


async def update_user(
    transaction: Transaction,
    user_id: int,
    *,
    display_name: str | None,
    access_until: datetime | None,
) -> None:
    """Change a person's name and the end of their access."""
    await transaction.query(
        """
        UPDATE users SET display_name = %(display_name)s, access_until = %(access_until)s, updated_at = now()
        WHERE id = %(user_id)s
        """,
        {"user_id": user_id, "display_name": display_name, "access_until": access_until},
    )


async def set_pages_off(transaction: Transaction, user_id: int, pages: Sequence[str]) -> None:
    """Switch these pages off for a person, and all others on."""
    await transaction.query(
        "UPDATE users SET pages_off = %(pages)s, updated_at = now() WHERE id = %(user_id)s",
        {"user_id": user_id, "pages": list(pages)},
    )


async def delete_user(transaction: Transaction, user_id: int) -> None:
    """Delete a person, with sessions, tokens and preferences; what they did stays in the audit log."""
    await transaction.query("DELETE FROM users WHERE id = %(user_id)s", {"user_id": user_id})


async def set_access_note(transaction: Transaction, user_id: int, note: str | None) -> None:
    """Keep what a person wrote to the admins."""
    await transaction.query(
        "UPDATE users SET access_note = %(note)s, updated_at = now() WHERE id = %(user_id)s",
        {"user_id": user_id, "note": note},
    )


async def list_emails_at(transaction: Transaction, domain: str) -> list[str]:
    """Return the mail addresses that end so, `@example.com`, of all who are not disabled."""
    found = await transaction.query(
        "SELECT email FROM users WHERE right(email, length(%(domain)s)) = %(domain)s AND NOT is_disabled ORDER BY id",
        {"domain": domain},
    )
    return [email for (email,) in found]


async def list_admin_emails(transaction: Transaction) -> list[str]:
    """Return the mail addresses of all active admins."""
    found = await transaction.query(
        f"SELECT u.email FROM users u WHERE u.is_admin AND {STATE} = 'active' ORDER BY u.id"
    )
    return [email for (email,) in found]
