"""Compute what proves the audit log: the hashes of rows and seals, and the keys that seals are made with.

Nothing here is asked of the database, where whoever changes rows could change functions as well.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shareable_backlog.config import Secret
from shareable_backlog.database.audit.audit_chain import ChainLink
from shareable_backlog.database.audit.audit_seals import AuditSeal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def derive_keys(secret_keys: Iterable[Secret]) -> dict[str, bytes]:
    """Return the key of each secret key by its name, in their order (HKDF-SHA256, RFC 5869, without a salt).

    The name tells which key made a seal and nothing of the key.
    """
    keys: dict[str, bytes] = {}
    for secret_key in secret_keys:
        extracted = hmac.digest(bytes(32), secret_key.reveal().encode(), "sha256")
        name = hmac.digest(extracted, b"audit seal name\x01", "sha256").hex()[:16]
        keys[name] = hmac.digest(extracted, b"audit seal\x01", "sha256")
    return keys


def hash_values(previous: bytes, values: Sequence[str | None]) -> bytes:
    """Return SHA-256 of `previous` and the values, each with its length, so that none can move to the next place."""
    text = ",".join(["-" if value is None else f"{len(value)}:{value}" for value in values])
    return hashlib.sha256(previous + text.encode()).digest()


def hash_link(link: ChainLink) -> bytes:
    """Return the hash of a row, whatever its place."""
    return hash_values(b"", link.values)


def hash_seal(previous: bytes, seal: AuditSeal) -> bytes:
    """Return the hash that a seal has after the one with the hash `previous`."""
    return hash_values(
        previous,
        [
            str(seal.number),
            str(seal.position),
            " ".join(map(str, seal.ids)),
            hashlib.sha256(seal.row_hashes).hexdigest(),
            str(seal.pruned_number),
            str(seal.pruned_position),
            seal.pruned_hash.hex(),
            str((seal.sealed_at - _EPOCH) // timedelta(microseconds=1)),
        ],
    )


def compute_mac(key: bytes, seal_hash: bytes) -> bytes:
    """Return what only a holder of the key can say of a seal."""
    return hmac.digest(key, seal_hash, "sha256")
