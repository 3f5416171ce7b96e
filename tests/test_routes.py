"""Every route, asked by everybody in every way: the table below knows the answer of each."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
import pytest
from httpx2 import Response

from shareable_backlog.controllers.access.auth import Who
from shareable_backlog.routes import ROUTES, Route
from shareable_backlog.web import params
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in_by

# By GET these are the page of a person, or a run, of which there is none.
READ_AS_A_NUMBER = ("/admin/people/decide", "/admin/sync/removals")
STRANGER = {"x-forwarded-for": "203.0.113.9"}
Reset: TypeAlias = Callable[[], None]


@dataclass(frozen=True)
class Row:
    """Who may ask for a route, an example of its address, and what whoever may gets for an empty form."""

    who: Who
    path: str = ""
    answer: int = 200


TABLE = {
    "GET /healthz": Row("anyone"),
    "GET /readyz": Row("anyone"),
    "GET /api/health": Row("anyone"),
    "GET /static/{path:path}": Row("anyone", "/static/style.css"),
    "GET /manifest.webmanifest": Row("visitor"),
    "GET /place/style.css": Row("visitor"),
    "GET /place/logo": Row("visitor", answer=404),
    "GET /place/icon/{size}": Row("visitor", "/place/icon/192"),
    "GET /sign-in": Row("visitor"),
    "POST /sign-in": Row("visitor", answer=400),
    "GET /sign-in/code": Row("visitor"),
    "POST /sign-in/code": Row("visitor", answer=403),
    "GET /sign-in/link/{token}": Row("visitor", "/sign-in/link/none", 403),
    "POST /sign-in/link/{token}": Row("visitor", "/sign-in/link/none", 403),
    "POST /sign-out": Row("person", answer=303),
    "GET /waiting": Row("person"),
    "POST /waiting": Row("person", answer=303),
    "GET /account": Row("person"),
    "POST /account/preferences": Row("person", answer=303),
    "POST /account/sessions/{session_id}/end": Row("person", "/account/sessions/0/end", 404),
    "GET /": Row("viewer"),
    "GET /roadmap": Row("viewer"),
    "GET /updates": Row("viewer"),
    "GET /updates.atom": Row("viewer"),
    "GET /updates/feed": Row("viewer"),
    "POST /updates/feed": Row("viewer"),
    "GET /projects/{name:path}": Row("viewer", "/projects/None", 404),
    "GET /changes": Row("viewer"),
    "POST /changes/seen": Row("viewer", answer=303),
    "GET /done": Row("viewer"),
    "POST /done/heading": Row("admin", answer=400),
    "GET /meeting": Row("viewer"),
    "POST /meeting": Row("member", answer=303),
    "GET /meeting/{key}": Row("viewer", "/meeting/2020-01-01", 404),
    "POST /meeting/{key}/delete": Row("admin", "/meeting/2020-01-01/delete", 404),
    "GET /board": Row("viewer"),
    "GET /matrix": Row("viewer"),
    "GET /timeline": Row("viewer"),
    "GET /trends": Row("viewer"),
    "GET /present/list": Row("viewer"),
    "GET /present/board": Row("viewer"),
    "GET /present/matrix": Row("viewer"),
    "GET /present/timeline": Row("viewer"),
    "GET /present/meeting": Row("viewer"),
    "GET /present/roadmap": Row("viewer"),
    "POST /seen": Row("viewer"),
    "POST /seen/all": Row("viewer", answer=303),
    "GET /filters": Row("viewer"),
    "GET /export.csv": Row("viewer"),
    "GET /export/spreadsheet.csv": Row("viewer"),
    "GET /export.json": Row("viewer"),
    "GET /feed.atom": Row("viewer"),
    "GET /feeds": Row("viewer"),
    "POST /feeds": Row("viewer"),
    "GET /items/{identifier}": Row("viewer", "/items/NONE-1", 404),
    "GET /items/{identifier}/images/{name}": Row("viewer", "/items/NONE-1/images/none", 404),
    "GET /initiatives/{name:path}": Row("viewer", "/initiatives/none", 404),
    "GET /teams/{key}": Row("viewer", "/teams/NONE", 404),
    "GET /cycles/{name}": Row("viewer", "/cycles/NONE-1", 404),
    "GET /labels/{name:path}": Row("viewer", "/labels/none", 404),
    "GET /people/{name:path}": Row("viewer", "/people/none", 404),
    "GET /metrics": Row("anyone"),
    "POST /account/tokens": Row("viewer", answer=400),
    "POST /account/tokens/{token_id}/revoke": Row("person", "/account/tokens/0/revoke", 404),
    "GET /views": Row("viewer"),
    "POST /views": Row("viewer", answer=400),
    "POST /views/copy": Row("viewer", answer=400),
    "POST /views/rename": Row("viewer", answer=400),
    "POST /views/move": Row("viewer", answer=404),
    "POST /views/default": Row("viewer", answer=303),
    "POST /views/delete": Row("viewer", answer=404),
    "POST /views/bring-back": Row("viewer", answer=404),
    "GET /about": Row("viewer"),
    "GET /admin": Row("admin"),
    "GET /admin/people": Row("admin"),
    "POST /admin/people": Row("admin", answer=400),
    "GET /admin/people.csv": Row("admin"),
    "POST /admin/people/decide": Row("admin", answer=400),
    "GET /admin/people/{user_id}": Row("admin", "/admin/people/0", 404),
    "POST /admin/people/{user_id}": Row("admin", "/admin/people/0", 404),
    "POST /admin/people/{user_id}/pages": Row("admin", "/admin/people/0/pages", 404),
    "POST /admin/people/{user_id}/delete": Row("admin", "/admin/people/0/delete", 404),
    "POST /admin/people/{user_id}/view-as": Row("admin", "/admin/people/0/view-as", 404),
    "POST /admin/people/{user_id}/sessions/{session_id}/end": Row("admin", "/admin/people/0/sessions/0/end", 404),
    "POST /admin/view-as/stop": Row("admin", answer=303),
    "GET /sign-in/passkey": Row("visitor"),
    "POST /sign-in/passkey": Row("visitor", answer=403),
    "POST /account/passkeys": Row("viewer", answer=400),
    "POST /account/passkeys/new": Row("viewer", answer=400),
    "POST /account/passkeys/{passkey_id}/remove": Row("person", "/account/passkeys/0/remove", 404),
    "POST /admin/people/{user_id}/passkeys/remove": Row("admin", "/admin/people/0/passkeys/remove", 404),
    "GET /sign-in/again/{form_id}": Row("person", "/sign-in/again/0", 404),
    "GET /sign-in/oidc": Row("visitor", answer=404),
    "GET /sign-in/oidc/callback": Row("visitor", answer=403),
    "GET /admin/invitations": Row("admin"),
    "POST /admin/invitations": Row("admin", answer=400),
    "POST /admin/invitations/{invitation_id}/again": Row("admin", "/admin/invitations/0/again", 404),
    "POST /admin/invitations/{invitation_id}/withdraw": Row("admin", "/admin/invitations/0/withdraw", 404),
    "GET /admin/sync": Row("admin"),
    "POST /admin/sync": Row("admin", answer=303),
    "GET /admin/sync/events": Row("admin"),
    "POST /admin/sync/removals": Row("admin", answer=400),
    "GET /admin/sync/{run_id}": Row("admin", "/admin/sync/0", 404),
    "GET /admin/sharing": Row("admin"),
    "POST /admin/sharing": Row("admin", answer=400),
    "POST /admin/sharing/newcomers": Row("admin", answer=400),
    "POST /admin/sharing/preview": Row("admin", answer=400),
    "GET /admin/labels": Row("admin"),
    "POST /admin/labels": Row("admin", answer=303),
    "POST /admin/labels/preview": Row("admin"),
    "GET /admin/settings": Row("admin"),
    "POST /admin/settings/meeting": Row("admin", answer=400),
    "POST /admin/settings/place": Row("admin", answer=400),
    "POST /admin/settings/start": Row("admin", answer=400),
    "POST /admin/settings/matrix": Row("admin", answer=400),
    "POST /admin/settings/sync": Row("admin", answer=400),
    "POST /admin/settings/pages": Row("admin", answer=400),
    "POST /admin/groups": Row("admin", answer=400),
    "GET /admin/groups/{group_id}": Row("admin", "/admin/groups/0", 404),
    "POST /admin/groups/{group_id}/name": Row("admin", "/admin/groups/0/name", 400),
    "POST /admin/groups/{group_id}/rules": Row("admin", "/admin/groups/0/rules", 404),
    "POST /admin/groups/{group_id}/people": Row("admin", "/admin/groups/0/people", 404),
    "POST /admin/groups/{group_id}/people/out": Row("admin", "/admin/groups/0/people/out", 400),
    "POST /admin/groups/{group_id}/delete": Row("admin", "/admin/groups/0/delete", 400),
    "POST /admin/views": Row("admin", answer=404),
    "GET /admin/views/linear": Row("admin"),
    "POST /admin/views/linear": Row("admin", answer=404),
    "POST /admin/views/{view_id}/rename": Row("admin", "/admin/views/0/rename", 400),
    "POST /admin/views/{view_id}/move": Row("admin", "/admin/views/0/move", 404),
    "POST /admin/views/{view_id}/unpublish": Row("admin", "/admin/views/0/unpublish", 404),
    "GET /admin/audit": Row("admin"),
    "GET /admin/audit.csv": Row("admin"),
    "GET /api/v1/openapi.json": Row("visitor"),
    "GET /api/v1/items": Row("viewer"),
    "GET /api/v1/items/{identifier}": Row("viewer", "/api/v1/items/NONE-1", 404),
    "GET /api/v1/teams": Row("viewer"),
    "GET /api/v1/projects": Row("viewer"),
    "GET /api/v1/updates": Row("viewer"),
    "GET /api/v1/labels": Row("viewer"),
    "GET /api/v1/views": Row("viewer"),
    "GET /api/v1/me": Row("viewer"),
    "POST /webhooks/linear": Row("signer", answer=401),
    "GET /robots.txt": Row("anyone"),
    "GET /events": Row("viewer"),
    "GET /.well-known/security.txt": Row("anyone", answer=404),
    "POST /policy-reports": Row("browser", answer=400),
}

# What signed-in people of each kind get where only somebody else may ask.
_IN = {
    "anyone": {"bob", "erin", "alice", "carol", "dora", "edgar", None},
    "browser": {"bob", "erin", "alice", "carol", "dora", "edgar", None},
    "visitor": {"bob", "erin", "alice", "carol", "dora", "edgar", None},
    "person": {"bob", "erin", "alice", "carol"},
    "viewer": {"bob", "erin", "alice"},
    "member": {"alice"},
    "admin": {"alice"},
}
PERSONAS = (None, "carol", "dora", "edgar", "bob", "erin", "alice")


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    """Yield the program behind a trusted proxy, so that a test may come from anywhere."""
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "LINEAR_WEBHOOK_SECRETS": "lin_wh_0123456789abcdef"}
    with create_database(server, template) as conninfo, running_site.run_site(conninfo, settings) as site:
        yield site


@pytest.fixture(scope="module")
def reset(site: Site) -> Generator[Reset]:
    """Yield what makes everybody as new, before each of hundreds of tests, by a session that has its plans."""
    with psycopg.connect(site.conninfo, autocommit=True) as connection:

        def make_as_new() -> None:
            with connection.transaction():
                let_in_by(connection, "alice", "bob", "carol", "dora", "edgar", "erin")
                connection.execute("DELETE FROM rate_limits")

        yield make_as_new


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def asked(site: Site, route: Route, persona: str | None, *, csrf_of: str | None, **headers: str) -> Response:
    """Send the request as a page of ours would, with the form's token of `csrf_of` if there is one."""
    row = TABLE[name(route)]
    browser = {"slb_browser": f"session-of-{persona}-0123456789"}  # so that the token is the same, signed in or not
    data = None if route.method == "GET" else {"csrf": csrf_of and csrf(csrf_of)}
    origin = {} if route.method == "GET" else {"origin": site.base_url}
    method = "HEAD" if route.path.endswith("/events") else route.method  # the answer to a GET has no end
    return site.ask(method, row.path or route.path, persona, data=data, browser=browser, **(origin | headers))


def refusal(route: Route, persona: str | None) -> tuple[int, str | None]:
    """Return status and address of what somebody gets who may not ask."""
    is_known = persona in _IN["person"]
    if route.method == "POST" or route.path.startswith("/api/"):
        return (403 if is_known else 401), None
    if not is_known:
        return 303, "/sign-in"
    return (303, "/waiting") if persona == "carol" else (403, None)


def test_every_route_is_in_the_table() -> None:
    assert sorted(map(name, ROUTES)) == sorted(TABLE)
    assert {name(route): route.who for route in ROUTES} == {key: row.who for key, row in TABLE.items()}


# Everything else that admins do, and of what all do tokens and sessions, needs a sign-in within ten minutes.
NOT_ASKED_AGAIN = {
    "POST /admin/people/{user_id}/view-as": "shows an admin less than they see",
    "POST /admin/people/{user_id}/sessions/{session_id}/end": "only takes away, and has to be quick",
    "POST /admin/view-as/stop": "shows an admin what they see anyway",
    "POST /admin/sync": "changes nobody's rights",
    "POST /admin/sync/removals": "changes nobody's rights",
    "POST /admin/sharing/preview": "changes nothing",
    "POST /admin/labels/preview": "changes nothing",
    "POST /done/heading": "changes nobody's rights",
    "POST /admin/settings/meeting": "changes nobody's rights",
    "POST /admin/settings/place": "changes nobody's rights",
    "POST /admin/settings/start": "offers a filter, which shows nobody more",
    "POST /admin/settings/matrix": "changes nobody's rights",
    "POST /admin/settings/sync": "changes nobody's rights",
    "POST /admin/views": "offers a filter, which shows nobody more",
    "POST /admin/views/linear": "offers a filter, which shows nobody more",
    "POST /admin/views/{view_id}/rename": "offers a filter, which shows nobody more",
    "POST /admin/views/{view_id}/move": "offers a filter, which shows nobody more",
    "POST /admin/views/{view_id}/unpublish": "offers a filter no more",
}
OF_VIEWERS_TOO = {
    "POST /account/passkeys",
    "POST /account/passkeys/new",
    "POST /account/passkeys/{passkey_id}/remove",
    "POST /account/sessions/{session_id}/end",
    "POST /account/tokens",
    "POST /feeds",
    "POST /updates/feed",
}


def test_what_changes_who_sees_what_is_asked_for_again() -> None:
    of_admins = {name(route) for route in ROUTES if route.who == "admin" and route.method == "POST"}
    assert {name(route) for route in ROUTES if route.act} == (of_admins - NOT_ASKED_AGAIN.keys()) | OF_VIEWERS_TOO
    assert NOT_ASKED_AGAIN.keys() <= of_admins


@pytest.mark.parametrize("route", [route for route in ROUTES if route.act], ids=name)
def test_whoever_signed_in_long_ago_is_led_to_sign_in_again_and_nothing_is_done(
    site: Site, reset: Reset, route: Route
) -> None:
    reset()
    site.query("UPDATE sessions SET created_at = now() - interval '10 minutes 1 second'")
    answer = asked(site, route, "alice", csrf_of="alice")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in/again/")


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_its_handler_wants_what_there_is(route: Route) -> None:
    types = params.list_struct_types(getattr(route.handler, "answer", route.handler))
    placeholders = {part[1:-1].partition(":")[0] for part in route.path.split("/") if part.startswith("{")}
    assert set(types["path"].__struct_fields__ if "path" in types else ()) == placeholders
    assert "form" not in types or route.method == "POST"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_it_answers_whoever_may_ask_and_nobody_else(site: Site, reset: Reset, route: Route) -> None:
    row = TABLE[name(route)]
    reset()  # what one of them does is of their own, but for alice's, who comes last
    for persona in PERSONAS:
        answer = asked(site, route, persona, csrf_of=str(persona))
        if persona in _IN.get(row.who, _IN["anyone"]):
            is_led_on = answer.status_code == 303 and row.who in ("visitor", "person") and row.answer == 200
            assert answer.status_code == row.answer or is_led_on, (persona, answer.text)
        else:
            status, address = refusal(route, persona)
            assert answer.status_code == status, (persona, answer.text)
            assert answer.headers.get("location", "").partition("?")[0] == (address or ""), persona


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_stranger_to_the_network_is_refused_whoever_it_is(site: Site, reset: Reset, route: Route) -> None:
    is_open = route.who in ("anyone", "signer")
    reset()
    for persona in (None, "bob", "alice"):
        answer = asked(site, route, persona, csrf_of=str(persona), **STRANGER)
        expected = TABLE[name(route)].answer if is_open else 403
        assert answer.status_code == (404 if route.path == "/metrics" else expected), persona


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "POST"], ids=name)
def test_a_form_that_is_not_of_a_page_of_ours_changes_nothing(site: Site, reset: Reset, route: Route) -> None:
    if route.who in ("signer", "browser"):
        return
    reset()
    for token in (None, "mallory"):
        assert asked(site, route, "alice", csrf_of=token).status_code == 403
        assert asked(site, route, "alice", csrf_of="alice", origin="https://evil.example.com").status_code == 403


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_other_methods_are_refused_with_those_that_there_are(site: Site, reset: Reset, path: str) -> None:
    reset()
    methods = {route.method for route in ROUTES if route.path == path}
    address = next(TABLE[name(route)].path or path for route in ROUTES if route.path == path)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"} - methods:
        answer = site.ask(method, address, "alice", origin=site.base_url)
        if method == "GET" and path in READ_AS_A_NUMBER:
            assert answer.status_code == 404
            continue
        assert answer.status_code == 405, method
        assert set(answer.headers["allow"].split(", ")) == methods | ({"HEAD"} if "GET" in methods else set())
