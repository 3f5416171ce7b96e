"""Make the challenges that passkeys answer: each for one purpose, in one browser, for five minutes, once.

A browser has its challenge in a cookie that nobody else could have written, so that nothing is stored for strangers;
only what was answered rightly is, so that the same answer is good for nothing again.
"""

import hmac
import secrets
from time import time

from msgspec import Struct

from shareable_backlog.database.access import passkeys
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.services.access.sessions import hash_token

LIVES_S = 300
SIGN_IN = "sign-in"


class Challenge(Struct, frozen=True):
    """What a passkey signs, and the `cookie` that says it was asked for in a browser, of which it is a hash."""

    value: bytes
    cookie: str


def make_challenge(secret_key: bytes, purpose: str) -> Challenge:
    """Return a new challenge; `purpose` is SIGN_IN, or says which person adds a passkey."""
    nonce, at = secrets.token_urlsafe(32), f"{int(time()):x}"
    return Challenge(hash_token(nonce), f"{nonce}.{at}.{_seal_challenge(secret_key, purpose, nonce, at)}")


def read_challenge(secret_key: bytes, purpose: str, cookie: str | None) -> bytes | None:
    """Return the challenge that a browser was given for this purpose; None when it was not, or too long ago."""
    nonce, _, rest = (cookie or "").partition(".")
    at, _, seal = rest.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal_challenge(secret_key, purpose, nonce, at).encode()):
        return None
    return hash_token(nonce) if time() - int(at, 16) <= LIVES_S else None


def name_addition(user_id: int) -> str:
    """Return the purpose of a person's adding a passkey."""
    return f"add {user_id}"


async def use_challenge(tx: Transaction, challenge: bytes) -> bool:
    """Note that a challenge was answered rightly; False when it was before."""
    return await passkeys.use_challenge(tx, challenge)


def _seal_challenge(secret_key: bytes, purpose: str, nonce: str, at: str) -> str:
    return hmac.digest(secret_key, f"passkey challenge {purpose} {nonce} {at}".encode(), "sha256").hex()
