"""Let people's programs in by personal tokens, which are shown once and stored as hashes."""

import secrets
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias, get_args

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access import rate_limits, users
from shareable_backlog.database.access.sharing import build_scope
from shareable_backlog.database.account import api_tokens
from shareable_backlog.database.account.api_tokens import ListedToken
from shareable_backlog.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn, TooMany
from shareable_backlog.services.access.sessions import CurrentUser, hash_token
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

Right: TypeAlias = Literal["items", "me", "feed"]
"""What a token may ask for: the backlog, its person's own account and views, or the backlog as a feed."""

RIGHTS: tuple[Right, ...] = get_args(Right)
_PREFIX = "slb_"  # by which secret scanners find a token that leaked
_MOST_TOKENS = 20
_LONGEST_NAME = 100
_MOST_REQUESTS, _WINDOW_S = 600, 60


class TokenUser(CurrentUser, frozen=True, kw_only=True):
    """A person's program with a token, which may ask for what is among its `rights`."""

    rights: frozenset[str]


def format_bearer(token: str) -> str:
    """Return the Authorization header that would hold the token."""
    return f"Bearer {token}"


async def authenticate(authorization: str) -> TokenUser:
    """Return whose token an Authorization header holds, and note that it is in use.

    Raises NotSignedIn when it is not good or its person is not active, and TooMany after 600 requests in a minute.
    """
    scheme, _, token = authorization.partition(" ")
    is_token = scheme.lower() == "bearer" and token.startswith(_PREFIX)
    found = await api_tokens.find_by_hash(hash_token(token)) if is_token else None
    if found is None:
        raise NotSignedIn(
            "This token isn't valid: it was mistyped or revoked, has expired, or its owner has no access."
            " Create another one on your account page."
        )
    if not await rate_limits.allow_try(f"token:{found.id}", _MOST_REQUESTS, _WINDOW_S):
        raise TooMany(f"This token asked more than {_MOST_REQUESTS} times in a minute. Wait a minute and try again.")
    if found.is_due:
        await api_tokens.touch_token(found.id)
    return TokenUser(
        user_id=found.user_id,
        email=found.email,
        display_name=found.display_name,
        state="active",
        is_admin=found.is_admin,
        method="token",
        session_id=None,
        scope=build_scope(found.group_ids),
        is_team_member=found.is_team_member,
        pages_off=frozenset(found.pages_off),
        rights=frozenset(found.scopes),
    )


async def require_right(user: CurrentUser, right: Right, actor: Actor) -> None:
    """Raise NotAllowed, with a record of it, when a program asks for what its token is not for."""
    if isinstance(user, TokenUser) and right not in user.rights:
        await audit_actions.record(
            None, actor, Action.ACCESS_REFUSED, details={"via": "api", "right": right}, refused=True
        )
        raise NotAllowed(f"This token doesn't allow that: it lacks “{right}”. Create one that has it.")


async def list_tokens(user_id: int) -> list[ListedToken]:
    """Return a person's tokens but for the revoked ones, newest first."""
    return await api_tokens.list_tokens(user_id)


async def create_token(
    outbox: Outbox, actor: Actor, user_id: int, name: str, rights: Collection[str], last_day: date | None
) -> str:
    """Store a new token of a person, who is told by mail, and return it, which is possible only now.

    It is good to the end of `last_day` (UTC), None: for ever. Raises InvalidInput, and Conflict beside 20 others.
    """
    expires_at = _require_valid(name, rights, last_day)
    token = _PREFIX + secrets.token_urlsafe(32)
    async with transaction() as tx:
        user = await users.find_by_id(tx, user_id)
        if user is None:
            raise NotFound("This account no longer exists.")
        if await api_tokens.count_tokens(tx, user_id) >= _MOST_TOKENS:
            raise Conflict(f"You have {_MOST_TOKENS} tokens, which is the most you can have. Revoke one first.")
        scopes = sorted(set(rights))
        token_id = await api_tokens.create_token(
            tx, user_id=user_id, name=name, token_hash=hash_token(token), scopes=scopes, expires_at=expires_at
        )
        await audit_actions.record(
            tx,
            actor,
            Action.TOKEN_CREATED,
            resource="api_token",
            resource_id=str(token_id),
            details={"name": name, "scopes": scopes, "expires_at": expires_at},
        )
        await outbox.add_mail(tx, "token_made", user.email, {"name": name})
    return token


async def revoke_token(actor: Actor, user: CurrentUser, token_id: int) -> int:
    """End a token, one's own or, for an admin, anybody's, and return its person's id. Raises NotFound."""
    async with transaction() as tx:
        ended = await api_tokens.revoke_token(tx, token_id, None if user.is_admin else user.user_id)
        if ended is None:
            raise NotFound("That token has already been revoked.")
        user_id, name = ended
        await audit_actions.record(
            tx,
            actor,
            Action.TOKEN_REVOKED,
            resource="api_token",
            resource_id=str(token_id),
            details={"name": name, "user_id": user_id},
        )
    return user_id


def _require_valid(name: str, rights: Collection[str], last_day: date | None) -> datetime | None:
    """Return when a token ends. Raises InvalidInput unless it can be made."""
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput(f"A token needs a name of at most {_LONGEST_NAME} characters. Nothing was created.")
    if not rights or not set(rights) <= set(RIGHTS):
        raise InvalidInput("Choose what the token may read. Nothing was created.")
    if last_day is None:
        return None
    try:
        expires_at = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(days=1)
    except OverflowError:
        raise InvalidInput("That last day is too far in the future. Nothing was created.") from None
    if expires_at <= clock.read_time():
        raise InvalidInput("The token's last day has already passed. Nothing was created.")
    return expires_at
