"""Read the provider's keys and what it has signed with them.

Others import this room late: it brings a library of 11 MB, which a server without a provider has no use for.
"""

import warnings
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

# Signatures that only the provider can make; a shared secret's (HS256) anybody with the public key could pretend to.
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
_KINDS = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class _Signatures(JWSRegistry):
    """Read headers as RFC 7515 wants them read: unknown names mean nothing, and certificates may stand there."""

    max_header_length = 2**14


_SIGNATURES = _Signatures(algorithms=_ALGORITHMS, strict_check_header=False)


class Unbelieved(Exception):
    """Why what somebody says to be signed is not believed, in a word for the log."""


class KeyUnknown(Exception):
    """It was signed with a key that is not among those given."""


def parse_keys(listed: object) -> KeySet | None:
    """Return the keys that sign tokens; others that a provider may have too are left out. None if none is left."""
    found = [_parse_key(one) for one in cast("list[object]", listed)] if isinstance(listed, list) else []
    usable = [key for key in found if key is not None]
    return KeySet(list(usable)) if usable else None


def read_signed(token: str, keys: KeySet) -> dict[str, Any]:
    """Return the claims of a token that the provider has signed, whatever they say. Raises KeyUnknown, Unbelieved."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA has a newer name, and means the same
            return jwt.decode(token, keys, registry=_SIGNATURES).claims
    except InvalidKeyIdError:
        raise KeyUnknown from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unbelieved(type(error).__name__) from None


def _parse_key(content: object) -> RSAKey | ECKey | OKPKey | None:
    """Read one key; None for one of another kind or use, a broken one, and an RSA key of less than 2048 bits."""
    try:
        given = cast("dict[str, Any]", content)
        if given.get("use", "sig") != "sig":
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)  # it warns of short keys
            return _KINDS[given["kty"]].import_key(given)
    except (JoseError, SecurityWarning, AttributeError, KeyError, TypeError, ValueError):
        return None
