"""Providers that say less, or say it elsewhere: addresses that nobody vouches for, groups at userinfo alone."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.controllers.access.test_sign_in_oidc import BASE, CAROL, is_in, kept, settings, signed_in
from tests.fakes import oidc
from tests.fakes.oidc import Provider
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def provider() -> Generator[Provider]:
    with oidc.run_provider() as provider:
        provider.claims |= {"email": CAROL, "name": "Carol"}
        yield provider


@pytest.fixture
def site(database: str, provider: Provider) -> Generator[Site]:
    with running_site.run_site(database, settings(provider), base_url=BASE) as site:
        yield site


@pytest.mark.parametrize("verified", [False, "false", 0, 1, None])
def test_without_a_verified_mail_address_somebody_waits_as_nobody_elses_twin(
    site: Site, provider: Provider, verified: Any
) -> None:
    let_in(site.conninfo, "alice")
    provider.claims |= {"email": "alice@example.com", "email_verified": verified}
    answer = signed_in(site, provider)
    assert is_in(answer)
    [(_, is_approved), (email, is_waiting)] = site.query("SELECT email, NOT is_approved FROM users ORDER BY id")
    assert (is_approved, is_waiting) == (False, True)
    assert email.startswith("alice=example.com.")
    assert "confirm that this address is yours" in site.ask("GET", "/waiting", browser=kept(answer)).text


def test_an_admin_sees_that_nobody_vouches_for_an_address(site: Site, provider: Provider) -> None:
    provider.claims["email_verified"] = None
    assert is_in(signed_in(site, provider))
    let_in(site.conninfo, "alice")
    [(user_id,)] = site.query("SELECT user_id FROM user_identities")
    assert "(nobody vouches for this address)" in site.get("/admin/people", "alice").text
    page = site.get(f"/admin/people/{user_id}", "alice").text
    assert "their identity provider doesn't confirm it" in page
    assert f'<b dir="auto">{CAROL}</b>' in page


def test_whether_an_address_is_verified_may_stand_at_userinfo(site: Site, provider: Provider) -> None:
    provider.claims["email_verified"] = None
    provider.userinfo = {"sub": "carol-1", "email": CAROL, "email_verified": True}
    assert is_in(signed_in(site, provider))
    assert site.query("SELECT email FROM users") == [(CAROL,)]


@pytest.mark.parametrize("is_it", [True, False])
def test_one_providers_addresses_can_be_trusted(database: str, provider: Provider, *, is_it: bool) -> None:
    trusted = provider.url if is_it else "https://other.example.com"
    more = {"OIDC_TRUSTED_EMAIL_ISSUER": trusted}
    provider.claims["email_verified"] = None
    with running_site.run_site(database, settings(provider, **more), base_url=BASE) as site:
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT email = %s FROM users", CAROL) == [(is_it,)]


@pytest.mark.parametrize(("pasted", "slash"), [("/", ""), ("", "/"), ("/.well-known/openid-configuration", "/")])
def test_what_is_pasted_as_the_issuer_works_and_people_are_known_by_the_providers_own_name(
    database: str, provider: Provider, pasted: str, slash: str
) -> None:
    provider.name = f"{provider.url}{slash}"
    more = {"OIDC_ISSUER": f"{provider.url}{pasted}", "OIDC_TRUSTED_EMAIL_ISSUER": provider.url}
    provider.claims["email_verified"] = None
    with running_site.run_site(database, settings(provider) | more, base_url=BASE) as site:
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT email, issuer FROM user_identities JOIN users ON users.id = user_id") == [
            (CAROL, provider.name)
        ]


def test_an_address_that_nobody_can_have_is_none(site: Site, provider: Provider) -> None:
    provider.claims["email"] = f"carol=example.com.{'0' * 20}@unverified.invalid"
    assert signed_in(site, provider).status_code == 403


def test_groups_decide_who_comes_in_and_who_is_an_admin(database: str, provider: Provider) -> None:
    more = {"OIDC_ALLOWED_GROUPS": "staff, partners", "OIDC_ADMIN_GROUP": "admins"}
    with running_site.run_site(database, settings(provider, **more), base_url=BASE) as site:
        provider.claims["groups"] = ["visitors", "admins"]
        assert "in any of the groups" in signed_in(site, provider).text
        provider.claims["groups"] = ["staff", "admins"]
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT is_admin, is_approved FROM users") == [(True, True)]
        provider.claims["groups"] = ["staff"]
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT is_admin FROM users") == [(True,)], "the last admin stays one"
        let_in(database, "alice")
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT is_admin, is_approved FROM users WHERE email = %s", CAROL) == [(False, True)]


def test_a_providers_groups_lead_into_groups_of_viewers_and_out_again(database: str, provider: Provider) -> None:
    pairs = "staff=Field staff, cn=drivers=Field staff, partners=Partners, guests=Unknown"
    with running_site.run_site(database, settings(provider, OIDC_VIEWER_GROUPS=pairs), base_url=BASE) as site:
        site.query("INSERT INTO viewer_groups (name) VALUES ('Field staff'), ('Partners'), ('Others')")
        for groups, names in (
            (["cn=drivers", "partners"], ["Field staff", "Partners"]),
            (["staff", "guests"], ["Field staff"]),
            ([], []),
        ):
            provider.claims["groups"] = groups
            assert is_in(signed_in(site, provider))
            assert site.query(
                "SELECT name FROM viewer_group_members JOIN viewer_groups g ON g.id = viewer_group_id"
            ) == [(name,) for name in names]
        assert site.query("SELECT is_approved, sees_everything FROM users") == [(False, False)], "and still waits"


def test_groups_that_only_userinfo_tells_count_as_those_of_the_token(database: str, provider: Provider) -> None:
    more = {"OIDC_ALLOWED_GROUPS": "staff", "OIDC_ADMIN_GROUP": "admins", "OIDC_GROUPS_CLAIM": "roles"}
    with running_site.run_site(database, settings(provider, **more), base_url=BASE) as site:
        provider.userinfo = {"sub": "carol-1", "roles": ["visitors"]}
        assert "in any of the groups" in signed_in(site, provider).text
        provider.userinfo["roles"] = ["staff", "admins"]
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT is_admin FROM users") == [(True,)]


def test_an_admin_whose_groups_are_not_told_stays_one(database: str, provider: Provider) -> None:
    with running_site.run_site(database, settings(provider, OIDC_ADMIN_GROUP="admins"), base_url=BASE) as site:
        let_in(database, "alice")
        provider.claims["groups"] = ["admins"]
        assert is_in(signed_in(site, provider))
        provider.claims["groups"] = None
        for status, body in ((503, b""), (200, b'{"sub": "carol-1"}'), (200, b'{"groups": []}')):
            provider.answers["/userinfo"] = (status, {}, body)
            assert is_in(signed_in(site, provider))
            assert site.query("SELECT is_admin FROM users WHERE email = %s", CAROL) == [(True,)]
        provider.answers["/userinfo"] = (200, {}, b'{"sub": "carol-1", "groups": []}')
        assert is_in(signed_in(site, provider))
        assert site.query("SELECT is_admin FROM users WHERE email = %s", CAROL) == [(False,)]


def test_nobody_comes_in_as_a_member_whose_groups_are_not_told(database: str, provider: Provider) -> None:
    with running_site.run_site(database, settings(provider, OIDC_ALLOWED_GROUPS="staff"), base_url=BASE) as site:
        provider.userinfo = {"sub": "carol-1"}
        answer = signed_in(site, provider)
        assert (answer.status_code, "which groups you are in" in answer.text) == (403, True)
        assert site.query("SELECT count(*) FROM users") == [(0,)]
