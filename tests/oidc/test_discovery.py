"""What the provider says about itself, and the faults it has: nothing strange is used, nobody waits for long."""

from typing import Any

import httpx2
import pytest
from joserfc.jwk import OctKey, RSAKey
from structlog.testing import capture_logs

from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import discovery
from tests.fakes.oidc import Provider as FakeProvider
from tests.fakes.oidc import rsa_key
from tests.oidc.conftest import Relying, build_relying

pytestmark = pytest.mark.anyio

DISCOVERY = "/.well-known/openid-configuration"
METADATA_SERVICE = "http://169.254.169.254/"


async def refusal(relying: Relying) -> str:
    with pytest.raises(SignInFailed) as caught:
        await relying.signed_in()
    assert "127.0.0.1" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example.com"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example.com/token"},
        {"token_endpoint": METADATA_SERVICE},
        {"token_endpoint": "https://[::1"},
        {"token_endpoint": "https://"},
        {"token_endpoint": "http://127.0.0.1:99999/token"},
        {"token_endpoint": ["https://id.example.com"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "//evil.example.com"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_says_strange_things_of_itself_is_not_used(
    relying: Relying, document: dict[str, Any]
) -> None:
    relying.fake.document = document
    assert "gave no useful answer" in await refusal(relying)
    assert relying.fake.asked == [DISCOVERY]


@pytest.mark.parametrize(("ours", "theirs"), [("", "/"), ("/", ""), ("/", "/"), ("/one", "/one/"), ("/one/", "/one")])
async def test_a_last_slash_makes_no_other_issuer_and_people_are_known_by_the_providers_own_name(
    http: httpx2.AsyncClient, fake: FakeProvider, ours: str, theirs: str
) -> None:
    fake.name = f"{fake.url}{theirs}"
    fake.answers[f"{ours.rstrip('/')}{DISCOVERY}"] = fake.answer(DISCOVERY, {}, {})
    relying = build_relying(http, fake, issuer=f"{fake.url}{ours}")
    assert (await relying.signed_in()).issuer == fake.name


async def test_the_token_and_the_answer_have_to_say_the_providers_own_name(relying: Relying) -> None:
    relying.fake.document = {"issuer": f"{relying.fake.url}/"}
    with pytest.raises(SignInFailed, match="a different identity provider"):
        await relying.signed_in()
    with pytest.raises(SignInFailed, match="couldn't be verified"):
        await relying.signed_in(issuer=f"{relying.fake.url}/")


@pytest.mark.parametrize(
    "name", ["https://evil.example.com", "http://id.example.com/", "https://id.example.com/{tenantid}/v2.0"]
)
async def test_the_log_says_what_the_provider_calls_itself(relying: Relying, name: str) -> None:
    relying.fake.document = {"issuer": name}
    with capture_logs() as logged:
        await refusal(relying)
    [event] = [event for event in logged if event["event"] == "oidc_other_issuer"]
    assert (event["calls_itself"], "OIDC_ISSUER" in event["note"]) == (name, True)


@pytest.mark.parametrize("name", [None, 7, "a" * 256, "https://id.example.com/\n2026 forged", ["a"]])
async def test_a_name_that_can_be_none_does_not_reach_the_log(relying: Relying, name: object) -> None:
    relying.fake.document = {"issuer": name}
    with capture_logs() as logged:
        await refusal(relying)
    assert [event["event"] for event in logged] == ["oidc_request_failed"]


async def test_the_issuers_own_slash_is_no_part_of_the_way_to_its_document(
    http: httpx2.AsyncClient, fake: FakeProvider
) -> None:
    fake.document = {"issuer": f"{fake.url}/"}
    relying = build_relying(http, fake, issuer=f"{fake.url}/")
    assert (await relying.provider.start_sign_in()).url.startswith(f"{fake.url}/authorize?")


@pytest.mark.parametrize("address", ["http://127.0.0.1/token", "http://localhost:8000/token"])
def test_a_provider_elsewhere_does_not_lead_to_this_machine(address: str) -> None:
    assert not discovery._is_safe(address, "https://id.example.com")  # pyright: ignore[reportPrivateUsage] (needs no TLS here)


@pytest.mark.parametrize("address", ["http://id.example.com/userinfo", METADATA_SERVICE, 7])
async def test_an_unsafe_userinfo_is_as_good_as_none(relying: Relying, address: object) -> None:
    relying.fake.document = {"userinfo_endpoint": address}
    relying.fake.claims["email"] = None
    assert (await relying.signed_in()).email is None


@pytest.mark.parametrize(
    "broken",
    [
        (500, {}, b""),
        (204, {}, b""),
        (404, {}, b'{"issuer": "https://id.example.com"}'),
        (302, {"Location": METADATA_SERVICE}, b""),
        (307, {"Location": "/elsewhere"}, b"{}"),
        (200, {}, b"<html>"),
        (200, {}, b"\xff\xfe"),
        (200, {}, b"[]"),
        (200, {}, b"[" * 200_000),
        (200, {}, b" " * (2**20 + 1)),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (200, {"Content-Length": "5"}, b"{}"),
    ],
)
@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token", "/userinfo"])
async def test_rubbish_is_an_outage(relying: Relying, path: str, broken: tuple[int, dict[str, str], bytes]) -> None:
    relying.fake.claims["email"] = None
    relying.fake.answers[path] = broken
    assert "gave no useful answer" in await refusal(relying)
    assert relying.fake.asked[-1] == path, "no redirect was followed"


async def test_a_token_endpoint_without_an_id_token_vouches_for_nobody(relying: Relying) -> None:
    relying.fake.answers["/token"] = (200, {}, b'{"access_token": "0access0"}')
    assert "couldn't be verified" in await refusal(relying)


async def test_after_an_outage_the_next_sign_in_works(relying: Relying) -> None:
    relying.fake.answers[DISCOVERY] = (503, {}, b"")
    await refusal(relying)
    relying.fake.answers.clear()
    assert (await relying.signed_in()).subject == "carol-1"


async def test_keys_that_are_of_no_use_harm_nobody(relying: Relying) -> None:
    with pytest.warns(UserWarning, match="2048"):
        short = RSAKey.generate_key(1024, {"kid": "short"})
    relying.fake.public = [
        "text",
        {"kty": ["RSA"]},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "RSA", "e": "AQAB"},
        short.as_dict(private=False),
        OctKey.generate_key(256, {"kid": "first"}).as_dict(private=True),
        rsa_key("another").as_dict(private=False) | {"use": "enc", "kid": "first"},
        rsa_key("first").as_dict(private=False),
    ]
    assert (await relying.signed_in()).subject == "carol-1"
    relying.fake.header = {"kid": None}
    assert (await relying.signed_in()).subject == "carol-1"


@pytest.mark.parametrize("keys", [[], [7], [{"kty": "oct", "k": "AAAA", "kid": "first"}]])
async def test_without_a_usable_key_nobody_is_believed(relying: Relying, keys: list[Any]) -> None:
    relying.fake.public = keys
    assert "gave no useful answer" in await refusal(relying)
