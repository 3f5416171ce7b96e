"""ID tokens: only those of this issuer, for this client and this very sign-in, are believed."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import id_token
from tests.fakes.oidc import rsa_key
from tests.oidc.conftest import Relying

anyio = pytest.mark.anyio


@anyio
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key("first"), "RS256"),
        (rsa_key("first"), "PS256"),
        (ECKey.generate_key("P-256", {"kid": "elliptic"}), "ES256"),
        (OKPKey.generate_key("Ed25519", {"kid": "edwards"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "edwards"}), "Ed25519"),
    ],
)
async def test_every_good_signature_is_known(relying: Relying, key: RSAKey | ECKey | OKPKey, algorithm: str) -> None:
    relying.fake.key, relying.fake.algorithm = key, algorithm
    assert (await relying.signed_in()).subject == "carol-1"


@anyio
@pytest.mark.parametrize("header", [{"x5t": "c2hvcnQ", "acme": {"a": 1}}, {"x5c": ["A" * 4000]}, {"kid": None}])
async def test_what_else_a_header_says_does_not_matter(relying: Relying, header: dict[str, Any]) -> None:
    relying.fake.header = header
    assert (await relying.signed_in()).subject == "carol-1"


@anyio
async def test_a_person_in_hundreds_of_groups_can_come_in(relying: Relying) -> None:
    relying.fake.claims["groups"] = [f"team-{number:04}-of-the-house" for number in range(1000)]
    assert len((await relying.signed_in()).groups or ()) == 1000


async def refusal(relying: Relying) -> None:
    with pytest.raises(SignInFailed, match="couldn't be verified"):
        await relying.signed_in()


@anyio
@pytest.mark.parametrize("algorithm", ["none", "RS384", "RS512", "ES512"])
async def test_other_signatures_are_not_believed(relying: Relying, algorithm: str) -> None:
    if algorithm == "ES512":
        relying.fake.key = ECKey.generate_key("P-521", {"kid": "first"})
    relying.fake.algorithm = algorithm
    await refusal(relying)


@anyio
async def test_the_public_key_is_no_shared_secret(relying: Relying) -> None:
    relying.fake.algorithm = "HS256"
    for shared in (rsa_key("first").as_pem(private=False), rsa_key("first").as_der(private=False)):
        relying.fake.shared = shared
        await refusal(relying)


@anyio
async def test_a_key_of_the_same_name_is_not_the_same_key(relying: Relying) -> None:
    relying.fake.public = [RSAKey.generate_key(2048, {"kid": "first"}).as_dict(private=False)]
    await refusal(relying)


@anyio
async def test_a_token_brings_no_key_of_its_own(relying: Relying) -> None:
    relying.fake.header = {"jwk": rsa_key("first").as_dict(private=False), "jku": f"{relying.fake.url}/keys"}
    relying.fake.public = [RSAKey.generate_key(2048, {"kid": "first"}).as_dict(private=False)]
    await refusal(relying)


@pytest.mark.parametrize(("critical", "is_believed"), [({}, True), ({"crit": ["acme"]}, False)])
def test_what_has_to_be_understood_is_understood_or_refused(critical: dict[str, Any], *, is_believed: bool) -> None:
    now = int(time.time())
    payload = json.dumps({"iss": "i", "sub": "s", "aud": "c", "nonce": "n", "exp": now + 60, "iat": now})
    theirs = JWSRegistry({"acme": HeaderParameter("Acme", "int")}, algorithms=["RS256"])
    header = {"alg": "RS256", "kid": "first", "acme": 1} | critical
    token = jws.serialize_compact(header, payload, rsa_key("first"), registry=theirs)
    if is_believed:
        assert claims(token)["sub"] == "s"
    else:
        with pytest.raises(SignInFailed):
            claims(token)


@anyio
@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": [["backlog"]]},
        {"aud": ["backlog", "another"]},
        {"aud": ["backlog", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["a"]},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": math.nan},
        {"iat": 99_999_999_999},
        {"iat": None},
        {"nbf": 99_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"sub": "carol\x00"},
    ],
)
async def test_a_token_that_is_not_for_this_very_sign_in_is_refused(relying: Relying, wrong: dict[str, Any]) -> None:
    relying.fake.claims |= wrong
    await refusal(relying)


@anyio
@pytest.mark.parametrize(("offset_s", "is_believed"), [(-55, True), (-65, False)])
async def test_a_clock_may_be_a_minute_wrong(relying: Relying, offset_s: int, *, is_believed: bool) -> None:
    relying.fake.claims |= {"exp": int(time.time()) + offset_s, "iat": int(time.time()) - offset_s}
    if is_believed:
        await relying.signed_in()
    else:
        await refusal(relying)


@anyio
@pytest.mark.parametrize("audience", [["backlog"], ["another", "backlog"]])
async def test_a_token_may_be_for_several_if_it_was_made_for_us(relying: Relying, audience: list[str]) -> None:
    relying.fake.claims |= {"aud": audience, "azp": "backlog"}
    assert (await relying.signed_in()).subject == "carol-1"


@pytest.mark.parametrize("verified", [False, "false", "True", "yes", 0, 1, "1", None, [True]])
def test_only_the_word_true_makes_a_mail_address_a_verified_one(verified: object) -> None:
    found = {"iss": "i", "sub": "s", "email": "carol@example.com"}
    assert id_token.build_identity(found | {"email_verified": True}).is_email_verified
    assert not id_token.build_identity(found | {"email_verified": verified}).is_email_verified
    assert not id_token.build_identity(found).is_email_verified


def test_the_word_true_may_be_a_text() -> None:
    found = {"iss": "i", "sub": "s", "email": "carol@example.com", "email_verified": "true"}
    assert id_token.build_identity(found).is_email_verified


@pytest.mark.parametrize(
    ("told", "is_verified"),
    [
        ("nothing", True),
        (None, True),
        (True, True),
        (False, False),
        ("false", False),
        (0, False),
        (1, False),
        ("", False),
    ],
)
def test_a_trusted_provider_is_believed_when_it_is_silent_and_not_when_it_says_no(
    told: object, *, is_verified: bool
) -> None:
    found: dict[str, Any] = {"iss": "i", "sub": "s", "email": "carol@example.com"}
    found |= {} if told == "nothing" else {"email_verified": told}
    assert id_token.build_identity(found, trusts_emails=True).is_email_verified is is_verified


@pytest.mark.parametrize(
    "email", [7, "", "a\x00@example.com", "\ud800@example.com", "a" * 256, ["carol@example.com"]]
)
def test_a_mail_address_that_can_be_none_is_none(email: object) -> None:
    assert id_token.build_identity({"iss": "i", "sub": "s", "email": email, "email_verified": True}).email is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [(" Carol\x00\ud800\u202e ", "Carol"), ("\x00", None), ("", None), (7, None), ("é" * 300, "é" * 255)],
)
def test_of_a_name_what_can_be_shown_is_kept(name: object, kept: str | None) -> None:
    assert id_token.build_identity({"iss": "i", "sub": "s", "name": name}).name == kept


def claims(token: str) -> dict[str, Any]:
    return id_token.verify_token(token, KeySet([rsa_key("first")]), issuer="i", client_id="c", nonce="n")


@settings(max_examples=150, deadline=None)
@given(st.text() | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*") | st.builds("e30.e30.{}".format, st.text()))
def test_whatever_stands_in_place_of_a_token_is_refused(token: str) -> None:
    with pytest.raises(SignInFailed):
        claims(token)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_a_signed_token_of_any_content_is_refused_in_words(content: object) -> None:
    for payload in (content, dict.fromkeys(("iss", "sub", "aud", "azp", "nonce", "exp", "iat", "nbf"), content)):
        token = jws.serialize_compact(
            {"alg": "RS256", "kid": "first"}, json.dumps(payload).encode(), rsa_key("first")
        )
        with pytest.raises(SignInFailed):
            claims(token)
