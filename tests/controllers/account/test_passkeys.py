"""Passkeys on a person's own page, and on the one that admins have of them."""

import json
import re
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response

from tests.fakes.authenticator import PRESENT, Authenticator
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in

ORIGIN, HOST = "http://localhost:8000", "localhost"


@pytest.fixture
def site(database: str) -> Generator[Site]:
    settings = {
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "backlog@example.com",
        "BASE_URL": running_site.ADDRESS,
    }
    with running_site.run_site(database, settings) as site:
        let_in(site.conninfo, "alice", "bob")
        yield site


def begin(site: Site, persona: str = "bob", name: str = "Phone") -> tuple[dict[str, Any], dict[str, str]]:
    """Ask for a new passkey: give what the browser is asked, and its cookie."""
    page = site.post("/account/passkeys/new", persona, name=name)
    assert page.status_code == 200, page.text
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found
    cookie = page.headers["set-cookie"].partition(";")[0].partition("=")
    return json.loads(found[1].replace("&#34;", '"')), {cookie[0]: cookie[2]}


def finish(site: Site, answer: str, browser: dict[str, str], persona: str = "bob", name: str = "Phone") -> Response:
    fields = {"csrf": csrf(persona), "name": name, "answer": answer}
    return site.ask("POST", "/account/passkeys", persona, data=fields, browser=browser, origin=site.base_url)


def add(site: Site, persona: str = "bob", name: str = "Phone", passkey: Authenticator | None = None) -> Response:
    options, browser = begin(site, persona, name)
    return finish(site, (passkey or Authenticator(ORIGIN, HOST)).create(options), browser, persona, name)


def list_mails(site: Site) -> list[tuple[Any, ...]]:
    return site.query("SELECT kind, recipient, params ->> 'name' FROM outgoing_mails ORDER BY id")


def count_passkeys(site: Site) -> int:
    [(count,)] = site.query("SELECT count(*) FROM passkeys")
    return count


def test_a_passkey_is_added_listed_and_told_of(site: Site) -> None:
    options, browser = begin(site, name="My <phone>")
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert (options["rp"]["id"], options["user"]["name"]) == (HOST, "bob@example.com")
    answer = finish(site, Authenticator(ORIGIN, HOST).create(options), browser, name="My <phone>")
    assert answer.headers["location"] == "/account?notice=passkey-added#passkeys"
    page = site.get("/account?notice=passkey-added", "bob").text
    assert "That passkey is added" in page
    assert '<td class="wide">My &lt;phone&gt;</td>' in page
    assert list_mails(site) == [("passkey_added", "bob@example.com", "My <phone>")]
    actions = site.query("SELECT action, actor_email, details FROM audit_logs ORDER BY id DESC LIMIT 1")
    assert actions == [("passkey.added", "bob@example.com", {"name": "My <phone>"})]


def test_a_device_is_told_which_passkeys_it_may_have_already(site: Site) -> None:
    passkey = Authenticator(ORIGIN, HOST)
    add(site, passkey=passkey)
    options, _ = begin(site)
    assert [one["type"] for one in options["excludeCredentials"]] == ["public-key"]
    assert begin(site, "alice")[0].get("excludeCredentials", []) == []


def test_the_same_passkey_is_nobody_elses_nor_added_twice(site: Site) -> None:
    passkey = Authenticator(ORIGIN, HOST)
    assert add(site, passkey=passkey).status_code == 303
    for persona in ("bob", "alice"):
        refused = add(site, persona, passkey=passkey)
        assert (refused.status_code, "has been added before" in refused.text) == (409, True)
    assert count_passkeys(site) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://evil.example.com"},
        {"origin": "http://sub.localhost:8000"},
        {"rp_id": "evil.example.com"},
        {"flags": PRESENT},
        {"credential_id": b"x" * 1024},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_can_not_be_believed_is_not_added(site: Site, changed: dict[str, Any]) -> None:
    passkey = replace(Authenticator(ORIGIN, HOST), **changed)
    refused = add(site, passkey=passkey)
    assert (refused.status_code, "could not be verified" in refused.text) == (400, True)
    assert (count_passkeys(site), list_mails(site)) == (0, [])


@pytest.mark.parametrize("answer", ["", "{}", "nonsense", "x" * 30_000])
def test_what_is_no_answer_is_not_added(site: Site, answer: str) -> None:
    _, browser = begin(site)
    assert finish(site, answer, browser).status_code == 400
    assert count_passkeys(site) == 0


def test_an_answer_is_good_once_for_its_person_and_in_its_browser(site: Site) -> None:
    options, browser = begin(site)
    answer = Authenticator(ORIGIN, HOST).create(options)
    for refused in (finish(site, answer, {}), finish(site, answer, browser, "alice")):
        assert (refused.status_code, "begun in another browser" in refused.text) == (400, True)
    assert finish(site, answer, browser).status_code == 303
    assert finish(site, Authenticator(ORIGIN, HOST).create(options), browser).status_code == 400
    assert count_passkeys(site) == 1


def test_a_passkey_needs_a_name_and_ten_are_the_most(site: Site) -> None:
    for name in ("", "x" * 101):
        assert site.post("/account/passkeys/new", "bob", name=name).status_code == 400
    for number in range(10):
        assert add(site, name=str(number)).status_code == 303
    refused = site.post("/account/passkeys/new", "bob", name="eleventh")
    assert (refused.status_code, "Remove one first" in refused.text) == (409, True)


def test_ones_own_passkey_is_removed_and_told_of_and_nobody_elses(site: Site) -> None:
    add(site)
    add(site, "alice", "Key")
    [(of_bob,), (of_alice,)] = site.query("SELECT id FROM passkeys ORDER BY id")
    assert site.post(f"/account/passkeys/{of_alice}/remove", "bob").status_code == 404
    answer = site.post(f"/account/passkeys/{of_bob}/remove", "bob")
    assert answer.headers["location"] == "/account?notice=passkey-removed#passkeys"
    assert site.post(f"/account/passkeys/{of_bob}/remove", "bob").status_code == 404
    assert site.query("SELECT name FROM passkeys") == [("Key",)]
    assert list_mails(site)[-1] == ("passkey_removed", "bob@example.com", "Phone")
    assert site.query("SELECT details FROM audit_logs WHERE action = 'passkey.removed'") == [({"names": ["Phone"]},)]


def test_an_admin_sees_how_many_somebody_has_and_removes_all(site: Site) -> None:
    for name in ("Phone", "Key"):
        add(site, name=name)
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    page = site.get(f"/admin/people/{bob}", "alice").text
    assert "They have 2:" in page
    answer = site.post(f"/admin/people/{bob}/passkeys/remove", "alice")
    assert answer.headers["location"] == f"/admin/people/{bob}?notice=passkeys-removed"
    assert "They have" not in site.get(answer.headers["location"], "alice").text
    kind, recipient, names = list_mails(site)[-1]
    assert (kind, recipient, sorted(names.split(", "))) == ("passkey_removed", "bob@example.com", ["Key", "Phone"])
    assert site.query("SELECT actor_email FROM audit_logs WHERE action = 'passkey.removed'") == [
        ("alice@example.com",)
    ]
