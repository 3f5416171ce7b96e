"""Keep people signed in: whose session a cookie is, and how sessions end."""

import hashlib
import secrets

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import sessions
from shareable_backlog.database.access.sessions import ListedSession
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.access.users import UserState
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

_MOST_BY_PROXY = 20


class SessionLimits(Struct, frozen=True):
    """When a session ends by itself: unused for `idle_hours`, and `max_days` after the sign-in in any case."""

    idle_hours: int
    max_days: int


class CurrentUser(Struct, frozen=True):
    """Whoever asks: `session_id` is None for a program with a token.

    `scope` is what is shown; `viewing_as` names the person whose scope an admin looks with, None: their own. Who
    `is_proven` signed in a few minutes ago, and needs not do so again before what matters. `is_team_member` says
    whether the person in whose view it is works in Linear too, `pages_off` what is switched off for them.
    """

    user_id: int
    email: str
    display_name: str | None
    state: UserState
    is_admin: bool
    method: str
    session_id: int | None
    scope: Scope
    viewing_as: str | None = None
    is_proven: bool = False
    is_team_member: bool = False
    pages_off: frozenset[str] = frozenset()

    @property
    def reads_as_admin(self) -> bool:
        """Return whether pages tell what is for admins alone: not to one who looks as somebody else."""
        return self.is_admin and self.viewing_as is None

    @property
    def sees_linear(self) -> bool:
        """Return whether links lead into Linear: for who works there, and for admins who look as themselves."""
        return self.is_team_member or self.reads_as_admin


async def create_session(tx: Transaction, user_id: int, method: str, actor: Actor, token: str | None = None) -> str:
    """Store a new session of a person and return its token (None: a random one), which is stored nowhere.

    Of sessions by a proxy, which begin without anybody's doing, the 20 newest stay.
    """
    again = token is not None
    token = token or secrets.token_urlsafe(32)
    await sessions.create_session(
        tx,
        token_hash=hash_token(token),
        user_id=user_id,
        method=method,
        ip_address=actor.ip_address,
        user_agent=actor.user_agent and actor.user_agent[:300],
        again=again,
    )
    if method == "proxy":
        await sessions.end_oldest_sessions(tx, user_id, method, _MOST_BY_PROXY)
    return token


async def end_session(user: CurrentUser, actor: Actor) -> None:
    """End the session that the visitor uses."""
    if user.session_id is not None:
        async with transaction() as tx:
            await sessions.end_session(tx, user.session_id, user.user_id)
            await audit_actions.record(tx, actor, Action.SESSION_ENDED)


async def revoke_session(actor: Actor, user_id: int, session_id: int) -> None:
    """End one session of a person. Raises NotFound when there is none."""
    async with transaction() as tx:
        if not await sessions.end_session(tx, session_id, user_id):
            raise NotFound("That session has already ended.")
        await audit_actions.record(
            tx,
            actor,
            Action.SESSION_REVOKED,
            resource="user",
            resource_id=str(user_id),
            details={"session": session_id},
        )


async def list_sessions(user_id: int | None, limits: SessionLimits) -> list[ListedSession]:
    """Return a person's live sessions, None: everybody's, the latest used first."""
    return await sessions.list_sessions(user_id, limits.idle_hours, limits.max_days)


async def flush_sessions(actor: Actor) -> int:
    """End everybody's sessions and return how many they were."""
    async with transaction() as tx:
        count = await sessions.end_sessions(tx)
        await audit_actions.record(tx, actor, Action.SESSIONS_FLUSHED, details={"sessions": count})
    return count


async def is_alive(user: CurrentUser, limits: SessionLimits) -> bool:
    """Return whether a visitor may still see what they may see by their session, for an answer that lasts."""
    return user.session_id is not None and await sessions.is_alive(
        user.session_id, limits.idle_hours, limits.max_days, as_admin=user.is_admin
    )


def hash_token(token: str) -> bytes:
    """Return what is stored of a random token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
