"""Be one identity provider: where to send people, and who they turn out to be (PKCE, state and nonce throughout)."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx2
from msgspec import Struct

from shareable_backlog import logs
from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import claims, credentials, discovery, id_token
from shareable_backlog.oidc.credentials import Credentials
from shareable_backlog.oidc.id_token import Identity, UnknownKey
from shareable_backlog.oidc.transport import CredentialsRefused, fetch_json, fetch_userinfo

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

PROVES_FOR_S = 600
"""How old a sign-in at the provider may be where it is to ask again."""
_KEPT_S = 3600.0
_KEYS_AGAIN_S = 30.0  # so that tokens with invented keys can't make us ask without end
_SCOPES = ("openid", "email", "profile")

_LOG = logs.get_logger(__name__)
_NO_GROUPS = (
    "neither the ID token nor userinfo tells the person's groups, so nobody's role changes: set OIDC_GROUPS_CLAIM to"
    " the claim's name and OIDC_SCOPES to what the provider wants to be asked for, or have the provider add them"
)
# As Entra ID does beyond 200 of them.
_TOO_MANY_GROUPS = (
    "the person is in too many groups for the provider to tell, so nobody's role changes: have the provider tell only"
    " the groups that are assigned to this application"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """Who we are to the provider, and what we ask it for; without `scopes` for what it offers of the usual.

    With `trusts_emails` a mail address is verified unless the provider says anything else of it.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...] = ()
    email_claim: str = "email"
    groups_claim: str = "groups"
    wants_groups: bool = False
    trusts_emails: bool = False


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send a browser, and what to keep for its return: three secrets of 256 bits."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class _Known(Struct):
    """What the provider said about itself, and when (`monotonic()`)."""

    document: dict[str, Any]
    keys: "KeySet"
    at_s: float
    keys_at_s: float


class Provider:
    """Ask one provider; what it says about itself is kept for an hour."""

    def __init__(self, asking: httpx2.AsyncClient, client: OidcClient) -> None:
        self._http, self._client = asking, client
        self._known: _Known | None = None
        self._accepted: Credentials | None = None

    async def start_sign_in(self, *, again: bool = False) -> Authorization:
        """Begin a sign-in; `again` has the provider ask who it is, also those whom it knows (OpenID Core 3.1.2.1).

        Raises SignInFailed when the provider can't be reached.
        """
        known = await self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": " ".join(self._client.scopes or _choose_scopes(known.document)),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": str(PROVES_FOR_S)} if again else {}),
        }
        address: str = known.document["authorization_endpoint"]
        return Authorization(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", state, nonce, verifier)

    async def redeem_code(self, *, code: str, nonce: str, verifier: str, issuer: str | None) -> Identity:
        """Redeem a code and return whom the provider means.

        `issuer` is what came back beside the code (RFC 9207), None without. What the token doesn't tell is asked for
        at the provider's userinfo, which has to be about the same subject. Raises SignInFailed.
        """
        known = await self._discover()
        names_itself = known.document.get("authorization_response_iss_parameter_supported") is True
        if issuer != known.document["issuer"] and (issuer is not None or names_itself):
            raise SignInFailed("The answer came from a different identity provider than the one asked.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        answer = await self._fetch_tokens(known.document, form)
        said = {"issuer": known.document["issuer"], "client_id": self._client.client_id}
        token = partial(id_token.verify_token, str(answer.get("id_token", "")), nonce=nonce, **said)
        found = await self._verify(known, token)
        found = claims.choose_email(found, self._client.email_claim)
        found = await self._complete_claims(known, found, answer.get("access_token"))
        identity = id_token.build_identity(found, self._client.groups_claim, trusts_emails=self._client.trusts_emails)
        if self._client.wants_groups and identity.groups is None:
            _warn_of_missing_groups(found, self._client.groups_claim)
        return identity

    async def _fetch_tokens(self, document: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        """Redeem a code by the way that was taken last, or by each until one is."""
        listed = credentials.list_credentials(document, self._client.client_id, self._client.client_secret)
        tries = sorted(listed, key=lambda one: one != self._accepted)
        while True:
            one = tries.pop(0)
            try:
                answer = await fetch_json(
                    self._http, "token", document["token_endpoint"], form={**form, **one.form}, headers=one.headers
                )
            except CredentialsRefused:
                if not tries:
                    raise
            except SignInFailed:
                self._accepted = one  # the code may be used up by the tries before, but the secret was taken
                raise
            else:
                if len(tries) + 1 < len(listed):
                    _LOG.info("oidc_client_accepted", method=one.method)
                self._accepted = one
                return answer

    async def _verify(self, known: _Known, verify: "Callable[[KeySet], dict[str, Any]]") -> dict[str, Any]:
        """Return the claims of something signed, with the provider's new keys where it has some."""
        try:
            return verify(known.keys)
        except UnknownKey:
            if monotonic() - known.keys_at_s < _KEYS_AGAIN_S:
                raise
            known.keys = await discovery.fetch_keys(self._http, known.document["jwks_uri"])
            known.keys_at_s = monotonic()
            return verify(known.keys)

    async def _complete_claims(self, known: _Known, found: dict[str, Any], access_token: object) -> dict[str, Any]:
        """Add what userinfo says to a token's claims, if they leave something open and there is one to ask.

        Without an answer there is what the token says; without that too, no sign-in.
        """
        has_email = found.get("email") is not None
        has_groups = claims.read_groups(found, self._client.groups_claim) is not None
        is_complete = has_email and found.get("email_verified") is not None
        url = known.document.get("userinfo_endpoint")
        if (is_complete and (has_groups or not self._client.wants_groups)) or url is None:
            return found
        if not isinstance(access_token, str) or not access_token.isascii():
            return found
        try:
            more = claims.choose_email(await self._fetch_userinfo(known, url, access_token), self._client.email_claim)
        except SignInFailed:
            if has_email:
                return found
            raise
        if more.get("sub") == found["sub"]:
            return claims.merge_claims(found, more, self._client.groups_claim)
        refusal = id_token.describe_refusal("userinfo_of_another")
        if has_email and "sub" not in more:
            return found
        raise SignInFailed(refusal)

    async def _fetch_userinfo(self, known: _Known, url: str, access_token: str) -> dict[str, Any]:
        answer = await fetch_userinfo(self._http, url, access_token)
        if not isinstance(answer, str):
            return answer
        said = {"issuer": known.document["issuer"], "client_id": self._client.client_id}
        return await self._verify(known, partial(id_token.verify_userinfo, answer, **said))

    async def _discover(self) -> _Known:
        if self._known is None or monotonic() - self._known.at_s > _KEPT_S:
            document = await discovery.fetch_document(self._http, self._client.issuer)
            keys = await discovery.fetch_keys(self._http, document["jwks_uri"])
            self._known = _Known(document, keys, monotonic(), monotonic())
        return self._known


def _warn_of_missing_groups(found: dict[str, Any], claim: str) -> None:
    """Log that nothing is known of a person's groups, and what may mend it."""
    elsewhere = found.get("_claim_names")
    is_too_many = isinstance(elsewhere, dict) and claim in elsewhere
    _LOG.warning("oidc_groups_missing", claim=claim, note=_TOO_MANY_GROUPS if is_too_many else _NO_GROUPS)


def _choose_scopes(document: dict[str, Any]) -> tuple[str, ...]:
    """Ask for groups only where the provider knows that scope; others refuse what they don't know."""
    offered = document.get("scopes_supported")
    return (*_SCOPES, *(["groups"] if isinstance(offered, list) and "groups" in offered else []))
