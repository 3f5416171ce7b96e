"""The whole program below a path of its host, behind a proxy that takes the path off and one that passes it on."""

import re
from collections.abc import Generator
from urllib.parse import urlsplit

import pytest
from anyio.from_thread import start_blocking_portal
from structlog.testing import capture_logs

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.routes import ROUTES
from shareable_backlog.sync import sample
from tests.conftest import as_url, create_database
from tests.fakes.uploads import PNG, serve_uploads
from tests.support import leaks, running_site
from tests.support.browser import crawling
from tests.support.browser.crawling import BELOW, ORIGIN, Crawl
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in, token

BASE = f"{ORIGIN}{BELOW}"
IMAGE = "https://uploads.linear.app/org/plan"
# Where no link leads: what comes before one is signed in, what programs ask for, a stream that has no end.
UNLINKED = {
    *(
        "/sign-in",
        "/sign-in/again/{form_id}",
        "/sign-in/passkey",
        "/sign-in/code",
        "/sign-in/link/{token}",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
        "/sign-in/passkey",
        "/waiting",
    ),
    *(
        "/admin/sync/events",
        "/events",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/health",
        "/robots.txt",
        "/.well-known/security.txt",
        "/feed.atom",
        "/updates.atom",
    ),
}


async def _store(url: str) -> None:
    async with database.open_database(parse_settings({"DATABASE_URL": url})):
        await sample.load_sample()
        await database.query(
            "UPDATE backlog_items SET description = %(text)s WHERE identifier = 'FLD-118'",
            {"text": f"![The plan]({IMAGE}) See FLD-131."},
        )
        await database.query("UPDATE settings SET place_color = '#123456', logo_hash = 'abc'")
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        await database.query(
            "INSERT INTO place_logos (media_type, content) VALUES ('image/svg+xml', %(svg)s)", {"svg": svg}
        )


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    """Yield the program with the sample, an image, a logo, people, a group, a token and a view."""
    with (
        create_database(server, template) as conninfo,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve_uploads()) as uploads,
    ):
        uploads.add("/org/plan", PNG)
        portal.call(_store, as_url(conninfo))
        let_in(conninfo, "alice", "bob", "carol", "erin")
        settings = {
            "SECURITY_CONTACTS": "security@example.com", "LINEAR_UPLOADS_URL": uploads.url,
            "LINEAR_API_URL": "http://127.0.0.1:1/graphql", "LINEAR_API_KEY": leaks.LINEAR_KEY,
            "EXPORTS_PER_HOUR": "1000", "PAGES_PER_MINUTE": "10000",
        }  # fmt: skip
        with running_site.run_site(conninfo, settings, base_url=BASE) as site:
            site.post("/account/tokens", "alice", name="A program", rights="items")
            site.post("/meeting", "alice")
            site.post("/views", "alice", name="Mine", query="team=FLD", layout="list")
            yield site


@pytest.mark.parametrize("strips", [False, True], ids=["passed on", "taken off"])
def test_every_address_of_every_page_leads_below_the_path(site: Site, *, strips: bool) -> None:
    crawl = Crawl(site, strips=strips)
    crawl.walk("/items/FLD-118", "/")
    assert crawl.faults == []
    reached = {route for _, route in crawl.seen}
    readable = {route.path for route in ROUTES if route.method == "GET" and not route.path.startswith("/api/v1/")}
    assert readable - UNLINKED - reached == set()


def test_texts_of_items_lead_below_the_path(site: Site) -> None:
    page = site.get("/items/FLD-118", "alice").text
    assert re.search(r'<img loading="lazy" src="/backlog/items/FLD-118/images/\w+" alt="The plan"', page)
    assert '<a href="/backlog/items/FLD-131" title=' in page


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/api/health", "/metrics", "/robots.txt", "/.well-known/security.txt"]
)
def test_what_probes_ask_for_answers_with_and_without_the_path(site: Site, path: str) -> None:
    assert [site.ask("GET", f"{ORIGIN}{below}{path}").status_code for below in ("", BELOW)] == [200, 200]


def test_security_txt_names_the_place_where_the_standard_looks_for_it(site: Site) -> None:
    assert f"Canonical: {ORIGIN}/.well-known/security.txt\n" in site.get("/.well-known/security.txt").text


def test_cookies_are_for_the_path_alone(site: Site) -> None:
    [(name, rest)] = crawling.read_cookies(site.get("/sign-in")).items()
    assert name == "__Secure-slb_browser"
    assert re.fullmatch(r"[\w-]+; HttpOnly; Path=/backlog; SameSite=lax; Secure", rest)


def test_signing_out_deletes_the_cookie_of_the_path(site: Site) -> None:
    let_in(site.conninfo, "erin")
    answer = site.post("/sign-out", "erin")
    assert answer.headers["location"] == "/backlog/sign-in?notice=signed-out"
    assert re.match(r'"";.* Max-Age=0; Path=/backlog;', crawling.read_cookies(answer)["__Secure-slb_session"])


@pytest.mark.parametrize("name", ["__Host-slb_session", "slb_session"])
def test_a_cookie_of_another_path_lets_nobody_in(site: Site, name: str) -> None:
    assert site.ask("GET", "/account", browser={name: token("alice")}).status_code == 303


@pytest.mark.parametrize(
    ("origin", "status"), [(ORIGIN, 303), (BASE, 403), (f"{ORIGIN}/", 403), ("https://other.example.com", 403)]
)
def test_a_form_comes_from_the_origin_which_has_no_path(site: Site, origin: str, status: int) -> None:
    answer = site.ask("POST", "/account/preferences", "bob", data={"csrf": csrf("bob")}, origin=origin)
    assert answer.status_code == status


def test_a_feed_and_its_address_lead_below_the_path(site: Site) -> None:
    page = site.post("/feeds?team=FLD", "alice").text
    [address] = re.findall(r'data-copy="([^"]+)"', page)
    assert address.startswith(f"{BASE}/feed.atom?team=FLD&amp;token=")
    for below in (BASE, ORIGIN):
        feed = site.ask("GET", address.replace("&amp;", "&").replace(BASE, below))
        links = re.findall(r'<link href="([^"]+)"', feed.text)
        assert links
        assert all(re.fullmatch(rf"{BASE}/items/[A-Z]+-\d+", link) for link in links)


def test_an_export_links_its_items_below_the_path(site: Site) -> None:
    rows = site.get("/export.csv", "alice").text.splitlines()[1:]
    assert all(re.search(rf"{BASE}/items/[A-Z]+-\d+$", row) for row in rows)


def test_the_document_of_the_api_says_where_it_is(site: Site) -> None:
    assert site.get("/api/v1/openapi.json").json()["servers"] == [{"url": BELOW}]
    assert ">/backlog/api/v1/openapi.json</a>" in site.get("/account", "alice").text


def test_a_sign_in_link_in_a_report_of_a_browser_is_hidden(site: Site) -> None:
    document = f"{BASE}/sign-in/link/{'secret' * 5}"
    body = {"effectiveDirective": "img-src", "blockedURL": "https://evil.example.com", "documentURL": document}
    with capture_logs() as logged:
        site.client.post("/policy-reports", json=[{"type": "csp-violation", "body": body}])
    assert [event["path"] for event in logged if event["event"] == "policy_violated"] == ["/sign-in/link/…"]


def test_a_refusal_is_recorded_by_the_path_that_the_program_knows(site: Site) -> None:
    assert site.get("/admin/people", "bob").status_code == 403
    rows = site.query("SELECT details ->> 'path' FROM audit_logs WHERE action = 'access.refused'")
    assert set(rows) == {("/admin/people",)}


def test_an_error_leads_back_below_the_path(site: Site) -> None:
    answer = site.get("/nothing", "alice")
    assert (answer.status_code, 'href="/backlog/">Go to the backlog' in answer.text) == (404, True)
    assert urlsplit(str(answer.url)).path == "/backlog/nothing"
