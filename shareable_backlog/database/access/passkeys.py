"""Keep people's passkeys, and which challenges were answered."""

from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class ListedPasskey(Struct, frozen=True):
    """What a list says of a passkey; `last_used_at` is None for one that was never used."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyRow(Struct, frozen=True, kw_only=True):
    """A passkey by which somebody signs in; `credential` is its id with its public key."""

    id: int
    user_id: int
    credential: bytes
    user_handle: bytes
    sign_count: int
    name: str


async def list_passkeys(user_id: int) -> list[ListedPasskey]:
    """Return a person's passkeys, newest first."""
    return await query(
        "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = %(user_id)s ORDER BY id DESC",
        {"user_id": user_id},
        row=ListedPasskey,
    )


async def list_credential_ids(user_id: int) -> list[bytes]:
    """Return the ids by which authenticators know a person's passkeys."""
    found = await query("SELECT credential_id FROM passkeys WHERE user_id = %(user_id)s", {"user_id": user_id})
    return [bytes(id_) for (id_,) in found]


async def count_passkeys(transaction: Transaction, user_id: int) -> int:
    """Count a person's passkeys."""
    [(count,)] = await transaction.query(
        "SELECT count(*) FROM passkeys WHERE user_id = %(user_id)s", {"user_id": user_id}
    )
    return count


async def add_passkey(
    transaction: Transaction,
    *,
    user_id: int,
    credential_id: bytes,
    credential: bytes,
    user_handle: bytes,
    sign_count: int,
    name: str,
) -> int | None:
    """Store a passkey and return its id; None, and nothing done, when it is somebody's already."""
    added = await transaction.query(
        """
        INSERT INTO passkeys (user_id, credential_id, credential, user_handle, sign_count, name)
        VALUES (%(user_id)s, %(credential_id)s, %(credential)s, %(user_handle)s, %(sign_count)s, %(name)s)
        ON CONFLICT (credential_id) DO NOTHING RETURNING id
        """,
        {
            "user_id": user_id,
            "credential_id": credential_id,
            "credential": credential,
            "user_handle": user_handle,
            "sign_count": sign_count,
            "name": name,
        },
    )
    return added[0][0] if added else None


async def find_by_credential_id(transaction: Transaction, credential_id: bytes) -> PasskeyRow | None:
    """Return the passkey of this id; None when there is none. People are locked before theirs, so it is not."""
    found = await transaction.query(
        "SELECT id, user_id, credential, user_handle, sign_count, name FROM passkeys"
        " WHERE credential_id = %(credential_id)s",
        {"credential_id": credential_id},
        row=PasskeyRow,
    )
    return found[0] if found else None


async def is_vouched_for(transaction: Transaction, user_id: int, days: int) -> bool:
    """Return whether a person came in by something else than a passkey within so many days."""
    return bool(
        await transaction.query(
            "SELECT 1 FROM users WHERE id = %(user_id)s AND vouched_at > now() - make_interval(days => %(days)s)",
            {"user_id": user_id, "days": days},
        )
    )


async def record_use(transaction: Transaction, passkey_id: int, sign_count: int) -> None:
    """Note that a passkey was used now, and its authenticator's count, if that is more than before."""
    await transaction.query(
        "UPDATE passkeys SET last_used_at = now(), sign_count = greatest(sign_count, %(sign_count)s)"
        " WHERE id = %(passkey_id)s",
        {"passkey_id": passkey_id, "sign_count": sign_count},
    )


async def remove_passkeys(transaction: Transaction, user_id: int, passkey_id: int | None = None) -> list[str]:
    """Delete a passkey of a person, None: all of them; return the names of those that were there."""
    removed = await transaction.query(
        "DELETE FROM passkeys WHERE user_id = %(user_id)s"
        " AND (%(passkey_id)s::integer IS NULL OR id = %(passkey_id)s) RETURNING name",
        {"user_id": user_id, "passkey_id": passkey_id},
    )
    return [name for (name,) in removed]


async def use_challenge(transaction: Transaction, challenge: bytes) -> bool:
    """Note that a challenge was answered rightly; False when it was before."""
    used = await transaction.query(
        "INSERT INTO used_challenges (challenge) VALUES (%(challenge)s) ON CONFLICT DO NOTHING RETURNING challenge",
        {"challenge": challenge},
    )
    return bool(used)


async def delete_old_challenges() -> None:
    """Delete what was answered more than an hour ago, which no cookie asks for any more."""
    await query("DELETE FROM used_challenges WHERE used_at < now() - interval '1 hour'")
