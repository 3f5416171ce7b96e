"""Keep the links that were mailed for signing in; only hashes of their secrets are stored."""

from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SignInLink:
    """One link; `browser_hash` is None when the operator made it: then the token alone is enough.

    `is_open` when it is neither used nor too old nor out of tries.
    """

    id: int
    email: str
    salt: bytes
    browser_hash: bytes | None
    next_path: str
    expires_at: datetime
    is_open: bool


_COLUMNS = """
    id, email, salt, browser_hash, next_path, expires_at,
    used_at IS NULL AND expires_at > now() AND tries_left > 0 AS is_open
"""


async def replace_link(
    transaction: Transaction,
    *,
    email: str,
    salt: bytes,
    token_hash: bytes,
    browser_hash: bytes | None,
    next_path: str,
    lives_s: int,
) -> int:
    """Store a link, give its id, and make every earlier one of this mail address worthless.

    But for the operator's links (`browser_hash` is None): only the operator's next one ends them, and no stranger who
    asks for a mail to the same address.
    """
    await transaction.query(
        "DELETE FROM sign_in_links WHERE email = %(email)s"
        " AND (browser_hash IS NOT NULL OR %(browser_hash)s::bytea IS NULL)",
        {"email": email, "browser_hash": browser_hash},
    )
    [(id_,)] = await transaction.query(
        """
        INSERT INTO sign_in_links (email, salt, token_hash, browser_hash, next_path, expires_at)
        VALUES (%(email)s, %(salt)s, %(token_hash)s, %(browser_hash)s, %(next_path)s,
                now() + make_interval(secs => %(lives_s)s))
        RETURNING id
        """,
        {
            "email": email,
            "salt": salt,
            "token_hash": token_hash,
            "browser_hash": browser_hash,
            "next_path": next_path,
            "lives_s": lives_s,
        },
    )
    return id_


async def find_by_id(link_id: int) -> SignInLink | None:
    """Return a link; None when a newer one took its place."""
    found = await query(
        "SELECT " + _COLUMNS + " FROM sign_in_links WHERE id = %(id)s", {"id": link_id}, row=SignInLink
    )
    return found[0] if found else None


async def find_by_token(transaction: Transaction, token_hash: bytes) -> SignInLink | None:
    """Return the link of a token, locked."""
    found = await transaction.query(
        "SELECT " + _COLUMNS + " FROM sign_in_links WHERE token_hash = %(token_hash)s FOR UPDATE",
        {"token_hash": token_hash},
        row=SignInLink,
    )
    return found[0] if found else None


async def find_by_browser(transaction: Transaction, browser_hash: bytes) -> SignInLink | None:
    """Return the newest link that a browser asked for, locked."""
    found = await transaction.query(
        "SELECT "
        + _COLUMNS
        + " FROM sign_in_links WHERE browser_hash = %(browser_hash)s ORDER BY id DESC LIMIT 1 FOR UPDATE",
        {"browser_hash": browser_hash},
        row=SignInLink,
    )
    return found[0] if found else None


async def use_link(transaction: Transaction, link_id: int) -> bool:
    """Use up an open link; False when it is open no more."""
    used = await transaction.query(
        "UPDATE sign_in_links SET used_at = now()"
        " WHERE id = %(id)s AND used_at IS NULL AND expires_at > now() AND tries_left > 0 RETURNING id",
        {"id": link_id},
    )
    return bool(used)


async def record_wrong_code(transaction: Transaction, link_id: int) -> None:
    """Take one of the tries of a link."""
    await transaction.query("UPDATE sign_in_links SET tries_left = tries_left - 1 WHERE id = %(id)s", {"id": link_id})


async def delete_by_email(transaction: Transaction, email: str) -> None:
    """Make the links of a mail address worthless."""
    await transaction.query("DELETE FROM sign_in_links WHERE lower(email) = lower(%(email)s)", {"email": email})


async def delete_old_links() -> None:
    """Delete the links that are too old to be used."""
    await query("DELETE FROM sign_in_links WHERE expires_at < now() - interval '1 day'")
