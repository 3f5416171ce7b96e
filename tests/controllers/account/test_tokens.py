"""Tokens on the account's page: made, shown once, revoked."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol", "erin")
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    shared.query("DELETE FROM api_tokens")
    return shared


def made(site: Site, persona: str = "bob", **fields: str) -> str:
    answer = site.post("/account/tokens", persona, **{"name": "Report", "right": "items", **fields})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    [token] = re.findall(r"<code>(slb_[^<]+)</code>", answer.text)
    return token


def id_of(site: Site, token_name: str = "Report") -> int:
    [(id_,)] = site.query("SELECT id FROM api_tokens WHERE name = %s", token_name)
    return id_


def reads(site: Site, token: str) -> int:
    return site.get("/api/v1/items", None, authorization=f"Bearer {token}").status_code


def test_a_token_is_shown_once_and_listed_by_its_name(site: Site) -> None:
    token = made(site, name="<Monday & co>", last_day="2099-12-31")
    assert reads(site, token) == 200
    page = site.get("/account", "bob").text
    assert "&lt;Monday &amp; co&gt;" in page
    assert "1 Jan 2100, 00:00 UTC" in page
    assert token not in page
    assert "Monday" not in site.get("/account", "alice").text


def test_a_revoked_token_is_good_for_nothing_at_once(site: Site) -> None:
    token = made(site)
    answer = site.post(f"/account/tokens/{id_of(site)}/revoke", "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=token-revoked")
    assert reads(site, token) == 401
    page = site.get(answer.headers["location"], "bob").text
    assert "That token is revoked" in page
    assert "Report" not in page


def test_others_can_not_revoke_it_but_admins_can(site: Site) -> None:
    token = made(site)
    path = f"/account/tokens/{id_of(site)}/revoke"
    assert site.post(path, "erin").status_code == 404
    assert reads(site, token) == 200
    answer = site.post(path, "alice", next="/admin/people?q=bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/people?q=bob")
    assert reads(site, token) == 401


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com"])
def test_revoking_leads_to_no_other_site(site: Site, elsewhere: str) -> None:
    made(site)
    answer = site.post(f"/account/tokens/{id_of(site)}/revoke", "bob", next=elsewhere)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("number", ["x", "-1", "9999999999", "٣"])
def test_a_token_that_is_no_number_is_refused(site: Site, number: str) -> None:
    assert site.post(f"/account/tokens/{number}/revoke", "bob").status_code == 400


@pytest.mark.parametrize(
    "fields",
    [{"name": " "}, {"right": ""}, {"right": "write"}, {"last_day": "soon"}, {"last_day": "2020-01-01"}],
)
def test_a_form_that_makes_no_sense_makes_no_token(site: Site, fields: dict[str, str]) -> None:
    answer = site.post("/account/tokens", "bob", **{"name": "Report", "right": "items", **fields})
    assert answer.status_code == 400
    assert site.query("SELECT 1 FROM api_tokens") == []


def test_who_waits_for_an_admin_gets_no_token(site: Site) -> None:
    assert site.post("/account/tokens", "carol", name="Report", right="items").status_code == 403
    assert "API tokens" not in site.get("/account", "carol").text
