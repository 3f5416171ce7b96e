"""What only userinfo tells: asked for when it is wanted, believed of the same subject alone, missed without harm."""

from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

from shareable_backlog.errors import SignInFailed
from tests.fakes.oidc import Provider as FakeProvider
from tests.oidc.conftest import Relying, build_relying

pytestmark = pytest.mark.anyio


@pytest.fixture
def relying(http: httpx2.AsyncClient, fake: FakeProvider) -> Relying:
    """Return the product's side where groups matter, at a provider that tells them at userinfo."""
    fake.userinfo = {"sub": "carol-1", "groups": ["staff", "admins"]}
    return build_relying(http, fake, wants_groups=True)


async def test_groups_that_the_token_lacks_are_asked_for(relying: Relying) -> None:
    found = await relying.signed_in()
    assert (found.email, found.groups) == ("carol@example.com", ("staff", "admins"))


async def test_groups_of_the_token_are_not_asked_for_again(relying: Relying) -> None:
    relying.fake.claims["groups"] = []
    assert (await relying.signed_in()).groups == ()
    assert "/userinfo" not in relying.fake.asked


async def test_groups_that_nobody_wants_are_not_asked_for(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    await build_relying(http, fake).signed_in()
    assert "/userinfo" not in fake.asked


async def test_groups_may_have_another_name(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    fake.userinfo = {"sub": "carol-1", "groups": ["staff"], "realm_access": {"roles": ["admins"]}}
    relying = build_relying(http, fake, wants_groups=True, groups_claim="realm_access.roles")
    assert (await relying.signed_in()).groups == ("admins",)


SILENT: list[dict[str, Any]] = [
    {"userinfo": {"sub": "carol-1"}},
    {"userinfo": {"sub": "carol-1", "groups": 7}},
    {"userinfo": {"groups": ["admins"]}},
    {"document": {"userinfo_endpoint": None}},
    {"answers": {"/userinfo": (503, {}, b"")}},
    {"answers": {"/userinfo": (401, {}, b'{"error": "invalid_token"}')}},
    {"answers": {"/userinfo": (200, {}, b"<html>")}},
    {"access_token": None},
]


@pytest.mark.parametrize("missing", SILENT)
async def test_without_an_answer_about_groups_there_are_none_known_and_a_warning_says_so(
    relying: Relying, missing: dict[str, Any]
) -> None:
    for name, value in missing.items():
        setattr(relying.fake, name, value)
    with capture_logs() as logged:
        found = await relying.signed_in()
    assert (found.email, found.groups) == ("carol@example.com", None)
    [warning] = [event for event in logged if event["event"] == "oidc_groups_missing"]
    assert "OIDC_GROUPS_CLAIM" in warning["note"]


async def test_too_many_groups_for_a_token_are_told_apart_in_the_log(relying: Relying) -> None:
    relying.fake.claims |= {"_claim_names": {"groups": "src1"}}
    relying.fake.userinfo = {"sub": "carol-1"}
    with capture_logs() as logged:
        assert (await relying.signed_in()).groups is None
    assert "too many groups" in logged[-1]["note"]


async def test_userinfo_of_somebody_else_ends_the_sign_in(relying: Relying) -> None:
    relying.fake.userinfo = {"sub": "mallory-2", "groups": ["admins"]}
    with pytest.raises(SignInFailed, match="couldn't be verified"):
        await relying.signed_in()


async def test_userinfo_may_be_signed(relying: Relying) -> None:
    relying.fake.is_userinfo_signed = True
    assert (await relying.signed_in()).groups == ("staff", "admins")


@pytest.mark.parametrize(
    "wrong", [{"iss": "https://evil.example.com"}, {"iss": None}, {"aud": "another"}, {"aud": None}, {"exp": 1}]
)
async def test_signed_userinfo_of_others_or_for_others_is_no_answer(relying: Relying, wrong: dict[str, Any]) -> None:
    relying.fake.is_userinfo_signed = True
    relying.fake.userinfo = {"sub": "carol-1", "groups": ["admins"]} | wrong
    assert (await relying.signed_in()).groups is None


@pytest.mark.parametrize("text", [b"", b"e30.e30.", b"\xff", b"{}"])
async def test_what_only_calls_itself_signed_is_no_answer(relying: Relying, text: bytes) -> None:
    relying.fake.answers["/userinfo"] = (200, {"Content-Type": "application/jwt"}, text)
    assert (await relying.signed_in()).groups is None


async def test_userinfo_signed_by_another_key_is_no_answer(relying: Relying) -> None:
    await relying.signed_in()
    relying.fake.is_userinfo_signed = True
    relying.fake.claims["groups"] = None
    token_key = relying.fake.key
    relying.fake.key = RSAKey.generate_key(2048, {"kid": "first"})
    signed = relying.fake.answer("/userinfo", {}, {})
    relying.fake.key, relying.fake.answers["/userinfo"] = token_key, signed
    assert (await relying.signed_in()).groups is None
