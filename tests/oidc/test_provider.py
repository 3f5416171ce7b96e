"""The way to the provider and back: what it is asked, who comes of it, and what is kept."""

import secrets
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc import Identity
from shareable_backlog.oidc import provider as module
from tests.fakes.oidc import Provider as FakeProvider
from tests.fakes.oidc import rsa_key
from tests.oidc.conftest import REDIRECT_URI, Relying, build_relying

pytestmark = pytest.mark.anyio

CAROL = ("carol-1", "carol@example.com", True, "Carol", None)


def said(found: Identity) -> tuple[object, ...]:
    return found.subject, found.email, found.is_email_verified, found.name, found.groups


async def test_a_person_comes_back_as_whom_the_provider_says(relying: Relying) -> None:
    relying.fake.claims["groups"] = ["staff", 7, "admins"]
    found = await relying.signed_in()
    assert found.issuer == relying.fake.url
    assert said(found) == (*CAROL[:4], ("staff", "admins"))


async def test_each_sign_in_has_secrets_of_its_own_of_256_bits(relying: Relying) -> None:
    begun = [await relying.provider.start_sign_in() for _ in range(2)]
    texts = [text for one in begun for text in (one.state, one.nonce, one.verifier)]
    assert len(set(texts)) == 6
    assert {len(text) for text in texts} == {len(secrets.token_urlsafe(32))}
    query = parse_qs(urlsplit(begun[0].url).query)
    assert (query["redirect_uri"], query["scope"]) == ([REDIRECT_URI], ["openid email profile groups"])
    assert begun[0].verifier not in begun[0].url
    assert not [text for text in texts if text in repr(begun)]


async def test_groups_are_asked_for_only_where_that_is_known(relying: Relying) -> None:
    relying.fake.document = {"scopes_supported": ["openid"]}
    assert "scope=openid+email+profile&" in (await relying.provider.start_sign_in()).url


async def test_scopes_can_be_set_and_are_asked_for_as_they_are(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    relying = build_relying(http, fake, scopes=("openid", "email", "roles"))
    assert "scope=openid+email+roles&" in (await relying.provider.start_sign_in()).url


async def test_an_address_with_a_query_keeps_it(relying: Relying) -> None:
    relying.fake.document = {"authorization_endpoint": f"{relying.fake.url}/authorize?tenant=1"}
    query = parse_qs(urlsplit((await relying.provider.start_sign_in()).url).query)
    assert (query["tenant"], query["response_type"]) == (["1"], ["code"])


async def test_the_provider_is_asked_about_itself_once_an_hour(
    relying: Relying, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await relying.signed_in()
    assert relying.fake.asked == ["/.well-known/openid-configuration", "/keys", "/token", "/token"]
    monkeypatch.setattr(module, "_KEPT_S", 0)
    await relying.provider.start_sign_in()
    assert relying.fake.asked[4:] == ["/.well-known/openid-configuration", "/keys"]


async def test_a_code_works_once(relying: Relying) -> None:
    begun = await relying.provider.start_sign_in()
    code = parse_qs(urlsplit(relying.fake.consent(begun.url)).query)["code"][0]
    given = {"code": code, "nonce": begun.nonce, "verifier": begun.verifier}
    await relying.provider.redeem_code(**given, issuer=None)
    with pytest.raises(SignInFailed, match="didn't accept this sign-in"):
        await relying.provider.redeem_code(**given, issuer=None)


async def test_a_code_that_another_browser_began_is_worth_nothing(relying: Relying) -> None:
    with pytest.raises(SignInFailed, match="didn't accept"):
        await relying.signed_in(verifier=secrets.token_urlsafe(32))


async def test_an_answer_that_names_another_issuer_is_not_redeemed(relying: Relying) -> None:
    with pytest.raises(SignInFailed, match="a different identity provider"):
        await relying.signed_in(issuer="https://evil.example.com")
    assert "/token" not in relying.fake.asked


async def test_an_answer_need_not_name_its_issuer(relying: Relying) -> None:
    assert said(await relying.signed_in(issuer=None)) == CAROL


async def test_an_answer_names_its_issuer_if_the_provider_always_does(relying: Relying) -> None:
    relying.fake.document = {"authorization_response_iss_parameter_supported": True}
    assert said(await relying.signed_in()) == CAROL
    with pytest.raises(SignInFailed, match="a different identity provider"):
        await relying.signed_in(issuer=None)


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"]])
async def test_the_client_shows_its_secret_in_the_way_that_is_asked_for(
    http: httpx2.AsyncClient, fake: FakeProvider, methods: list[str] | None
) -> None:
    fake.client_id, fake.client_secret = "the backlog", "a+b%20c:d/é"
    fake.document = {} if methods is None else {"token_endpoint_auth_methods_supported": methods}
    relying = build_relying(http, fake)
    assert fake.client_secret not in repr(relying.provider._client)  # pyright: ignore[reportPrivateUsage]
    assert said(await relying.signed_in()) == CAROL


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        (None, "client_secret_post"),
        (None, "undecoded_basic"),
        (["client_secret_basic", "client_secret_post"], "client_secret_post"),
        (["client_secret_basic", "client_secret_post"], "undecoded_basic"),
        (["client_secret_basic"], "undecoded_basic"),
    ],
)
async def test_a_secret_that_is_not_taken_one_way_is_shown_another_way_and_the_way_is_kept(
    http: httpx2.AsyncClient, fake: FakeProvider, listed: list[str] | None, taken: str
) -> None:
    fake.client_secret, fake.client_methods = "a+b/c=", (taken,)
    fake.document = {} if listed is None else {"token_endpoint_auth_methods_supported": listed}
    relying = build_relying(http, fake)
    assert said(await relying.signed_in()) == CAROL
    tries = fake.asked.count("/token")
    assert said(await relying.signed_in()) == CAROL
    assert fake.asked.count("/token") == tries + 1


async def test_a_code_that_is_used_up_by_the_wrong_way_costs_one_sign_in_and_no_more(
    relying: Relying,
) -> None:
    relying.fake.client_methods, relying.fake.forgets_refused_codes = ("client_secret_post",), True
    with pytest.raises(SignInFailed, match="Start again"):
        await relying.signed_in()
    assert said(await relying.signed_in()) == CAROL


async def test_the_ways_of_a_provider_that_changes_its_mind_are_tried_again(relying: Relying) -> None:
    for way in ("client_secret_post", "client_secret_basic", "client_secret_post"):
        relying.fake.client_methods = (way,)
        assert said(await relying.signed_in()) == CAROL


async def test_the_log_says_by_which_way_the_secret_was_taken(relying: Relying) -> None:
    relying.fake.client_methods = ("client_secret_post",)
    with capture_logs() as logged:
        await relying.signed_in()
    assert [(event["event"], event.get("method")) for event in logged] == [
        ("oidc_request_failed", None),
        ("oidc_client_accepted", "client_secret_post"),
    ]


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
async def test_a_wrong_secret_is_tried_each_way_once(relying: Relying, status: int, error: str) -> None:
    relying.fake.answers["/token"] = (status, {}, f'{{"error": "{error}"}}'.encode())
    with pytest.raises(SignInFailed, match="tell an admin"):
        await relying.signed_in()
    assert relying.fake.asked.count("/token") == 2


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
async def test_another_refusal_is_one_for_every_way(relying: Relying, error: str) -> None:
    relying.fake.answers["/token"] = (400, {}, f'{{"error": "{error}"}}'.encode())
    with pytest.raises(SignInFailed, match="tell an admin"):
        await relying.signed_in()
    assert relying.fake.asked.count("/token") == 1


async def test_a_refusal_without_words_is_one_of_the_way_too(relying: Relying) -> None:
    relying.fake.answers["/token"] = (401, {}, b"Unauthorized")
    with pytest.raises(SignInFailed, match="gave no useful answer"):
        await relying.signed_in()
    assert relying.fake.asked.count("/token") == 2


async def test_a_wrong_secret_is_told_to_the_log_and_not_to_the_person(
    relying: Relying, capsys: pytest.CaptureFixture[str]
) -> None:
    relying.fake.answers["/token"] = (401, {}, b'{"error": "invalid_client"}')
    with pytest.raises(SignInFailed, match="tell an admin"):
        await relying.signed_in()
    log = capsys.readouterr().err
    assert "invalid_client" in log
    assert not [word for word in (relying.fake.client_secret, "code-", "127.0.0.1") if word in log]


async def test_what_a_provider_writes_into_an_error_is_not_logged(
    relying: Relying, capsys: pytest.CaptureFixture[str]
) -> None:
    relying.fake.answers["/token"] = (400, {}, b'{"error": "the code code-1 of carol"}')
    with pytest.raises(SignInFailed):
        await relying.signed_in()
    assert "carol" not in capsys.readouterr().err


async def test_a_new_key_is_fetched_when_a_token_names_it(relying: Relying, monkeypatch: pytest.MonkeyPatch) -> None:
    await relying.signed_in()
    relying.fake.key, relying.fake.algorithm = ECKey.generate_key("P-256", {"kid": "second"}), "ES256"
    with pytest.raises(SignInFailed):
        await relying.signed_in()
    monkeypatch.setattr(module, "_KEYS_AGAIN_S", 0)
    assert said(await relying.signed_in()) == CAROL
    assert relying.fake.asked.count("/keys") == 2


async def test_invented_keys_make_us_ask_for_new_ones_seldom(relying: Relying) -> None:
    relying.fake.public = [rsa_key("another").as_dict(private=False)]
    for _ in range(3):
        with pytest.raises(SignInFailed):
            await relying.signed_in()
    assert relying.fake.asked.count("/keys") == 1


async def test_a_missing_mail_address_is_asked_for_together_with_whether_it_is_verified(relying: Relying) -> None:
    relying.fake.claims |= {"email": None, "name": None, "groups": ["staff"]}
    relying.fake.userinfo = {"sub": "carol-1", "email": "carol@example.com", "name": "Carol", "groups": ["admins"]}
    assert said(await relying.signed_in()) == ("carol-1", "carol@example.com", False, "Carol", ("staff",))
    relying.fake.userinfo["email_verified"] = True
    assert said(await relying.signed_in()) == ("carol-1", "carol@example.com", True, "Carol", ("staff",))
    assert relying.fake.headers[-1]["authorization"] == "Bearer 0access0"


@pytest.mark.parametrize("where", ["claims", "userinfo"])
async def test_a_mail_address_may_stand_in_another_claim_where_nothing_verifies_it(
    http: httpx2.AsyncClient, fake: FakeProvider, where: str
) -> None:
    fake.userinfo = {"sub": "carol-1", "email": "carol@example.com", "email_verified": True}
    getattr(fake, where)["upn"] = "c@example.com"
    for trusts_emails in (False, True):
        found = await build_relying(http, fake, email_claim="upn", trusts_emails=trusts_emails).signed_in()
        assert (found.email, found.is_email_verified) == ("c@example.com", trusts_emails)


async def test_a_mail_address_in_the_token_is_not_asked_for_again(relying: Relying) -> None:
    relying.fake.claims["email_verified"] = False
    relying.fake.userinfo = {"sub": "carol-1", "email": "alice@example.com", "email_verified": True}
    assert said(await relying.signed_in()) == ("carol-1", "carol@example.com", False, "Carol", None)
    assert "/userinfo" not in relying.fake.asked


@pytest.mark.parametrize("userinfo", [{"sub": "somebody-else"}, {}])
async def test_userinfo_about_somebody_else_ends_the_sign_in(relying: Relying, userinfo: dict[str, str]) -> None:
    relying.fake.claims["email"] = None
    relying.fake.userinfo = userinfo | {"email": "alice@example.com"}
    with pytest.raises(SignInFailed, match="couldn't be verified"):
        await relying.signed_in()


async def test_without_userinfo_a_person_may_have_no_mail_address(relying: Relying) -> None:
    relying.fake.claims["email"] = None
    relying.fake.document = {"userinfo_endpoint": None}
    assert said(await relying.signed_in()) == ("carol-1", None, True, "Carol", None)


@pytest.mark.parametrize("token", [7, "ü", None])
async def test_userinfo_is_not_asked_with_what_can_be_no_token(relying: Relying, token: object) -> None:
    relying.fake.claims["email"] = None
    relying.fake.access_token = token
    assert (await relying.signed_in()).email is None
    assert "/userinfo" not in relying.fake.asked


async def test_an_access_token_brings_no_header_of_its_own(relying: Relying) -> None:
    relying.fake.claims["email"] = None
    relying.fake.access_token = "a\r\nX-Admin: 1"
    with pytest.raises(SignInFailed, match="gave no useful answer"):
        await relying.signed_in()
    assert "/userinfo" not in relying.fake.asked
