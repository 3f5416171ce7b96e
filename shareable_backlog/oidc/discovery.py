"""Learn from the provider where to ask it what, and by which keys to believe it (OpenID Connect Discovery 1.0)."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from shareable_backlog import logs
from shareable_backlog.config.values import is_loopback, is_same_issuer
from shareable_backlog.oidc.transport import build_failure, fetch_json

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LONGEST_NAME = 255
_LOG = logs.get_logger(__name__)
_REMEDY = "the provider at OIDC_ISSUER calls itself by another name: if it's the right one, set OIDC_ISSUER to that"


async def fetch_document(http: httpx2.AsyncClient, issuer: str) -> dict[str, Any]:
    """Return what the provider says about itself: of this very issuer, with every endpoint that a sign-in needs.

    The issuer's last slash may be another one: from here on the provider's own `issuer` counts, to the letter. The
    userinfo endpoint may be missing. Raises SignInFailed.
    """
    found = await fetch_json(http, "discovery", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    name = found.get("issuer")
    if not isinstance(name, str) or not is_same_issuer(name, issuer):
        if isinstance(name, str) and len(name) <= _LONGEST_NAME and name.isprintable():
            _LOG.warning("oidc_other_issuer", calls_itself=name, note=_REMEDY)
        raise build_failure("discovery", "other_issuer")
    for name in _ENDPOINTS:
        if not _is_safe(found.get(name), issuer):
            raise build_failure("discovery", f"unsafe_{name}")
    if not _is_safe(found.get("userinfo_endpoint"), issuer):
        found.pop("userinfo_endpoint", None)
    return found


async def fetch_keys(http: httpx2.AsyncClient, url: str) -> "KeySet":
    """Return the keys that sign tokens; others that a provider may have too are left out. Raises SignInFailed."""
    from shareable_backlog.oidc import signatures

    keys = signatures.parse_keys((await fetch_json(http, "keys", url)).get("keys"))
    if keys is None:
        raise build_failure("keys", "no_usable_key")
    return keys


async def check_provider(http: httpx2.AsyncClient, issuer: str) -> None:
    """Ask the provider all that a sign-in needs to know of it. Raises SignInFailed."""
    document = await fetch_document(http, issuer)
    await fetch_keys(http, document["jwks_uri"])


def _is_safe(url: object, issuer: str) -> bool:
    """Return whether an address speaks TLS, or is this machine's as the issuer's own is."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # for a port too, that is none
        return False
    is_here = parts.scheme == "http" and issuer.startswith("http:") and is_loopback(host)
    return bool(host) and (parts.scheme == "https" or is_here)
