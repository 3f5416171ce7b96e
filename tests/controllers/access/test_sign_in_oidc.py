"""Signing in by an identity provider: only whom it vouches for, only where it was begun, never by mail alone."""

import re
import time
from collections.abc import Generator
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response
from joserfc.jwk import RSAKey

from tests.fakes import oidc
from tests.fakes.oidc import Provider
from tests.support import leaks, running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

CAROL = "carol@example.com"
BASE = "https://backlog.example.com"
CALLBACK = "/sign-in/oidc/callback"
FLOW = "__Host-slb_oidc"


@pytest.fixture
def provider() -> Generator[Provider]:
    with oidc.run_provider() as provider:
        provider.claims |= {"email": CAROL, "name": "Carol"}
        yield provider


def settings(provider: Provider, **more: str) -> dict[str, str]:
    secret = {"OIDC_CLIENT_ID": provider.client_id, "OIDC_CLIENT_SECRET": leaks.mark(provider.client_secret)}
    return {"OIDC_ISSUER": provider.url, "OIDC_NAME": "Example ID", **secret, **more}


@pytest.fixture
def site(database: str, provider: Provider) -> Generator[Site]:
    with running_site.run_site(database, settings(provider), base_url=BASE) as site:
        yield site


def kept(answer: Response) -> dict[str, str]:
    found = (line.partition(";")[0].partition("=") for line in answer.headers.get_list("set-cookie"))
    return {name: value.strip('"') for name, _, value in found if value not in ("", '""')}


def begun(site: Site, next_path: str = "/") -> tuple[str, dict[str, str]]:
    """Begin a sign-in: give the provider's address and the browser's cookies."""
    answer = site.ask("GET", f"/sign-in/oidc?next={next_path}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], kept(answer)


def signed_in(site: Site, provider: Provider, next_path: str = "/", **changed: str) -> Response:
    """Go the whole way, with some of what comes back changed."""
    url, browser = begun(site, next_path)
    back = provider.consent(url)
    for name, value in changed.items():
        back = re.sub(rf"(?<={name}=)[^&]*", value, back)
    return site.ask("GET", back, browser=browser)


def refusals(site: Site) -> list[str]:
    """Return the recorded reasons of refusals, the latest last."""
    rows = site.query("SELECT details ->> 'reason' FROM audit_logs WHERE action = 'sign_in.refused' ORDER BY id")
    return [reason for (reason,) in rows]


def is_in(answer: Response) -> bool:
    return answer.status_code == 303 and "__Host-slb_session" in kept(answer)


def test_the_sign_in_page_offers_it_by_its_name(site: Site) -> None:
    page = site.get("/sign-in?next=/items/ENG-1").text
    assert 'href="/sign-in/oidc?next=%2Fitems%2FENG-1">Continue with Example ID<' in page
    assert "mail address" not in page


def test_a_new_person_comes_in_and_waits(site: Site, provider: Provider) -> None:
    answer = signed_in(site, provider, "/items/ENG-1")
    assert (is_in(answer), answer.headers["location"]) == (True, "/items/ENG-1")
    assert site.query("SELECT email, display_name, is_approved FROM users") == [(CAROL, "Carol", False)]
    assert site.query("SELECT issuer, subject FROM user_identities") == [(provider.url, "carol-1")]


def test_a_person_is_known_by_the_subject_whatever_the_mail_address_becomes(site: Site, provider: Provider) -> None:
    assert is_in(signed_in(site, provider))
    provider.claims["email"] = "alice@example.com"
    let_in(site.conninfo, "alice")
    assert is_in(signed_in(site, provider))
    rows = site.query("SELECT DISTINCT email FROM sessions JOIN users ON users.id = user_id WHERE method = 'oidc'")
    assert rows == [(CAROL,)]


def test_another_subject_with_the_same_mail_address_takes_nobody_over(site: Site, provider: Provider) -> None:
    assert is_in(signed_in(site, provider))
    provider.claims["sub"] = "mallory-2"
    answer = signed_in(site, provider)
    assert (answer.status_code, "belongs to another account" in answer.text) == (403, True)


def test_a_missing_mail_address_is_asked_for_and_belongs_to_the_same_subject(site: Site, provider: Provider) -> None:
    provider.claims |= {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "somebody-else", "email": CAROL, "email_verified": True}
    assert signed_in(site, provider).status_code == 403
    provider.userinfo["sub"] = "carol-1"
    assert is_in(signed_in(site, provider))


@pytest.mark.parametrize(
    "changed",
    [{"state": ""}, {"state": "another"}, {"code": ""}, {"code": "invented"}, {"iss": "https://evil.example.com"}],
)
def test_what_comes_back_changed_is_refused(site: Site, provider: Provider, changed: dict[str, str]) -> None:
    answer = signed_in(site, provider, **changed)
    assert (answer.status_code, len(refusals(site))) == (403, 1)
    assert any(line.startswith(f'{FLOW}=""') for line in answer.headers.get_list("set-cookie"))
    assert site.query("SELECT count(*) FROM sessions") == [(0,)]


def test_a_callback_that_was_not_begun_here_is_refused_and_leaves_no_trace(site: Site) -> None:
    answer = site.get(CALLBACK)
    assert (answer.status_code, "started in this browser" in answer.text) == (403, True)
    assert refusals(site) == []


@pytest.mark.parametrize(("comes_from", "is_begun"), [("cross-site", False), ("same-site", False), ("none", True)])
def test_a_link_of_another_page_leads_to_the_ways_in_and_begins_nothing(
    site: Site, provider: Provider, comes_from: str, *, is_begun: bool
) -> None:
    answer = site.get("/sign-in/oidc?next=/items/ENG-1", **{"sec-fetch-site": comes_from})
    assert answer.headers["location"].startswith(provider.url if is_begun else "/sign-in?next=%2Fitems%2FENG-1")
    assert (FLOW in kept(answer)) is is_begun


def test_somebody_elses_answer_is_worth_nothing_in_my_browser(site: Site, provider: Provider) -> None:
    mallorys_url, _ = begun(site)
    _, carols_browser = begun(site)
    assert site.ask("GET", provider.consent(mallorys_url), browser=carols_browser).status_code == 403
    assert len(refusals(site)) == 1
    assert "/token" not in provider.asked, "the provider's own check of the browser is not needed"
    assert site.ask("GET", provider.consent(mallorys_url)).status_code == 403
    assert len(refusals(site)) == 1, "nothing was begun where there is no cookie"


def test_an_answer_works_once(site: Site, provider: Provider) -> None:
    url, browser = begun(site)
    back = provider.consent(url)
    first = site.ask("GET", back, browser=browser)
    assert is_in(first)
    assert any(line.startswith(f'{FLOW}=""') and "Max-Age=0" in line for line in first.headers.get_list("set-cookie"))
    assert site.ask("GET", back).status_code == 403
    # The browser was told to forget; a copy of its cookie leads to a code that the provider has seen already.
    again = site.ask("GET", back, browser=browser)
    assert (again.status_code, "didn&#39;t accept this sign-in" in again.text) == (403, True)
    assert len(refusals(site)) == 1


def test_after_ten_minutes_it_is_too_late(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    url, browser = begun(site)
    back, now = provider.consent(url), time.time()
    monkeypatch.setattr("shareable_backlog.controllers.access.sign_in_oidc.time", lambda: now + 660)
    assert site.ask("GET", back, browser=browser).status_code == 403
    assert "more than ten minutes ago" in refusals(site)[0]
    assert "/token" not in provider.asked


def test_the_cookie_of_the_way_is_for_this_host_alone(site: Site) -> None:
    [line] = [
        line for line in site.get("/sign-in/oidc").headers.get_list("set-cookie") if line.startswith(f"{FLOW}=")
    ]
    flags = {flag.strip().lower() for flag in line.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=lax", "path=/", "max-age=600"}


@pytest.mark.parametrize(
    ("next_path", "led_to"),
    [
        ("/items/ENG-1", "/items/ENG-1"),
        ("//evil.example.com", "/"),
        ("/?q=" + "ü" * 248, None),
        ("/" + "ü" * 900, "/"),
    ],
)
def test_the_wanted_page_follows_if_it_is_ours_and_short(
    site: Site, provider: Provider, next_path: str, led_to: str | None
) -> None:
    answer = signed_in(site, provider, quote(next_path))
    assert (is_in(answer), answer.headers["location"]) == (True, led_to or quote(next_path, safe="/?="))


def test_a_cookie_that_was_written_by_somebody_else_is_none(site: Site, provider: Provider) -> None:
    url, browser = begun(site)
    text, _, seal = browser[FLOW].partition(".")
    for forged in (f"{text}x.{seal}", f"{text}.", f"{text}.{'0' * 64}", "rubbish", "."):
        assert site.ask("GET", provider.consent(url), browser={FLOW: forged}).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"nonce": "another"},
        {"exp": 1},
    ],
)
def test_a_token_that_is_not_for_this_very_sign_in_is_refused(
    site: Site, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    answer = signed_in(site, provider)
    assert (answer.status_code, "couldn&#39;t be verified" in answer.text) == (403, True)
    assert "couldn't be verified" in refusals(site)[0]


def test_a_token_that_nobody_signed_is_refused(site: Site, provider: Provider) -> None:
    provider.algorithm = "none"
    assert signed_in(site, provider).status_code == 403


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(site: Site, provider: Provider) -> None:
    provider.algorithm, provider.shared = "HS256", provider.key.as_pem(private=False)
    assert signed_in(site, provider).status_code == 403


def test_a_token_signed_by_somebody_else_is_refused(site: Site, provider: Provider) -> None:
    provider.public = [RSAKey.generate_key(2048, {"kid": "first"}).as_dict(private=False)]
    assert signed_in(site, provider).status_code == 403


@pytest.mark.parametrize(
    "broken",
    [
        (302, {"Location": "http://169.254.169.254/"}, b""),
        (200, {}, b"<html>"),
    ],
)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_a_provider_that_answers_rubbish_leads_back_to_the_sign_in_page(
    site: Site, provider: Provider, path: str, broken: tuple[int, dict[str, str], bytes]
) -> None:
    provider.answers[path] = broken
    answer = site.ask("GET", "/sign-in/oidc")
    if path == "/token":
        answer = signed_in(site, provider)
    assert (answer.status_code, "gave no useful answer" in answer.text) == (503, True)
    assert "Continue with Example ID" in answer.text


def test_a_provider_that_says_strange_things_of_itself_is_not_used(site: Site, provider: Provider) -> None:
    provider.document = {"issuer": "https://evil.example.com"}
    assert site.ask("GET", "/sign-in/oidc").status_code == 503


def test_while_the_provider_is_down_the_other_ways_are_offered(database: str, provider: Provider) -> None:
    mail = {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "backlog@example.com"}
    provider.answers["/.well-known/openid-configuration"] = (503, {}, b"")
    with running_site.run_site(database, settings(provider, **mail), base_url=BASE) as site:
        for path, status in (("/sign-in", 200), ("/sign-in/oidc", 503)):
            page = site.get(path)
            assert (page.status_code, "Send me a link" in page.text) == (status, True)


def test_a_silent_provider_keeps_nobody_waiting_for_long(
    site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shareable_backlog.oidc.transport._WITHIN_S", 0.2)
    provider.delay_s = 1
    started = time.monotonic()
    assert site.ask("GET", "/sign-in/oidc").status_code == 503
    assert time.monotonic() - started < 1


def test_a_disabled_person_is_not_let_in(site: Site, provider: Provider) -> None:
    assert is_in(signed_in(site, provider))
    site.query("UPDATE users SET is_approved = true, is_disabled = true")
    assert "ended or declined" in signed_in(site, provider).text


def test_without_a_provider_there_is_nothing_there(database: str) -> None:
    with running_site.run_site(database) as site:
        assert site.get("/sign-in/oidc").status_code == 404
