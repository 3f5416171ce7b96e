"""Signing in by a passkey: only what its device signed for this page, this browser and this minute, and once."""

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx2 import Response
from structlog.testing import capture_logs

from tests.fakes.authenticator import FLAG, PRESENT, Authenticator
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in

ORIGIN, HOST = "http://localhost:8000", "localhost"
REFUSED = "This passkey can&#39;t be used here."


@dataclass
class Device:
    """A person's browser with a passkey of theirs."""

    site: Site
    passkey: Authenticator
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, method: str, path: str, **fields: str) -> Response:
        data = {"csrf": self.read_csrf(), **fields} if method == "POST" else None
        answer = self.site.ask(method, path, browser=self.cookies, data=data, origin=self.site.base_url)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def read_csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.ask("GET", "/sign-in").text)
        assert found
        return found[1]

    def begin(self) -> Mapping[str, Any]:
        """Ask for a challenge."""
        return json.loads(self.ask("GET", "/sign-in/passkey").text)

    def sign_in(self, answer: Callable[[Mapping[str, Any]], str] | None = None, **fields: str) -> Response:
        """Go the whole way with what the passkey answers."""
        answered = (answer or self.passkey.get)(self.begin())
        return self.ask("POST", "/sign-in/passkey", answer=answered, **fields)


@pytest.fixture
def site(database: str) -> Generator[Site]:
    with running_site.run_site(database) as site:
        let_in(site.conninfo, "alice", "bob", "carol", "dora")
        yield site


def add_passkey(site: Site, persona: str = "bob", name: str = "Phone") -> Authenticator:
    """Add a passkey as this person would on their page."""
    passkey = Authenticator(ORIGIN, HOST)
    page = site.post("/account/passkeys/new", persona, name=name)
    cookie = page.headers["set-cookie"].partition(";")[0].partition("=")
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.text
    answer = passkey.create(json.loads(found[1].replace("&#34;", '"')))
    fields = {"csrf": csrf(persona), "name": name, "answer": answer}
    sent = site.ask(
        "POST", "/account/passkeys", persona, data=fields, browser={cookie[0]: cookie[2]}, origin=site.base_url
    )
    assert sent.headers["location"] == "/account?notice=passkey-added#passkeys", sent.text
    return passkey


@pytest.fixture
def device(site: Site) -> Device:
    """Return a browser of bob's, in which nobody is signed in."""
    return Device(site, add_passkey(site))


def test_whom_strangers_keep_from_their_mails_comes_in_by_it(site: Site, device: Device) -> None:
    stranger = Device(site, device.passkey)
    for _ in range(7):
        assert stranger.ask("POST", "/sign-in", email="bob@example.com").status_code == 303
    assert site.query("SELECT cardinality(asked_at) FROM sign_in_links") == [(5,)], "no more mails for a while"
    assert device.sign_in().status_code == 303
    assert device.ask("GET", "/account").status_code == 200


def list_actions(site: Site, action: str) -> list[tuple[str | None, Any]]:
    return [
        (email, details)
        for email, details in site.query(
            "SELECT actor_email, details FROM audit_logs WHERE action = %s ORDER BY id", action
        )
    ]


def is_in(answer: Response) -> bool:
    return answer.status_code == 303


def test_a_passkey_signs_its_person_in_and_leads_to_the_page_that_was_wanted(site: Site, device: Device) -> None:
    answer = device.sign_in(next="/items/ENG-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/items/ENG-1")
    assert "bob@example.com" in device.ask("GET", "/account").text
    assert list_actions(site, "passkey.used") == [("bob@example.com", {"name": "Phone"})]
    assert site.query("SELECT method FROM sessions ORDER BY id DESC LIMIT 1") == [("passkey",)]
    assert site.query("SELECT last_used_at IS NOT NULL FROM passkeys") == [(True,)]


def test_it_leads_to_no_other_site(device: Device) -> None:
    assert device.sign_in(next="//evil.example.com").headers["location"] == "/"


def test_what_a_browser_is_asked_says_nothing_of_anybody(device: Device) -> None:
    asked = device.begin()
    assert (set(asked), asked["rpId"], asked["userVerification"]) == (
        {"challenge", "rpId", "userVerification"},
        HOST,
        "required",
    )
    assert asked["challenge"] != device.begin()["challenge"]


# What may be wrong with an answer, done to a right one, and what the record says of it.
def forge_origin(device: Device) -> None:
    device.passkey.origin = "https://evil.example.com"


def forge_subdomain(device: Device) -> None:
    device.passkey.origin = "http://evil.localhost:8000"


def forge_port(device: Device) -> None:
    device.passkey.origin = "http://localhost:9000"


def forge_party(device: Device) -> None:
    device.passkey.rp_id = "evil.example.com"


def skip_verification(device: Device) -> None:
    device.passkey.flags = PRESENT


def skip_presence(device: Device) -> None:
    device.passkey.flags = FLAG(0)


def forge_key(device: Device) -> None:
    device.passkey.key = Authenticator(ORIGIN, HOST).key


def invent_credential(device: Device) -> None:
    device.passkey.credential_id = b"invented" * 4


def take_handle_of_another(device: Device) -> None:
    other = add_passkey(device.site, "alice")
    device.passkey.user_handle = other.user_handle


def take_credential_of_another(device: Device) -> None:
    device.passkey.credential_id = add_passkey(device.site, "alice").credential_id


@pytest.mark.parametrize(
    ("do_wrong", "reason"),
    [
        (forge_origin, "Invalid origin in CollectedClientData."),
        (forge_subdomain, "Invalid origin in CollectedClientData."),
        (forge_port, "Invalid origin in CollectedClientData."),
        (forge_party, "Wrong RP ID hash in response."),
        (skip_verification, "User verification required, but user verified flag not set."),
        (skip_presence, "User Present flag not set."),
        (forge_key, "Invalid signature."),
        (invent_credential, "Unknown credential ID."),
        (take_handle_of_another, "Another person's user handle."),
        (take_credential_of_another, "Invalid signature."),
    ],
)
def test_what_is_wrong_is_refused_alike_and_on_record(
    site: Site, device: Device, do_wrong: Callable[[Device], None], reason: str
) -> None:
    do_wrong(device)
    answer = device.sign_in()
    assert (answer.status_code, REFUSED in answer.text) == (403, True)
    assert list_actions(site, "passkey.refused") == [(None, {"reason": reason})]
    assert site.query("SELECT count(*) FROM sessions WHERE method = 'passkey'") == [(0,)]


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "null", "nonsense", '{"rawId": 1}', "[" * 5000, '{"id": "a", "rawId": "b"}', "x" * 30000],
)
def test_what_is_no_answer_is_refused(site: Site, device: Device, answer: str) -> None:
    refused = device.sign_in(lambda _options: answer)
    assert (refused.status_code, REFUSED in refused.text) == (403, True)
    assert list_actions(site, "passkey.refused") == [(None, {"reason": "unreadable"})]


def test_the_answer_to_another_challenge_is_refused(site: Site, device: Device) -> None:
    earlier = device.passkey.get(device.begin())
    assert device.sign_in(lambda _options: earlier).status_code == 403
    assert list_actions(site, "passkey.refused") == [(None, {"reason": "Wrong challenge in response."})]


def test_the_same_answer_is_good_once(site: Site, device: Device) -> None:
    answer = device.passkey.get(device.begin())
    copied = Device(site, device.passkey, dict(device.cookies))
    assert is_in(device.ask("POST", "/sign-in/passkey", answer=answer))
    assert copied.ask("POST", "/sign-in/passkey", answer=answer).status_code == 403
    assert list_actions(site, "passkey.refused") == [(None, {"reason": "Challenge used before."})]


def test_an_answer_belongs_to_the_browser_that_asked_and_without_one_nothing_is_recorded(
    site: Site, device: Device
) -> None:
    answer = device.passkey.get(device.begin())
    mallory = Device(site, device.passkey)
    refused = mallory.ask("POST", "/sign-in/passkey", answer=answer)
    assert (refused.status_code, "wasn&#39;t started in this browser" in refused.text) == (403, True)
    device.cookies["slb_challenge"] = device.cookies["slb_challenge"].replace(".", ".f", 1)
    assert device.ask("POST", "/sign-in/passkey", answer=answer).status_code == 403
    assert list_actions(site, "passkey.refused") == []


def test_a_challenge_for_adding_a_passkey_signs_nobody_in(site: Site, device: Device) -> None:
    page = site.post("/account/passkeys/new", "bob", name="Another")
    name, _, value = page.headers["set-cookie"].partition(";")[0].partition("=")
    found = re.search(r"&#34;challenge&#34;: &#34;([\w-]+)&#34;", page.text)
    assert found
    device.cookies[name] = value
    answer = device.passkey.get({"challenge": found[1]})
    assert device.ask("POST", "/sign-in/passkey", answer=answer).status_code == 403


def test_a_count_that_goes_back_is_told_and_locks_nobody_out(site: Site, device: Device) -> None:
    for count in (5, 6):
        device.passkey.count = count
        assert is_in(device.sign_in())
        device.cookies.clear()
    assert [details for _, details in list_actions(site, "passkey.used")] == [{"name": "Phone"}] * 2
    for count in (6, 2):
        device.passkey.count = count
        with capture_logs() as logged:
            assert is_in(device.sign_in())
        assert [one["event"] for one in logged].count("passkey_count_went_back") == 1
        device.cookies.clear()
    assert list_actions(site, "passkey.used")[-1][1] == {"name": "Phone", "count_went_back": True}
    assert site.query("SELECT sign_count FROM passkeys") == [(6,)]


@pytest.mark.parametrize("column", ["is_disabled = true", "is_approved = false, is_disabled = true"])
def test_whose_access_was_ended_gets_in_no_more(site: Site, device: Device, column: str) -> None:
    site.query(f"UPDATE users SET {column} WHERE email = 'bob@example.com'")
    answer = device.sign_in()
    assert (answer.status_code, "An admin has ended or declined access" in answer.text) == (403, True)
    assert list_actions(site, "passkey.used") == []
    assert site.query("SELECT last_used_at FROM passkeys") == [(None,)]


def test_who_is_no_longer_approved_waits(site: Site, device: Device) -> None:
    site.query("UPDATE users SET is_approved = false WHERE email = 'bob@example.com'")
    assert is_in(device.sign_in())
    assert device.ask("GET", "/").headers["location"] == "/waiting"


def test_a_deleted_person_takes_their_passkeys_along(site: Site, device: Device) -> None:
    site.query("DELETE FROM users WHERE email = 'bob@example.com'")
    assert site.query("SELECT count(*) FROM passkeys") == [(0,)]
    assert device.sign_in().status_code == 403


def test_refusals_of_strangers_are_summed_up_and_limited(site: Site, device: Device) -> None:
    device.passkey.flags = PRESENT
    answers = [device.sign_in().status_code for _ in range(62)]
    assert answers == [403] * 60 + [429] * 2
    assert len(list_actions(site, "passkey.refused")) == 1


def test_right_answers_are_not_counted_as_tries(device: Device) -> None:
    for _ in range(62):
        assert is_in(device.sign_in())
        device.cookies.clear()


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "https://192.0.2.1"])
def test_where_browsers_have_no_passkeys_none_are_offered(database: str, base_url: str) -> None:
    with running_site.run_site(database, base_url=base_url) as site:
        let_in(site.conninfo, "bob")
        assert "passkey" not in site.get("/sign-in").text
        assert site.get("/sign-in/passkey").status_code == 404
        assert "passkey" not in site.get("/account", "bob").text
        assert site.post("/account/passkeys/new", "bob", name="Phone").status_code == 404


def test_a_passkey_is_a_proof_before_what_matters(site: Site) -> None:
    passkey = add_passkey(site, "alice")
    site.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
    sent = site.post("/admin/people", "alice", email="frank@example.com", sees="nothing")
    browser = dict([sent.headers["set-cookie"].partition(";")[0].split("=", 1)])
    page = site.ask("GET", sent.headers["location"], "alice", browser=browser)
    assert 'action="/sign-in/passkey"' in page.text
    assert 'src="/static/passkeys.js' in page.text
    asked = site.ask("GET", "/sign-in/passkey", "alice", browser=browser)
    browser |= dict([asked.headers["set-cookie"].partition(";")[0].split("=", 1)])
    fields = {
        "csrf": csrf("alice"),
        "answer": passkey.get(json.loads(asked.text)),
        "next": sent.headers["location"],
    }
    answer = site.ask("POST", "/sign-in/passkey", "alice", data=fields, browser=browser, origin=site.base_url)
    assert (answer.status_code, answer.headers["location"]) == (303, sent.headers["location"])
    assert site.query("SELECT count(*) FROM users WHERE email = 'frank@example.com'") == [(0,)]


def test_who_has_no_passkey_is_not_offered_one_as_a_proof(site: Site) -> None:
    site.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
    sent = site.post("/admin/people", "alice", email="frank@example.com", sees="nothing")
    browser = dict([sent.headers["set-cookie"].partition(";")[0].split("=", 1)])
    assert "passkey" not in site.ask("GET", sent.headers["location"], "alice", browser=browser).text
