"""Signing in below a path of a host: there and back, by a link or a provider; and nothing of another path is kept."""

import re
from urllib.parse import quote

from httpx2 import Response
from structlog.testing import capture_logs

from tests.fakes import oidc
from tests.support import leaks, running_site
from tests.support.browser.crawling import BELOW, ORIGIN, read_cookies
from tests.support.signed_in import csrf, let_in

BASE = f"{ORIGIN}{BELOW}"


def test_whoever_has_to_sign_in_first_comes_back_below_the_path(database: str) -> None:
    base = "http://localhost:8000/backlog"
    with running_site.run_site(database, base_url=base) as site:
        answer = site.get("/items/FLD-118")
        assert answer.headers["location"] == "/backlog/sign-in?next=%2Fitems%2FFLD-118"
        page = site.get("/sign-in?next=/items/FLD-118")
        browser = {name: rest.partition(";")[0] for name, rest in read_cookies(page).items()}
        secret = re.findall(r'name="csrf" value="(\w+)"', page.text)[0]
        data = {"csrf": secret, "email": "carol@example.com", "next": "/items/FLD-118"}
        with capture_logs() as logged:
            site.ask("POST", "/sign-in", browser=browser, data=data, origin="http://localhost:8000")
        [link] = [event["address"] for event in logged if event["event"] == "sign_in_link"]
        assert link.startswith(f"{base}/sign-in/link/")
        assert 'action=""' not in site.ask("GET", link, browser=browser).text
        answer = site.ask("POST", link, browser=browser, data={"csrf": secret}, origin="http://localhost:8000")
    assert answer.headers["location"] == "/backlog/items/FLD-118"
    assert "; Path=/backlog;" in read_cookies(answer)["slb_session"]


def test_an_identity_provider_sends_people_back_below_the_path(database: str) -> None:
    with oidc.run_provider() as provider:
        provider.claims |= {"email": "carol@example.com"}
        settings = {
            "OIDC_ISSUER": provider.url, "OIDC_CLIENT_ID": provider.client_id,
            "OIDC_CLIENT_SECRET": leaks.mark(provider.client_secret),
        }  # fmt: skip
        with running_site.run_site(database, settings, base_url=BASE) as site:
            begun = site.get("/sign-in/oidc?next=/board")
            assert quote(f"{BASE}/sign-in/oidc/callback", safe="") in begun.headers["location"]
            flow = read_cookies(begun)["__Secure-slb_oidc"]
            assert "; Path=/backlog;" in flow
            back = provider.consent(begun.headers["location"])
            assert back.startswith(f"{BELOW}/sign-in/oidc/callback?")
            answer = site.ask(
                "GET", f"{ORIGIN}{back}", browser={"__Secure-slb_oidc": flow.partition(";")[0].strip('"')}
            )
    assert (answer.status_code, answer.headers["location"]) == (303, "/backlog/board")
    assert "; Path=/backlog;" in read_cookies(answer)["__Secure-slb_session"]


def test_a_form_that_needs_a_new_sign_in_leads_there_and_back_below_the_path(database: str) -> None:
    let_in(database, "alice")
    browser = {"__Secure-slb_browser": "browser-of-alice-0123456789"}
    data = {"csrf": csrf("alice"), "email": "frank@example.com", "sees": "nothing"}
    with running_site.run_site(database, base_url=BASE) as site:
        site.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
        answer = site.ask(
            "POST",
            "/admin/people",
            "alice",
            data=data,
            browser=browser,
            origin=ORIGIN,
            referer=f"{BASE}/admin/people?q=frank",
        )
        assert re.fullmatch(r"/backlog/sign-in/again/\d+", answer.headers["location"])
        page = site.ask("GET", f"{ORIGIN}{answer.headers['location']}", "alice", browser=browser).text
    assert 'href="/backlog/admin/people?q=frank"' in page
    assert "/backlog/backlog/" not in page


def test_a_page_that_was_made_for_another_path_is_not_taken_for_this_one(database: str) -> None:
    let_in(database)
    asked = [f"{ORIGIN}/backlog", ORIGIN, f"{ORIGIN}/plans", f"{ORIGIN}/backlog"]
    for path in ("/?all", "/board"):
        pages: list[Response] = []
        for base in asked:
            with running_site.run_site(database, base_url=base) as site:
                pages.append(site.get(path, "alice"))
        homes = [re.findall(r'<a class="home" href="([^"]+)"', page.text) for page in pages]
        assert homes == [["/backlog/"], ["/"], ["/plans/"], ["/backlog/"]]
        exports = [re.findall(r'href="([^"]+)" download>CSV', page.text) for page in pages]
        assert exports == [["/backlog/export.csv"], ["/export.csv"], ["/plans/export.csv"], ["/backlog/export.csv"]]
        tags = [page.headers["etag"] for page in pages]
        assert (len(set(tags)), tags[0] == tags[3]) == (3, True)
