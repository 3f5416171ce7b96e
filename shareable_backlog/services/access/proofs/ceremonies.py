"""Verify what browsers answer for passkeys, by the rules of WebAuthn (sections 7.1 and 7.2); stores nothing.

The library looks at type, origin, challenge, relying party, presence, verification and signature. That the origin is
ours is decided here: the library would take its subdomains too. It is imported late, as few servers need its 11 MB.
"""

import ipaddress
import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from fido2.webauthn import AuthenticationResponse, AuthenticatorData

_NAME = "Backlog"
_LONGEST_ANSWER = 20_000
_LONGEST_ID = 1023  # as the specification says
_FAULTS = frozenset(
    {
        "Incorrect type in CollectedClientData.",
        "Invalid origin in CollectedClientData.",
        "Wrong challenge in response.",
        "Wrong RP ID hash in response.",
        "User Present flag not set.",
        "User verification required, but User Verified flag not set.",
        "User verification required, but user verified flag not set.",
        "Invalid signature.",
        "Unknown credential ID.",
    }
)
"""What the library says that it has looked at."""


class RelyingParty(Struct, frozen=True):
    """Who we are to passkeys: a host's name, and the one origin whose pages may ask."""

    id: str
    origin: str


class NewPasskey(Struct, frozen=True):
    """What an authenticator made: its id, that with its public key, and how often it was used."""

    credential_id: bytes
    credential: bytes
    sign_count: int


class Assertion(Struct, frozen=True):
    """What a passkey answered: which one, for whom (None where it doesn't say), all of it, and its count of uses."""

    credential_id: bytes
    user_handle: bytes | None
    response: "AuthenticationResponse"
    sign_count: int


class AnswerRefused(Exception):
    """Why an answer was not believed, in few words for the record."""


def find_relying_party(base_url: str) -> RelyingParty | None:
    """Return who we are at this address; None where browsers have no passkeys.

    They want TLS, but of this machine itself, and a name instead of a bare IP address.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if parts.scheme != "https" and not is_local:
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}".lower())
    return None


def build_creation_options(
    party: RelyingParty, challenge: bytes, *, user_handle: bytes, email: str, known_ids: Collection[bytes]
) -> Mapping[str, Any]:
    """Return what a browser's `navigator.credentials.create` is to be asked, for JSON."""
    from fido2.webauthn import (
        PublicKeyCredentialDescriptor,
        PublicKeyCredentialType,
        PublicKeyCredentialUserEntity,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    user = PublicKeyCredentialUserEntity(id=user_handle, name=email, display_name=email)
    known = [PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=id_) for id_ in known_ids]
    options, _ = _build_server(party).register_begin(
        user,
        known,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return cast("Mapping[str, Any]", json.loads(json.dumps(dict(options.public_key))))


def build_request_options(party: RelyingParty, challenge: bytes) -> Mapping[str, Any]:
    """Return what a browser's `navigator.credentials.get` is to be asked, whoever signs in."""
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(challenge), "rpId": party.id, "userVerification": "required"}


def verify_registration(party: RelyingParty, challenge: bytes, answer: str) -> NewPasskey:
    """Return the passkey that was made for this challenge. Raises AnswerRefused."""
    from fido2.webauthn import RegistrationResponse

    try:
        response = RegistrationResponse.from_dict(_read_answer(answer))
        data: AuthenticatorData = _build_server(party).register_complete(_build_state(challenge), response)
        credential = data.credential_data
        assert credential is not None  # noqa: S101 (the library has looked)
    except Exception as error:  # noqa: BLE001 (hostile bytes make the library raise nearly anything)
        raise AnswerRefused(_describe_fault(error)) from None
    if credential.credential_id != response.raw_id or len(credential.credential_id) > _LONGEST_ID:
        raise AnswerRefused("Wrong credential ID.")
    return NewPasskey(credential.credential_id, bytes(credential), data.counter)


def parse_assertion(answer: str) -> Assertion:
    """Return what a passkey answered, which is still to be verified. Raises AnswerRefused."""
    from fido2.webauthn import AuthenticationResponse

    try:
        response = AuthenticationResponse.from_dict(_read_answer(answer))
        counter = response.response.authenticator_data.counter
        return Assertion(response.raw_id, response.response.user_handle, response, counter)
    except Exception as error:  # noqa: BLE001 (as above)
        raise AnswerRefused(_describe_fault(error)) from None


def verify_assertion(party: RelyingParty, challenge: bytes, assertion: Assertion, credential: bytes) -> None:
    """Raise AnswerRefused unless the passkey that has this id and key answered this challenge, on a page of ours."""
    from fido2.webauthn import AttestedCredentialData

    try:
        known = [AttestedCredentialData(credential)]
        _build_server(party).authenticate_complete(_build_state(challenge), known, assertion.response)
    except Exception as error:  # noqa: BLE001 (as above)
        raise AnswerRefused(_describe_fault(error)) from None


def _build_server(party: RelyingParty) -> Any:  # noqa: ANN401 (the library leaves some of its types open)
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    entity = PublicKeyCredentialRpEntity(id=party.id, name=_NAME)
    return Fido2Server(entity, verify_origin=lambda origin: origin == party.origin)


def _build_state(challenge: bytes) -> Mapping[str, object]:
    from fido2.utils import websafe_encode
    from fido2.webauthn import UserVerificationRequirement

    return {
        "challenge": websafe_encode(challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }


def _read_answer(answer: str) -> Mapping[str, Any]:
    if len(answer) > _LONGEST_ANSWER:
        raise ValueError("Too long.")
    return cast("Mapping[str, Any]", json.loads(answer))


def _describe_fault(error: Exception) -> str:
    """Return the library's own words where it refused an answer, and few for what it could not read."""
    return str(error) if type(error) is ValueError and str(error) in _FAULTS else "unreadable"
