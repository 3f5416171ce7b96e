"""Keep the personal tokens by which people's programs read the API."""

from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.access import user_scopes
from shareable_backlog.database.access.users import STATE
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.standby.request_version import note_version
from shareable_backlog.database.connection.transaction import Transaction


class Token(Struct, frozen=True):
    """A token that is good at this moment, with its person, who is active."""

    id: int
    scopes: list[str]
    user_id: int
    email: str
    display_name: str | None
    is_admin: bool
    is_team_member: bool
    pages_off: list[str]
    group_ids: list[int] | None
    """None for whoever sees everything."""
    is_due: bool
    """Whether `touch_token` should note that it is in use."""
    version: str
    """That of the mirror and of what is shared."""


class ListedToken(Struct, frozen=True):
    """What a list says of a token; `last_used_at` and `expires_at` are None for never."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


async def find_by_hash(token_hash: bytes) -> Token | None:
    """Return the token of this hash; None when there is none, it has ended, or its person is not active."""
    found = await query(
        f"""
        SELECT t.id, t.scopes, u.id AS user_id, u.email, u.display_name, u.is_admin, u.is_team_member,
               u.pages_off || (SELECT pages_off FROM settings) AS pages_off,
               {user_scopes.render_scope("u")} AS group_ids,
               coalesce(t.last_used_at < now() - interval '1 minute', true) AS is_due,
               (SELECT version::text FROM mirror_versions) AS version
        FROM api_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = %(token_hash)s AND t.revoked_at IS NULL
          AND (t.expires_at IS NULL OR t.expires_at > now()) AND {STATE} = 'active'
        """,
        {"token_hash": token_hash},
        row=Token,
    )
    if not found:
        return None
    note_version(found[0].version)
    return found[0]


async def touch_token(token_id: int) -> None:
    """Note that a token, and so its person, is here now."""
    await query(
        """
        WITH used AS (UPDATE api_tokens SET last_used_at = now() WHERE id = %(token_id)s RETURNING user_id)
        UPDATE users SET last_access_at = now() FROM used WHERE users.id = used.user_id
        """,
        {"token_id": token_id},
    )


async def list_tokens(user_id: int) -> list[ListedToken]:
    """Return a person's tokens but for the revoked ones, newest first."""
    return await query(
        "SELECT id, name, scopes, created_at, last_used_at, expires_at FROM api_tokens"
        " WHERE user_id = %(user_id)s AND revoked_at IS NULL ORDER BY id DESC",
        {"user_id": user_id},
        row=ListedToken,
    )


async def count_tokens(transaction: Transaction, user_id: int) -> int:
    """Count a person's tokens but for the revoked ones; the person's row has to be locked."""
    [(number,)] = await transaction.query(
        "SELECT count(*) FROM api_tokens WHERE user_id = %(user_id)s AND revoked_at IS NULL", {"user_id": user_id}
    )
    return number


async def create_token(
    transaction: Transaction,
    *,
    user_id: int,
    name: str,
    token_hash: bytes,
    scopes: list[str],
    expires_at: datetime | None,
) -> int:
    """Store a new token and return its id."""
    [(token_id,)] = await transaction.query(
        """
        INSERT INTO api_tokens (user_id, name, token_hash, scopes, expires_at)
        VALUES (%(user_id)s, %(name)s, %(token_hash)s, %(scopes)s, %(expires_at)s) RETURNING id
        """,
        {
            "user_id": user_id,
            "name": name,
            "token_hash": token_hash,
            "scopes": scopes,
            "expires_at": expires_at,
        },
    )
    return token_id


async def revoke_tokens(transaction: Transaction, user_id: int) -> None:
    """End all tokens of a person."""
    await transaction.query(
        "UPDATE api_tokens SET revoked_at = now() WHERE user_id = %(user_id)s AND revoked_at IS NULL",
        {"user_id": user_id},
    )


async def revoke_token(transaction: Transaction, token_id: int, user_id: int | None) -> tuple[int, str] | None:
    """End a token of a person (None: of anybody) and return its person's id and its name; None when there is none."""
    ended = await transaction.query(
        """
        UPDATE api_tokens SET revoked_at = now()
        WHERE id = %(token_id)s AND revoked_at IS NULL
          AND (%(user_id)s::integer IS NULL OR user_id = %(user_id)s)
        RETURNING user_id, name
        """,
        {"token_id": token_id, "user_id": user_id},
    )
    return ended[0] if ended else None
