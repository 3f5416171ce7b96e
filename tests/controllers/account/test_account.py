"""What is a person's own: where they are signed in, and their word to the admins."""

from collections.abc import Generator

import pytest

from tests.conftest import created
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with created(server, template) as conninfo, running_site.running(conninfo) as site:
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    for table in ("sessions", "rate_limits"):
        shared.query(f"DELETE FROM {table}")
    let_in(shared.conninfo, "alice", "bob", "carol")
    return shared


def session_of(site: Site, persona: str) -> int:
    [(session_id,)] = site.query(
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = %s", f"{persona}@example.com"
    )
    return session_id


def test_one_of_the_own_sessions_is_ended(site: Site) -> None:
    answer = site.post(f"/account/sessions/{session_of(site, 'bob')}/end", "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=ended")
    assert site.get("/account", "bob").headers["location"] == "/sign-in?next=%2Faccount"


def test_a_session_of_somebody_else_is_none_of_ones_own(site: Site) -> None:
    assert site.post(f"/account/sessions/{session_of(site, 'alice')}/end", "bob").status_code == 404
    assert site.get("/account", "alice").status_code == 200


@pytest.mark.parametrize("number", ["x", "-1", "9999999999", "٣"])
def test_what_is_no_session_is_not_found(site: Site, number: str) -> None:
    answer = site.post(f"/account/sessions/{number}/end", "bob")
    assert (answer.status_code, "There is no such session." in answer.text) == (404, True)


@pytest.mark.parametrize(("typed", "kept"), [("  Field staff, north  ", "Field staff, north"), (" ", None)])
def test_a_note_to_the_admins_is_kept_without_the_space_around_it(site: Site, typed: str, kept: str | None) -> None:
    assert site.post("/waiting", "carol", note=typed).headers["location"] == "/waiting?notice=sent"
    assert site.query("SELECT access_note FROM users WHERE email = 'carol@example.com'") == [(kept,)]


def test_who_may_come_in_waits_no_more(site: Site) -> None:
    assert site.get("/waiting", "bob").headers["location"] == "/"
    assert "Almost there" in site.get("/waiting", "carol").text
