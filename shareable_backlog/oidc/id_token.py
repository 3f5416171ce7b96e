"""Believe an ID token or signed userinfo, or refuse it (OpenID Connect Core 1.0, 3.1.3.7 and 5.3.2)."""

import math
from time import time
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from shareable_backlog import logs
from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import claims

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_LOG = logs.get_logger(__name__)

_LEEWAY_S = 60
_LONGEST = 255


class Identity(Struct, frozen=True):
    """Whom the provider vouches for: by `issuer` and `subject` for good, by `email` only if that is verified.

    `groups` is None when the provider says nothing of them, which is not the same as none. `proved_at` is when it
    last asked them who they are, in seconds since 1970, None unless it says so.
    """

    issuer: str
    subject: str
    email: str | None
    is_email_verified: bool
    name: str | None
    groups: tuple[str, ...] | None
    proved_at: float | None = None


class UnknownKey(SignInFailed):
    """The token was signed with a key that is not known (yet)."""


def verify_token(token: str, keys: "KeySet", *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of a token that is signed by the issuer, for this client and this very sign-in.

    Raises UnknownKey when the provider may have got a new key since, and SignInFailed.
    """
    found = _read_signed(token, keys)
    reason = _find_fault(found, issuer, client_id, nonce)
    if reason:
        raise SignInFailed(describe_refusal(reason))
    return found


def verify_userinfo(token: str, keys: "KeySet", *, issuer: str, client_id: str) -> dict[str, Any]:
    """Return the claims of userinfo that is signed by the issuer, for this client.

    Raises UnknownKey when the provider may have got a new key since, and SignInFailed.
    """
    found = _read_signed(token, keys)
    expires_at = found.get("exp", math.inf)
    checks = {
        "userinfo_issuer": found.get("iss") == issuer,
        "userinfo_audience": client_id in _list_audiences(found),
        "userinfo_expired": isinstance(expires_at, int | float) and expires_at > time() - _LEEWAY_S,
    }
    reason = next((name for name, is_right in checks.items() if not is_right), None)
    if reason:
        raise SignInFailed(describe_refusal(reason))
    return found


def build_identity(found: dict[str, Any], groups_claim: str = "groups", *, trusts_emails: bool = False) -> Identity:
    """Return the person of a token's claims.

    Only the word true makes a mail address a verified one, in JSON or as a text, which Apple and Cognito give; where
    `trusts_emails`, silence does too.
    """
    email, name, verified = found.get("email"), found.get("name"), found.get("email_verified")
    proved_at = found.get("auth_time")
    return Identity(
        found["iss"],
        found["sub"],
        email if _is_short_text(email) else None,
        verified is True or verified == "true" or (verified is None and trusts_emails),
        (_remove_unprintable(name)[:_LONGEST].strip() or None) if isinstance(name, str) else None,
        claims.read_groups(found, groups_claim),
        proved_at if isinstance(proved_at, int | float) else None,
    )


def describe_refusal(reason: str) -> str:
    """Log why a provider's word was not believed, and return the words that say so."""
    _LOG.warning("oidc_token_refused", reason=reason)
    return "The identity provider's answer couldn't be verified. Try again; if it keeps happening, tell an admin."


def _read_signed(token: str, keys: "KeySet") -> dict[str, Any]:
    """Return the claims of a token that the provider has signed, whatever they say."""
    from shareable_backlog.oidc import signatures

    try:
        return signatures.read_signed(token, keys)
    except signatures.KeyUnknown:
        raise UnknownKey(describe_refusal("unknown_key")) from None
    except signatures.Unbelieved as error:
        raise SignInFailed(describe_refusal(str(error))) from None


def _list_audiences(found: dict[str, Any]) -> list[object]:
    audience = found.get("aud")
    return cast("list[object]", audience) if isinstance(audience, list) else [audience]


def _find_fault(found: dict[str, Any], issuer: str, client_id: str, nonce: str) -> str | None:
    """Name the first thing that is wrong with the claims; None when they can be believed."""
    audiences = _list_audiences(found)
    expires_at, issued_at, valid_from = found.get("exp"), found.get("iat"), found.get("nbf", 0)
    now = time()
    checks = {
        "issuer": found.get("iss") == issuer,
        "audience": client_id in audiences and found.get("azp", client_id) == client_id,
        "many_audiences": len(audiences) == 1 or found.get("azp") == client_id,
        "nonce": found.get("nonce") == nonce,
        "expired": isinstance(expires_at, int | float) and expires_at > now - _LEEWAY_S,
        "issued_later": isinstance(issued_at, int | float) and issued_at < now + _LEEWAY_S,
        "valid_later": isinstance(valid_from, int | float) and valid_from < now + _LEEWAY_S,
        "subject": _is_short_text(found.get("sub")),
    }
    return next((name for name, is_right in checks.items() if not is_right), None)


def _is_short_text(value: object) -> bool:
    """Return whether a value is text that can be stored: JSON may hold zero bytes and halves of characters."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _remove_unprintable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
