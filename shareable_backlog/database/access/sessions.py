"""Keep who is signed in. A session ends with its person's right to be here, whatever its own age."""

from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.access.users import STATE
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class ListedSession(Struct, frozen=True):
    """What a list says of a session."""

    id: int
    email: str
    method: str
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime


_AGAIN = """
    ON CONFLICT (token_hash) DO UPDATE SET user_id = excluded.user_id, method = excluded.method,
      viewing_as_user_id = NULL, ip_address = excluded.ip_address, user_agent = excluded.user_agent,
      created_at = now(), last_seen_at = now()
"""


async def is_alive(session_id: int, idle_hours: int, max_days: int, *, as_admin: bool) -> bool:
    """Return whether a session found before is still good, and its person active and, if asked, an admin."""
    return bool(
        await query(
            "SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id"
            f" WHERE s.id = %(session_id)s AND {STATE} = 'active' AND u.is_admin >= %(as_admin)s"
            " AND s.last_seen_at > now() - make_interval(hours => %(idle_hours)s)"
            " AND s.created_at > now() - make_interval(days => %(max_days)s)",
            {"session_id": session_id, "as_admin": as_admin, "idle_hours": idle_hours, "max_days": max_days},
        )
    )


async def touch_session(session_id: int) -> None:
    """Note that a session and its person are here now."""
    await query(
        """
        WITH seen AS (
          UPDATE sessions SET last_seen_at = now() WHERE id = %(session_id)s RETURNING user_id
        )
        UPDATE users SET last_access_at = now() FROM seen WHERE users.id = seen.user_id
        """,
        {"session_id": session_id},
    )


async def create_session(
    transaction: Transaction,
    *,
    token_hash: bytes,
    user_id: int,
    method: str,
    ip_address: str | None,
    user_agent: str | None,
    again: bool = False,
) -> None:
    """Store a new session; its person is here now, which tells a first sign-in from later ones.

    Any way in but a passkey vouches for them anew: it would have been closed, had they left their organisation.
    Its token may be that of an earlier session if it is `again`, which then ends.
    """
    await transaction.query(
        """
        WITH entered AS (
          UPDATE users SET last_access_at = now(),
            vouched_at = CASE WHEN %(method)s = 'passkey' THEN vouched_at ELSE now() END
          WHERE id = %(user_id)s
        )
        INSERT INTO sessions (token_hash, user_id, method, ip_address, user_agent)
        VALUES (%(token_hash)s, %(user_id)s, %(method)s, %(ip_address)s, %(user_agent)s)
        """
        + (_AGAIN if again else ""),
        {
            "token_hash": token_hash,
            "user_id": user_id,
            "method": method,
            "ip_address": ip_address,
            "user_agent": user_agent,
        },
    )


async def set_view_as(transaction: Transaction, session_id: int, user_id: int | None) -> None:
    """Let an admin's session see what another person sees; None: what the admin sees."""
    await transaction.query(
        "UPDATE sessions SET viewing_as_user_id = %(user_id)s WHERE id = %(session_id)s",
        {"user_id": user_id, "session_id": session_id},
    )


async def list_sessions(user_id: int | None, idle_hours: int, max_days: int) -> list[ListedSession]:
    """Return a person's live sessions, None: everybody's, the latest used first."""
    return await query(
        """
        SELECT s.id, u.email, s.method, s.ip_address, s.user_agent, s.created_at, s.last_seen_at
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE (%(user_id)s::integer IS NULL OR s.user_id = %(user_id)s)
          AND s.last_seen_at > now() - make_interval(hours => %(idle_hours)s)
          AND s.created_at > now() - make_interval(days => %(max_days)s)
        ORDER BY s.last_seen_at DESC, s.id DESC
        """,
        {"user_id": user_id, "idle_hours": idle_hours, "max_days": max_days},
        row=ListedSession,
    )


async def end_session(transaction: Transaction, session_id: int, user_id: int) -> bool:
    """End one session of a person; False when there is none."""
    gone = await transaction.query(
        "DELETE FROM sessions WHERE id = %(session_id)s AND user_id = %(user_id)s RETURNING id",
        {"session_id": session_id, "user_id": user_id},
    )
    return bool(gone)


async def end_sessions(transaction: Transaction, user_id: int | None = None) -> int:
    """End all sessions of a person, None: of everybody; give how many they were."""
    gone = await transaction.query(
        "DELETE FROM sessions WHERE %(user_id)s::integer IS NULL OR user_id = %(user_id)s RETURNING id",
        {"user_id": user_id},
    )
    return len(gone)


async def end_oldest_sessions(transaction: Transaction, user_id: int, method: str, kept: int) -> None:
    """End a person's sessions of one way in but for the newest ones."""
    await transaction.query(
        """
        DELETE FROM sessions WHERE id IN (
          SELECT id FROM sessions WHERE user_id = %(user_id)s AND method = %(method)s
          ORDER BY created_at DESC, id DESC OFFSET %(kept)s
        )
        """,
        {"user_id": user_id, "method": method, "kept": kept},
    )


async def delete_expired(idle_hours: int, max_days: int) -> None:
    """Delete the sessions that have ended by age."""
    await query(
        """
        DELETE FROM sessions WHERE last_seen_at < now() - make_interval(hours => %(idle_hours)s)
          OR created_at < now() - make_interval(days => %(max_days)s)
        """,
        {"idle_hours": idle_hours, "max_days": max_days},
    )
