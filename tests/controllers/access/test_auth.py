"""Who asks: by session, by a trusted proxy's header, and from where."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

MALLORY: dict[str, Any] = {"x-auth-user": "mallory@example.com"}
HTTPS = "https://backlog.example.com"


@pytest.fixture
def behind_proxy(database: str) -> Generator[Site]:
    """Yield the program behind a trusted proxy that says who asks."""
    settings = {"AUTH_PROXY_HEADER": "X-Auth-User", "TRUSTED_PROXIES": "127.0.0.1"}
    with running_site.run_site(database, settings, base_url=HTTPS) as site:
        let_in(database)
        yield site


def test_a_header_that_nobody_asked_for_signs_nobody_in(database: str) -> None:
    with running_site.run_site(database) as site:
        let_in(database)
        answer = site.get("/", **{"x-auth-user": "alice@example.com"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_trusted_proxys_header_signs_its_person_in(behind_proxy: Site) -> None:
    answer = behind_proxy.get("/", **{"x-auth-user": "Bob@example.com"})
    assert answer.status_code == 200
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-slb_session=")
    assert behind_proxy.query("SELECT method FROM sessions WHERE method = 'proxy'") == [("proxy",)]


def test_a_new_person_of_the_proxy_waits_for_an_admin_like_everybody(behind_proxy: Site) -> None:
    answer = behind_proxy.get("/", **{"x-auth-user": "carol@example.com"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/waiting")


def test_a_session_of_the_proxy_is_only_good_with_its_persons_header(behind_proxy: Site) -> None:
    [cookie] = behind_proxy.get("/", **{"x-auth-user": "bob@example.com"}).headers.get_list("set-cookie")
    name, _, value = cookie.partition(";")[0].partition("=")
    alone = behind_proxy.ask("GET", "/", browser={name: value})
    assert alone.headers["location"] == "/sign-in"
    other = behind_proxy.ask("GET", "/", browser={name: value}, **MALLORY)
    assert other.headers["location"] == "/waiting"


def test_a_person_of_the_proxy_without_a_cookie_is_in_the_session_that_there_is(behind_proxy: Site) -> None:
    pages = [behind_proxy.get("/", **{"x-auth-user": "bob@example.com", "user-agent": "curl"}) for _ in range(50)]
    assert {page.status_code for page in pages} == {200}
    assert len({page.headers["set-cookie"] for page in pages}) == 1
    assert behind_proxy.query("SELECT count(*) FROM sessions WHERE method = 'proxy'") == [(1,)]
    assert behind_proxy.query("SELECT count(*) FROM audit_logs WHERE action = 'sign_in.succeeded'") == [(1,)]


def test_a_person_of_the_proxy_has_at_most_twenty_sessions_however_many_browsers(behind_proxy: Site) -> None:
    for number in range(25):
        behind_proxy.get("/", **{"x-auth-user": "bob@example.com", "user-agent": f"browser {number}"})
    agents = behind_proxy.query("SELECT user_agent FROM sessions WHERE method = 'proxy' ORDER BY id")
    assert agents == [(f"browser {number}",) for number in range(5, 25)]


@pytest.mark.parametrize(
    "ended", ["DELETE FROM sessions", "UPDATE sessions SET created_at = now() - interval '31 days'"]
)
def test_an_ended_session_of_the_proxy_begins_anew_on_record(behind_proxy: Site, ended: str) -> None:
    named = {"x-auth-user": "bob@example.com"}
    behind_proxy.get("/", **named)
    behind_proxy.query(ended)
    assert behind_proxy.get("/", **named).status_code == 200
    assert behind_proxy.query("SELECT count(*) FROM sessions WHERE method = 'proxy'") == [(1,)]
    assert behind_proxy.query("SELECT count(*) FROM audit_logs WHERE action = 'sign_in.succeeded'") == [(2,)]


def test_whoever_takes_over_an_address_takes_over_no_session(behind_proxy: Site) -> None:
    named = {"x-auth-user": "bob@example.com"}
    behind_proxy.get("/", **named)
    behind_proxy.query("UPDATE users SET email = 'robert@example.com' WHERE email = 'bob@example.com'")
    assert behind_proxy.get("/", **named).headers["location"] == "/waiting", "a new person"
    assert behind_proxy.query(
        "SELECT u.email FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.method = 'proxy'"
    ) == [("bob@example.com",)]


@pytest.mark.parametrize("headers", [{"x_auth_user": "alice@example.com"}, {"x-auth_user": "alice@example.com"}])
def test_a_name_with_underscores_is_not_the_header(behind_proxy: Site, headers: dict[str, str]) -> None:
    assert behind_proxy.get("/", **headers).headers["location"] == "/sign-in"


@pytest.mark.parametrize("second", ["X-Auth-User", "X_Auth_User", "x-auth-user"])
def test_a_header_that_comes_twice_counts_for_nothing(behind_proxy: Site, second: str) -> None:
    twice = [("X-Auth-User", "bob@example.com"), (second, "alice@example.com")]
    answer = behind_proxy.client.get("/", headers=twice, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"


def test_a_header_that_is_no_mail_address_counts_for_nothing(behind_proxy: Site) -> None:
    for value in ("alice", "alice@example.com, bob@example.com", "", "a" * 5000):
        assert behind_proxy.get("/", **{"x-auth-user": value}).headers["location"] == "/sign-in"


def test_the_header_of_a_peer_that_is_no_trusted_proxy_is_ignored(database: str) -> None:
    settings = {"AUTH_PROXY_HEADER": "X-Auth-User", "TRUSTED_PROXIES": "127.0.0.9"}
    with running_site.run_site(database, settings, base_url=HTTPS) as site:
        let_in(database)
        answer = site.get("/", **{"x-auth-user": "alice@example.com", "x-forwarded-for": "127.0.0.9"})
        assert answer.headers["location"] == "/sign-in"


def test_the_record_has_the_rightmost_address_that_is_no_proxys(behind_proxy: Site) -> None:
    named = {"x-auth-user": "bob@example.com", "x-forwarded-for": "203.0.113.5, 127.0.0.9"}
    assert behind_proxy.get("/", **named).status_code == 200
    [(address,)] = behind_proxy.query("SELECT ip_address FROM audit_logs WHERE action = 'sign_in.succeeded'")
    assert address == "127.0.0.9"


def test_a_stranger_to_the_network_is_in_the_record_once_at_first(behind_proxy: Site) -> None:
    for _ in range(5):
        assert behind_proxy.get("/items/ENG-1", **{"x-forwarded-for": "203.0.113.5"}).status_code == 403
    assert behind_proxy.query("SELECT ip_address FROM audit_logs WHERE action = 'network.refused'") == [
        ("203.0.113.5",)
    ]


def test_a_link_that_a_stranger_opens_is_not_in_the_record(behind_proxy: Site) -> None:
    behind_proxy.get("/sign-in/link/0123456789", **{"x-forwarded-for": "203.0.113.5"})
    [(details,)] = behind_proxy.query("SELECT details FROM audit_logs WHERE action = 'network.refused'")
    assert details == {"path": "/sign-in/link/…"}


def test_somebody_whose_time_is_over_sees_that_and_no_items(behind_proxy: Site) -> None:
    behind_proxy.query("UPDATE users SET access_until = now() - interval '1 day' WHERE email = 'bob@example.com'")
    assert behind_proxy.get("/", "bob").headers["location"] == "/waiting"
    assert "Your access has ended" in behind_proxy.get("/waiting", "bob").text


@pytest.mark.parametrize(
    "age", ["last_seen_at = now() - interval '73 hours'", "created_at = now() - interval '31 days'"]
)
def test_a_session_ends_unused_and_at_its_age(behind_proxy: Site, age: str) -> None:
    assert behind_proxy.get("/", "bob").status_code == 200
    behind_proxy.query(f"UPDATE sessions SET {age}")
    assert behind_proxy.get("/", "bob").headers["location"] == "/sign-in"


def test_a_session_notes_that_it_is_used(behind_proxy: Site) -> None:
    behind_proxy.query("UPDATE sessions SET last_seen_at = now() - interval '1 hour'")
    behind_proxy.get("/", "bob")
    assert behind_proxy.query(
        "SELECT last_seen_at > now() - interval '1 minute', last_access_at IS NOT NULL"
        " FROM sessions JOIN users ON users.id = user_id WHERE email = 'bob@example.com'"
    ) == [(True, True)]


@pytest.mark.parametrize("token", ["x" * 5000, "ü", "a b", "'; DROP TABLE users; --", "\x00"])
def test_a_cookie_that_is_rubbish_is_nobodys(behind_proxy: Site, token: str) -> None:
    cookie = f"__Host-slb_session={token}".encode()
    answer = behind_proxy.client.get("/", headers=[(b"cookie", cookie)], follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"


def test_a_viewed_item_is_in_the_record(behind_proxy: Site) -> None:
    behind_proxy.query(
        "INSERT INTO teams (id, key, name, private, created_at, updated_at)"
        " VALUES ('t', 'ENG', 'Engineering', false, now(), now())"
    )
    behind_proxy.query(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)"
        " VALUES ('i', 'ENG-1', 1, 'Photos', 't', now(), now())"
    )
    assert behind_proxy.get("/items/ENG-1", "bob").status_code == 200
    assert behind_proxy.query(
        "SELECT email, resource, resource_id FROM audit_logs JOIN users ON users.id = user_id"
        " WHERE action = 'item.viewed'"
    ) == [("bob@example.com", "backlog_item", "ENG-1")]
