"""The provider's keys and signatures, and when what reads them is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from shareable_backlog.oidc import signatures

ROOT = Path(__file__).parents[2]
KEY = ECKey.generate_key("P-256", {"kid": "elliptic"})


def test_a_token_is_read_with_the_key_that_it_names() -> None:
    keys = signatures.parse_keys([KEY.as_dict(private=False), {"kty": "other"}])
    assert keys
    token = jwt.encode({"alg": "ES256", "kid": "elliptic"}, {"sub": "bob"}, KEY)
    assert signatures.read_signed(token, keys) == {"sub": "bob"}


def test_a_token_of_another_key_is_told_from_one_that_is_broken() -> None:
    keys = signatures.parse_keys([KEY.as_dict(private=False)])
    assert keys
    other = jwt.encode({"alg": "ES256", "kid": "new"}, {"sub": "bob"}, KEY)
    with pytest.raises(signatures.KeyUnknown):
        signatures.read_signed(other, keys)
    with pytest.raises(signatures.Unbelieved):
        signatures.read_signed("rubbish", keys)


@pytest.mark.parametrize(
    "listed", [None, "keys", [], [1, {"kty": "oct", "k": "AAAA"}], [{"use": "enc", "kty": "EC"}]]
)
def test_without_a_key_that_signs_there_are_none(listed: object) -> None:
    assert signatures.parse_keys(listed) is None


def test_a_program_that_nobody_signs_in_to_has_not_loaded_what_reads_signatures_and_passkeys() -> None:
    code = "import sys, shareable_backlog.app; print({'joserfc', 'fido2', 'cryptography'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
