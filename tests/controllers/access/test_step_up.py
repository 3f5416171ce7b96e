"""Before what matters people sign in again, and then say so again: nothing is done silently, and nothing is lost."""

import re
import time
from collections.abc import Generator, Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response
from structlog.testing import capture_logs

from tests.fakes import oidc
from tests.support import leaks, running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in, token

ALICE, FRANK = "alice@example.com", "frank@example.com"
BROWSER = "browser-of-alice-0123456789"


@pytest.fixture
def site(database: str) -> Generator[Site]:
    """Yield the program, with alice and bob signed in eleven minutes ago; its mails stand in the log."""
    with running_site.run_site(database) as site:
        let_in(site.conninfo, "alice", "bob")
        age_sessions(site)
        yield site


def age_sessions(site: Site) -> None:
    site.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")


def ask(site: Site, method: str, path: str, persona: str = "alice") -> Response:
    """Ask in a browser of the persona's own."""
    return site.ask(method, path, persona, browser={"slb_browser": f"browser-of-{persona}-0123456789"})


def send(site: Site, path: str, fields: Mapping[str, Any], persona: str = "alice", **headers: str) -> Response:
    browser = {"slb_browser": f"browser-of-{persona}-0123456789"}
    data = {"csrf": csrf(persona), **fields}
    return site.ask("POST", path, persona, data=data, browser=browser, origin=site.base_url, **headers)


def add_frank(site: Site, **headers: str) -> str:
    """Send the form that adds frank and return the page that it leads to."""
    answer = send(site, "/admin/people", {"email": FRANK, "name": "Frank <3", "sees": "nothing"}, **headers)
    assert answer.status_code == 303
    return answer.headers["location"]


def count_franks(site: Site) -> int:
    [(count,)] = site.query("SELECT count(*) FROM users WHERE email = %s", FRANK)
    return count


def prove(site: Site, persona: str = "alice") -> None:
    """Let the persona's session be a new one."""
    site.query(
        "UPDATE sessions SET created_at = now() WHERE user_id = (SELECT id FROM users WHERE email = %s)",
        f"{persona}@example.com",
    )


def read_hidden(page: Response, action: str) -> list[tuple[str, str]]:
    """Return the hidden fields of the form that goes to `action`."""
    form = page.text.partition(f'<form method="post" action="{action}">')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return [(unescape(name), unescape(value)) for name, value in found]


def test_a_code_of_ones_own_mail_and_one_more_click_do_what_was_filled_in(site: Site) -> None:
    path = add_frank(site, referer=f"{site.base_url}/admin/people?q=fr")
    page = ask(site, "GET", path)
    assert "You are about to <b>add a person</b>" in page.text
    assert '<dd dir="auto">Frank &lt;3</dd>' in page.text
    assert '<a href="/admin/people?q=fr">Back without changing anything</a>' in page.text
    fields = dict(read_hidden(page, "/sign-in"))
    assert fields == {"csrf": csrf("alice"), "next": path, "email": ALICE}
    with capture_logs() as logged:
        assert send(site, "/sign-in", {**fields}).headers["location"] == "/sign-in/code"
    [code] = [event["code"] for event in logged if event["event"] == "sign_in_link"]
    answer = send(site, "/sign-in/code", {"code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert count_franks(site) == 0
    cookies = {name: value for name, value in parse_cookies(answer).items() if name == "slb_session"}
    browser = {**cookies, "slb_browser": BROWSER}
    page = site.ask("GET", path, browser=browser)
    assert "nothing has been changed yet" in page.text
    assert ">Yes, add a person</button>" in page.text
    answer = site.ask(
        "POST",
        "/admin/people",
        data=dict(read_hidden(page, "/admin/people")),
        browser=browser,
        origin=site.base_url,
    )
    assert "notice=created" in answer.headers["location"]
    assert site.query("SELECT display_name FROM users WHERE email = %s", FRANK) == [("Frank <3",)]
    assert site.ask("GET", "/account", "alice").status_code == 303, "the session before has ended"


def parse_cookies(answer: Response) -> dict[str, str]:
    lines = (line.partition(";")[0].partition("=") for line in answer.headers.get_list("set-cookie"))
    return {name: value for name, _, value in lines}


def test_whoever_signed_in_a_moment_ago_is_not_asked(site: Site) -> None:
    prove(site)
    answer = send(site, "/admin/people", {"email": FRANK, "sees": "nothing"})
    assert "notice=created" in answer.headers["location"]


@pytest.mark.parametrize("path", ["/admin/people", "/admin/sharing", "/account", "/admin/audit"])
def test_looking_needs_no_second_sign_in(site: Site, path: str) -> None:
    assert site.get(path, "alice").status_code == 200


def test_all_fields_come_back_as_they_were_sent(site: Site) -> None:
    group = [("on", f"team team-{number}") for number in range(3)] + [("was", "1 team team-é&\"'<"), ("on", "")]
    fields: dict[str, Any] = {"was": [value for name, value in group if name == "was"]}
    fields["on"] = [value for name, value in group if name == "on"]
    path = send(site, "/admin/groups/1/rules?x=1&y=%26", fields).headers["location"]
    prove(site)
    sent = read_hidden(ask(site, "GET", path), "/admin/groups/1/rules?x=1&amp;y=%26")
    assert sorted(sent) == sorted([("csrf", csrf("alice")), *group])


def test_it_is_not_done_by_looking_at_the_page(site: Site) -> None:
    path = add_frank(site)
    prove(site)
    for _ in range(2):
        assert ask(site, "GET", path).status_code == 200
    assert count_franks(site) == 0


def test_only_the_browser_and_the_person_that_sent_it_find_it_and_for_an_hour(site: Site) -> None:
    path = add_frank(site)
    assert site.get(path, "alice").status_code == 404
    assert site.ask("GET", path, "alice", browser={"slb_browser": "another"}).status_code == 404
    assert site.ask("GET", path, "bob", browser={"slb_browser": BROWSER}).status_code == 404
    assert ask(site, "GET", path).status_code == 200
    site.query("UPDATE held_forms SET created_at = now() - interval '1 hour'")
    refused = ask(site, "GET", path)
    assert (refused.status_code, "Nothing was changed" in refused.text) == (404, True)


def test_a_browser_without_a_cookie_of_its_own_is_given_one(site: Site) -> None:
    answer = site.post("/admin/people", "alice", email=FRANK, sees="nothing")
    given = parse_cookies(answer)["slb_browser"]
    page = site.ask("GET", answer.headers["location"], "alice", browser={"slb_browser": given})
    assert page.status_code == 200


def test_a_forged_form_is_refused_and_not_kept(site: Site) -> None:
    assert send(site, "/admin/people", {"email": FRANK, "csrf": "x"}).status_code == 403
    assert site.query("SELECT count(*) FROM held_forms") == [(0,)]


def test_what_proves_where_a_form_came_from_is_not_kept(site: Site) -> None:
    add_frank(site)
    [(fields,)] = site.query("SELECT fields FROM held_forms")
    assert fields == "email=frank%40example.com&name=Frank+%3C3&sees=nothing"


def test_a_program_is_told_in_words_and_nothing_is_kept(site: Site) -> None:
    answer = send(site, "/admin/people", {"email": FRANK, "sees": "nothing"}, accept="application/json")
    assert (answer.status_code, "Sign in again" in answer.text) == (403, True)
    assert site.query("SELECT count(*) FROM held_forms") == [(0,)]


@pytest.mark.parametrize("referer", ["https://evil.example.com//evil", "nonsense", "", "http://[", "/\\evil"])
def test_a_page_that_is_not_ours_is_no_way_back(site: Site, referer: str) -> None:
    page = ask(site, "GET", add_frank(site, referer=referer))
    assert '<a href="/">Back without' in page.text


def test_a_viewer_is_asked_before_a_token(site: Site) -> None:
    answer = send(site, "/account/tokens", {"name": "Sheet", "right": "items"}, persona="bob")
    page = ask(site, "GET", answer.headers["location"], persona="bob")
    assert "You are about to <b>create a token</b>" in page.text
    prove(site, "bob")
    page = ask(site, "GET", answer.headers["location"], persona="bob")
    made = send(site, "/account/tokens", dict(read_hidden(page, "/account/tokens")), persona="bob")
    assert "This is “Sheet”" in made.text


def test_one_of_the_own_sessions_is_ended_after_a_new_sign_in_alone(site: Site) -> None:
    [(elsewhere,)] = site.query(
        "INSERT INTO sessions (token_hash, user_id, method) SELECT %s, id, 'link' FROM users WHERE email = %s"
        " RETURNING id",
        b"elsewhere",
        "bob@example.com",
    )
    path = send(site, f"/account/sessions/{elsewhere}/end", {}, persona="bob").headers["location"]
    assert "You are about to <b>end a session</b>" in ask(site, "GET", path, persona="bob").text
    prove(site, "bob")
    page = ask(site, "GET", path, persona="bob")
    hidden = dict(read_hidden(page, f"/account/sessions/{elsewhere}/end"))
    answer = send(site, f"/account/sessions/{elsewhere}/end", hidden, persona="bob")
    assert answer.headers["location"] == "/account?notice=ended"
    assert site.query("SELECT count(*) FROM sessions WHERE id = %s", elsewhere) == [(0,)]


def test_a_proxys_people_are_not_asked_as_the_proxy_is_their_only_proof(database: str) -> None:
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "AUTH_PROXY_HEADER": "X-Auth-User", "BASE_URL": "https://example.com"}
    with running_site.run_site(database, settings, base_url="https://example.com") as site:
        let_in(site.conninfo, "alice")
        headers: dict[str, Any] = {"x-auth-user": ALICE}
        page = site.get("/admin/people", **headers)
        cookie = {"__Host-slb_session": parse_cookies(page)["__Host-slb_session"]}
        age_sessions(site)
        page = site.ask("GET", "/admin/people", browser=cookie, **headers)
        fields = {"csrf": csrf_of(page), "email": FRANK, "sees": "nothing"}
        answer = site.ask("POST", "/admin/people", data=fields, browser=cookie, origin=site.base_url, **headers)
        assert "notice=created" in answer.headers["location"]


def csrf_of(page: Response) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert found
    return found[1]


def test_where_no_way_is_set_up_the_operators_link_is_named(database: str) -> None:
    settings = {"BASE_URL": "https://example.com"}
    with running_site.run_site(database, settings, base_url="https://example.com") as site:
        let_in(site.conninfo, "alice")
        age_sessions(site)
        fields = {"csrf": csrf("alice"), "email": FRANK, "sees": "nothing"}
        browser = {"__Host-slb_browser": BROWSER}
        answer = site.ask("POST", "/admin/people", "alice", data=fields, browser=browser, origin=site.base_url)
        page = site.ask("GET", answer.headers["location"], "alice", browser=browser)
    assert "<code>slb users login-link alice@example.com</code>" in page.text
    assert token("alice") not in page.text


@pytest.mark.parametrize("age_s", [None, 0, 500, 7200])
def test_the_identity_provider_is_told_to_ask_again_and_believed_unless_it_says_it_did_not(
    database: str, age_s: int | None
) -> None:
    base_url = "https://backlog.example.com"
    with oidc.run_provider() as provider:
        settings = {
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": provider.client_id,
            "OIDC_CLIENT_SECRET": leaks.mark(provider.client_secret),
            "OIDC_NAME": "Example ID",
        }
        provider.claims |= {"email": ALICE, "name": "Alice"}
        if age_s is not None:
            provider.claims["auth_time"] = int(time.time()) - age_s
        with running_site.run_site(database, settings, base_url=base_url) as site:
            started = site.get("/sign-in/oidc?next=/account&again=1")
            asked = parse_qs(urlsplit(started.headers["location"]).query)
            assert (asked["prompt"], asked["max_age"]) == (["login"], ["600"])
            back = provider.consent(started.headers["location"])
            answer = site.ask("GET", back, browser={"__Host-slb_oidc": parse_cookies(started)["__Host-slb_oidc"]})
    is_in = age_s is None or age_s < 600
    assert (answer.status_code == 303, "without asking who you are again" in answer.text) == (is_in, not is_in)
