"""The headers of every answer, whoever gets it and whatever it is."""

from collections.abc import Generator

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from shareable_backlog.web.headers import SecurityHeaders
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo)
        yield site


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/account", "/admin", "/api/v1/items", "/nothing", "/static/app.js"]
)
def test_a_page_may_be_framed_by_nobody_and_load_from_nowhere_else(site: Site, path: str) -> None:
    headers = site.get(path, "alice").headers
    rules = [rule.strip().partition(" ") for rule in headers["content-security-policy"].split(";")]
    policy = {name: sources for name, _, sources in rules}
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("style-src", "script-src", "connect-src", "form-action")} == {"'self'"}
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "backlog")
    assert headers["reporting-endpoints"] == f'{policy["report-to"]}="{policy["report-uri"]}"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    "path", ["/changes", "/export.csv", "/sign-in", "/account", "/admin/audit", "/api/v1/me", "/nothing"]
)
def test_nobody_keeps_what_is_for_one_person(site: Site, path: str) -> None:
    assert site.get(path, "alice").headers["cache-control"] == "no-store"


def test_signing_out_clears_what_the_browser_kept(site: Site) -> None:
    let_in(site.conninfo, "bob")
    answer = site.ask("POST", "/sign-out", "bob", data={"csrf": csrf("bob")}, origin=site.base_url)
    assert answer.headers["clear-site-data"] == '"cache"'


@pytest.mark.parametrize(("wanted", "said"), [(False, ""), (True, "; includeSubDomains")])
def test_the_names_below_are_always_behind_tls_where_that_is_wanted(*, wanted: bool, said: str) -> None:
    served = SecurityHeaders(PlainTextResponse("Hello"), is_https=True, hsts_subdomains=wanted)
    assert TestClient(served).get("/").headers["strict-transport-security"] == f"max-age=31536000{said}"
