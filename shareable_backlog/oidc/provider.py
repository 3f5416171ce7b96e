"""Be one identity provider: where to send people, and who they turn out to be (PKCE, state and nonce throughout)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx2
from joserfc.jwk import KeySet

from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import discovery, id_token
from shareable_backlog.oidc.id_token import Identity, UnknownKey
from shareable_backlog.oidc.transport import fetch_json

_KEPT_S = 3600.0
_KEYS_AGAIN_S = 30.0  # so that tokens with invented keys can't make us ask without end
_SCOPES = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True)
class OidcClient:
    """Who we are to the provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send a browser, and what to keep for its return: three secrets of 256 bits."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(slots=True)
class _Known:
    """What the provider said about itself, and when (`monotonic()`)."""

    document: dict[str, Any]
    keys: KeySet
    at_s: float
    keys_at_s: float


class Provider:
    """Ask one provider; what it says about itself is kept for an hour."""

    def __init__(self, asking: httpx2.AsyncClient, client: OidcClient) -> None:
        self._http, self._client = asking, client
        self._known: _Known | None = None

    async def start_sign_in(self) -> Authorization:
        """Begin a sign-in. Raises SignInFailed when the provider can't be reached."""
        known = await self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": _choose_scope(known.document),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address: str = known.document["authorization_endpoint"]
        return Authorization(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", state, nonce, verifier)

    async def redeem_code(self, *, code: str, nonce: str, verifier: str, issuer: str | None) -> Identity:
        """Redeem a code and return whom the provider means.

        `issuer` is what came back beside the code (RFC 9207), None without. A token without a mail address is
        completed from the provider's userinfo, which has to be about the same subject. Raises SignInFailed.
        """
        known = await self._discover()
        names_itself = known.document.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._client.issuer and (issuer is not None or names_itself):
            raise SignInFailed("The answer came from a different identity provider than the one asked.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        headers, more = self._build_credentials(known.document)
        answer = await fetch_json(
            self._http, "token", known.document["token_endpoint"], form=form | more, headers=headers
        )
        found = await self._verify_token(known, str(answer.get("id_token", "")), nonce)
        if found.get("email") is None:
            found = await self._complete_claims(known, found, answer.get("access_token"))
        return id_token.build_identity(found)

    def _build_credentials(self, document: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the headers and the fields by which the token endpoint knows us (RFC 6749, 2.3.1)."""
        methods = document.get("token_endpoint_auth_methods_supported")
        name, secret = self._client.client_id, self._client.client_secret
        if isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods:
            return {}, {"client_id": name, "client_secret": secret}
        pair = f"{quote_plus(name)}:{quote_plus(secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}

    async def _verify_token(self, known: _Known, token: str, nonce: str) -> dict[str, Any]:
        believed = {"issuer": self._client.issuer, "client_id": self._client.client_id, "nonce": nonce}
        try:
            return id_token.verify_token(token, known.keys, **believed)
        except UnknownKey:
            if monotonic() - known.keys_at_s < _KEYS_AGAIN_S:
                raise
            known.keys = await discovery.fetch_keys(self._http, known.document["jwks_uri"])
            known.keys_at_s = monotonic()
            return id_token.verify_token(token, known.keys, **believed)

    async def _complete_claims(self, known: _Known, found: dict[str, Any], access_token: object) -> dict[str, Any]:
        """Add what userinfo says to a token's claims, where there is one to ask."""
        address = known.document.get("userinfo_endpoint")
        if address is None or not isinstance(access_token, str) or not access_token.isascii():
            return found
        more = await fetch_json(self._http, "userinfo", address, headers={"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != found["sub"]:
            raise SignInFailed(id_token.describe_refusal("userinfo_of_another"))
        # Whether an address is verified says only who gave the address.
        return {**more, **found, **{name: more.get(name) for name in ("email", "email_verified")}}

    async def _discover(self) -> _Known:
        if self._known is None or monotonic() - self._known.at_s > _KEPT_S:
            document = await discovery.fetch_document(self._http, self._client.issuer)
            keys = await discovery.fetch_keys(self._http, document["jwks_uri"])
            self._known = _Known(document, keys, monotonic(), monotonic())
        return self._known


def _choose_scope(document: dict[str, Any]) -> str:
    """Ask for groups only where the provider knows that scope; others refuse what they don't know."""
    offered = document.get("scopes_supported")
    return " ".join((*_SCOPES, *(["groups"] if isinstance(offered, list) and "groups" in offered else [])))
