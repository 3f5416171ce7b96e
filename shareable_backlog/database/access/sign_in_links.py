"""Keep the links that were mailed for signing in; only hashes of their secrets are stored."""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class SignInLink(Struct, frozen=True):
    """One link; `browser_hash` is None when the operator made it: then the token alone is enough.

    `is_open` when it is neither used nor too old nor out of tries; `has_code` unless too many wrong codes came for
    its mail address.
    """

    id: int
    email: str
    salt: bytes
    browser_hash: bytes | None
    next_path: str
    expires_at: datetime
    is_open: bool
    has_code: bool = True


class AskLimits(Struct, frozen=True):
    """How many mails go to one mail address in a quarter of an hour, and within 24 hours."""

    per_quarter: int
    per_day: int


_COLUMNS = """
    id, email, salt, browser_hash, next_path, expires_at,
    used_at IS NULL AND expires_at > now() AND tries_left > 0 AS is_open,
    codes_closed_until IS NULL OR codes_closed_until <= now() AS has_code
"""

_REPLACE_LINK: LiteralString = """
    INSERT INTO sign_in_links AS l (email, salt, token_hash, browser_hash, next_path, expires_at, asked_at)
    VALUES (%(email)s, %(salt)s, %(token_hash)s, %(browser_hash)s, %(next_path)s,
            now() + make_interval(secs => %(lives_s)s), ARRAY[now()])
    ON CONFLICT (email) WHERE browser_hash IS NOT NULL DO UPDATE SET
      id = DEFAULT, salt = excluded.salt, token_hash = excluded.token_hash, browser_hash = excluded.browser_hash,
      next_path = excluded.next_path, tries_left = DEFAULT, created_at = now(), expires_at = excluded.expires_at,
      used_at = NULL,
      asked_at = ARRAY(SELECT at FROM unnest(l.asked_at) AS at WHERE at > now() - interval '1 day') || now()
    WHERE (SELECT count(*) FROM unnest(l.asked_at) AS at WHERE at > now() - interval '1 day') < %(per_day)s
      AND (SELECT count(*) FROM unnest(l.asked_at) AS at WHERE at > now() - interval '15 minutes')
        < %(per_quarter)s
    RETURNING id
"""


async def replace_link(
    transaction: Transaction,
    *,
    email: str,
    salt: bytes,
    token_hash: bytes,
    browser_hash: bytes,
    next_path: str,
    lives_s: int,
    limits: AskLimits,
) -> int | None:
    """Store a link in place of the one that a browser asked for before, and give its id.

    None, and nothing changes, when too many mails went to this address. The operator's links stay: no stranger who
    asks for a mail ends them.
    """
    stored = await transaction.query(
        _REPLACE_LINK,
        {
            "email": email,
            "salt": salt,
            "token_hash": token_hash,
            "browser_hash": browser_hash,
            "next_path": next_path,
            "lives_s": lives_s,
            "per_day": limits.per_day,
            "per_quarter": limits.per_quarter,
        },
    )
    return stored[0][0] if stored else None


async def replace_operators_link(
    transaction: Transaction, *, email: str, salt: bytes, token_hash: bytes, lives_s: int
) -> int:
    """Store a link that the operator made, give its id, and make every earlier one of this mail address worthless."""
    await transaction.query("DELETE FROM sign_in_links WHERE email = %(email)s", {"email": email})
    [(id_,)] = await transaction.query(
        """
        INSERT INTO sign_in_links (email, salt, token_hash, expires_at)
        VALUES (%(email)s, %(salt)s, %(token_hash)s, now() + make_interval(secs => %(lives_s)s)) RETURNING id
        """,
        {"email": email, "salt": salt, "token_hash": token_hash, "lives_s": lives_s},
    )
    return id_


async def has_room_for_newcomer(transaction: Transaction, email: str, limit: int) -> bool:
    """Return whether a link may be sent to somebody who has none yet and is nobody here, and let others wait.

    `limit` counts the mail addresses of nobody for which a link was asked for within a quarter of an hour. The rows
    that strangers can make have this bound, whatever they ask for and wherever from.
    """
    await transaction.query("SELECT pg_advisory_xact_lock(hashtext('sign_in_links newcomers'))")
    [(count,)] = await transaction.query(
        """
        SELECT count(*) FROM sign_in_links l
        WHERE browser_hash IS NOT NULL AND created_at > now() - interval '15 minutes' AND email <> %(email)s
          AND NOT EXISTS (SELECT FROM users u WHERE lower(u.email) = l.email)
        """,
        {"email": email},
    )
    return count < limit


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


async def record_wrong_code(transaction: Transaction, link_id: int, most_a_day: int) -> bool:
    """Take one of the tries of a link, and return whether its mail address is closed to codes by it, for a day.

    It is with the wrong code that makes `most_a_day` of them within 24 hours.
    """
    [(is_closed,)] = await transaction.query(
        """
        WITH guessed AS (
          SELECT id,
            ARRAY(SELECT at FROM unnest(wrong_at) AS at WHERE at > now() - interval '1 day') || now() AS times
          FROM sign_in_links WHERE id = %(id)s
        )
        UPDATE sign_in_links AS l SET tries_left = tries_left - 1, wrong_at = times,
          codes_closed_until = CASE WHEN cardinality(times) >= %(most_a_day)s THEN now() + interval '1 day' END
        FROM guessed WHERE l.id = guessed.id RETURNING codes_closed_until IS NOT NULL
        """,
        {"id": link_id, "most_a_day": most_a_day},
    )
    return is_closed


async def delete_by_email(transaction: Transaction, email: str) -> None:
    """Make the links of a mail address worthless."""
    await transaction.query("DELETE FROM sign_in_links WHERE lower(email) = lower(%(email)s)", {"email": email})


async def delete_old_links() -> None:
    """Delete the links that are too old to be used."""
    await query("DELETE FROM sign_in_links WHERE expires_at < now() - interval '1 day'")
