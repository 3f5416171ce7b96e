"""Be an authenticator in software: it makes a passkey and signs with it, rightly or as it is told."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG
PRESENT, VERIFIED = FLAG.UP, FLAG.UP | FLAG.UV
# The library leaves some of their types open.
_DATA: Any = AuthenticatorData
_CLIENT: Any = CollectedClientData


@dataclass
class Authenticator:
    """One passkey; what it says of itself and of the page can be changed at any time."""

    origin: str
    rp_id: str
    flags: FLAG = VERIFIED
    count: int = 0
    user_handle: bytes | None = None
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: Mapping[str, Any]) -> str:
        """Make the passkey and return what a browser would answer."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public_key = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid(bytes(16)), self.credential_id, public_key)
        data = _DATA.create(sha256(self.rp_id.encode()), self.flags | FLAG.AT, self.count, credential)
        return self._answer(
            clientDataJSON=self._describe_client("webauthn.create", options["challenge"]),
            attestationObject=AttestationObject.create("none", data, {}),
        )

    def get(self, options: Mapping[str, Any], **changed: bytes) -> str:
        """Sign a challenge and return what a browser would answer, with parts `changed`."""
        client = self._describe_client("webauthn.get", options["challenge"])
        data = _DATA.create(sha256(self.rp_id.encode()), self.flags, self.count)
        signature = self.key.sign(data + sha256(client), ec.ECDSA(SHA256()))
        handle = {} if self.user_handle is None else {"userHandle": self.user_handle}
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, **handle}
        return self._answer(**{**parts, **changed})

    def _describe_client(self, kind: str, challenge: str) -> bytes:
        return _CLIENT.create(kind, challenge, self.origin)

    def _answer(self, **parts: bytes) -> str:
        id_ = websafe_encode(self.credential_id)
        response = {name: websafe_encode(part) for name, part in parts.items()}
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": response})
