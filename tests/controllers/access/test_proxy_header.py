"""The header by which a trusted proxy names a person, in the forms in which proxies write it."""

from collections.abc import Generator
from ipaddress import ip_network

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs
from structlog.typing import EventDict

from shareable_backlog.controllers.access import proxy_header
from shareable_backlog.controllers.access.proxy_header import ProxyHeader
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

SETTINGS = {"AUTH_PROXY_HEADER": "X-Auth-User", "TRUSTED_PROXIES": "127.0.0.1"}
HTTPS = "https://backlog.example.com"


@pytest.fixture
def behind_proxy(database: str) -> Generator[Site]:
    with running_site.run_site(database, SETTINGS, base_url=HTTPS) as site:
        let_in(database)
        yield site


@pytest.fixture
def logged() -> Generator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


def ask(site: Site, *values: bytes, name: bytes = b"X-Auth-User") -> str:
    """Return the email address of whom the program takes the one that asks for, or where it sends them."""
    answer = site.client.get("/account", headers=[(name, value) for value in values], follow_redirects=False)
    if answer.status_code != 200:
        return answer.headers["location"].partition("?")[0]
    [(email,)] = site.query(
        "SELECT email FROM sessions JOIN users ON users.id = user_id ORDER BY sessions.created_at DESC LIMIT 1"
    )
    return email


def list_warnings(logged: list[EventDict]) -> list[str]:
    return [str(one["reason"]) for one in logged if one["event"] == "proxy_header_ignored"]


@pytest.mark.parametrize(
    "value", ["accounts.google.com:bob@example.com", "Accounts.Google.com:Bob@example.com", "bob@example.com"]
)
def test_what_a_proxy_writes_before_the_address_is_cut_off(database: str, value: str) -> None:
    settings = SETTINGS | {"AUTH_PROXY_PREFIX": "accounts.google.com:"}
    with running_site.run_site(database, settings, base_url=HTTPS) as site:
        let_in(database)
        assert ask(site, value.encode()) == "bob@example.com"


GROUPS = {"AUTH_PROXY_GROUPS_HEADER": "Remote-Groups", "AUTH_PROXY_VIEWER_GROUPS": "staff=Field staff,vip=Partners"}


@pytest.fixture
def with_groups(database: str) -> Generator[Site]:
    with running_site.run_site(database, SETTINGS | GROUPS, base_url=HTTPS) as site:
        let_in(database, "erin")
        site.query("INSERT INTO viewer_groups (name) VALUES ('Field staff'), ('Partners')")
        yield site


def read_groups(site: Site, *values: bytes) -> list[str]:
    """Return erin's groups once the proxy has named hers, and the browser has kept its cookie."""
    sent = [(b"x-auth-user", b"erin@example.com"), *((b"remote-groups", value) for value in values)]
    assert site.client.get("/account", headers=sent).status_code == 200
    names = "SELECT name FROM viewer_group_members JOIN viewer_groups g ON g.id = viewer_group_id ORDER BY name"
    return [name for (name,) in site.query(names)]


@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_a_proxys_groups_lead_into_groups_of_viewers_and_out_again_at_once(
    with_groups: Site, *, keeps_cookies: bool
) -> None:
    for values, names in (
        ([b"staff,vip"], ["Field staff", "Nobody's", "Partners"]),
        ([b"other | vip"], ["Nobody's", "Partners"]),
        ([b" "], ["Nobody's"]),
        ([b"staff"], ["Field staff", "Nobody's"]),
        ([], ["Nobody's"]),
        ([b"staff"], ["Field staff", "Nobody's"]),
        ([b"staff", b"vip"], ["Nobody's"]),
    ):
        if not keeps_cookies:
            with_groups.client.cookies.clear()
        assert read_groups(with_groups, *values) == names


def test_groups_that_stay_the_same_begin_no_other_session(with_groups: Site) -> None:
    for _ in range(3):
        read_groups(with_groups, b"staff")
    assert with_groups.query("SELECT count(*) FROM sessions WHERE method = 'proxy'") == [(1,)]


def test_nobody_but_the_proxy_says_groups(database: str) -> None:
    settings = SETTINGS | GROUPS | {"TRUSTED_PROXIES": "127.0.0.9"}
    with running_site.run_site(database, settings, base_url=HTTPS) as site:
        let_in(database, "erin")
        site.query("INSERT INTO viewer_groups (name) VALUES ('Field staff')")
        site.get("/account", "erin", **{"remote-groups": "staff"})
        assert site.query("SELECT name FROM viewer_group_members JOIN viewer_groups g ON g.id = viewer_group_id") == [
            ("Nobody's",)
        ]


def find_email(value: bytes) -> str | None:
    """Return whom the header names in these bytes, which a client of tests would encode in its own way."""
    header = ProxyHeader("x-auth-user", "", [ip_network("127.0.0.0/8")])
    headers = [(b"x-auth-user", value)]
    request = Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 1)})
    found = proxy_header.find_user(request, header)
    return found and found.email


def test_an_address_in_utf_8_is_the_address_that_it_says() -> None:
    assert find_email("jörg@example.com".encode()) == "jörg@example.com"


def test_bytes_that_are_no_utf_8_name_nobody(logged: list[EventDict]) -> None:
    assert find_email("jörg@example.com".encode("latin-1")) is None
    assert list_warnings(logged) == ["it is not in UTF-8"]


@pytest.mark.parametrize(
    "value", ["carol@github", "accounts.google.com:carol@example.com", "carol", "cn=carol,dc=example"]
)
def test_what_is_no_address_is_told_by_its_shape_and_names_nobody(
    behind_proxy: Site, logged: list[EventDict], value: str
) -> None:
    assert ask(behind_proxy, value.encode()) == "/sign-in"
    [reason] = list_warnings(logged)
    assert "AUTH_PROXY_PREFIX" in reason
    assert "carol" not in reason
    assert "".join(one if not one.isalnum() else "x" for one in value) in reason


def test_a_reason_is_told_once_a_day(behind_proxy: Site, logged: list[EventDict]) -> None:
    for value in (b"carol", b"dave", b"erin@github"):
        ask(behind_proxy, value)
    assert len(list_warnings(logged)) == 1
    ask(behind_proxy, b"bob@example.com", b"alice@example.com")
    ask(behind_proxy, b"bob@example.com", name=b"X_Auth_User")
    assert len(list_warnings(logged)) == 3


def test_an_empty_header_is_somebody_who_has_not_signed_in_at_the_proxy(
    behind_proxy: Site, logged: list[EventDict]
) -> None:
    assert ask(behind_proxy, b"") == "/sign-in"
    assert ask(behind_proxy, b" ") == "/sign-in"
    assert list_warnings(logged) == []
