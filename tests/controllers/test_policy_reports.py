"""What browsers report of the policy stands in the log, once a day each, and nothing of it as it came."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site

PAGE = "https://backlog.example.com"


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        yield site


@pytest.fixture
def logged() -> Generator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


def report(site: Site, body: Any, kind: str = "application/reports+json") -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return site.client.post("/policy-reports", content=content, headers={"content-type": kind}).status_code


def violation(directive: str = "script-src-elem", blocked: str = "https://evil.example/x.js?a=b") -> dict[str, Any]:
    return {
        "type": "csp-violation",
        "age": 3,
        "url": f"{PAGE}/",
        "body": {"effectiveDirective": directive, "documentURL": f"{PAGE}/items/ENG-1?q=x", "blockedURL": blocked},
    }


def list_violations(logged: list[EventDict]) -> list[tuple[str, str, str]]:
    return [(one["directive"], one["blocked"], one["path"]) for one in logged if one["event"] == "policy_violated"]


def test_a_report_is_told_by_directive_origin_and_path(site: Site, logged: list[EventDict]) -> None:
    assert report(site, [violation(), {"type": "deprecation", "body": {"id": "a"}}]) == 204
    assert list_violations(logged) == [("script-src-elem", "https://evil.example", "/items/ENG-1")]


def test_the_older_form_tells_the_same(site: Site, logged: list[EventDict]) -> None:
    old = {
        "csp-report": {
            "violated-directive": "img-src 'self'",
            "document-uri": f"{PAGE}/board",
            "blocked-uri": "inline",
        }
    }
    assert report(site, old, "application/csp-report") == 204
    assert list_violations(logged) == [("img-src", "inline", "/board")]


def test_the_same_is_told_once(site: Site, logged: list[EventDict]) -> None:
    for _ in range(3):
        report(site, [violation(), violation(), violation(blocked="eval")])
    assert len(list_violations(logged)) == 2


def test_a_stranger_fills_no_log(site: Site, logged: list[EventDict]) -> None:
    for number in range(200):
        report(site, [violation(blocked=f"https://{number}.example/{part}") for part in range(30)])
    assert len(list_violations(logged)) == 50


def test_what_extensions_of_the_browser_do_is_not_told(site: Site, logged: list[EventDict]) -> None:
    for blocked in ("chrome-extension://abcdef/x.js", "moz-extension://1", "data:text/html,<b>", "", "a b"):
        report(site, [violation(blocked=blocked)])
    assert list_violations(logged) == []


def test_a_secret_in_an_address_is_not_told(site: Site, logged: list[EventDict]) -> None:
    one = violation()
    one["body"]["documentURL"] = f"{PAGE}/sign-in/link/0123456789abcdef"
    report(site, [one])
    [(_, _, path)] = list_violations(logged)
    assert "0123456789" not in path


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null", b"\xff", b'[{"type":"csp-violation","body":[]}]'])
def test_what_is_no_report_is_refused(site: Site, logged: list[EventDict], body: bytes) -> None:
    assert report(site, body) == 400
    assert list_violations(logged) == []


def test_a_large_report_is_refused(site: Site) -> None:
    assert report(site, b"[" + b" " * 20_000 + b"]") == 413


def test_other_networks_report_nothing(site: Site) -> None:
    headers = {"x-forwarded-for": "203.0.113.9"}
    assert site.client.post("/policy-reports", content=b"[]", headers=headers).status_code == 403
