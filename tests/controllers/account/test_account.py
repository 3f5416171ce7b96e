"""What is a person's own: where they are signed in, and their word to the admins."""

from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
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


def test_a_session_is_ended_whatever_its_number(site: Site) -> None:
    site.query("SELECT setval('sessions_id_seq', 2147483648)")
    site.query("UPDATE sessions SET id = DEFAULT")
    assert session_of(site, "bob") > 2**31
    assert site.post(f"/account/sessions/{session_of(site, 'bob')}/end", "bob").status_code == 303
    path = f"/admin/people/{let_in(site.conninfo, 'carol')['carol']}"
    assert site.post(f"{path}/sessions/{session_of(site, 'carol')}/end", "alice").status_code == 303


def test_a_session_of_somebody_else_is_none_of_ones_own(site: Site) -> None:
    assert site.post(f"/account/sessions/{session_of(site, 'alice')}/end", "bob").status_code == 404
    assert site.get("/account", "alice").status_code == 200


@pytest.mark.parametrize("number", ["x", "-1", "9223372036854775808", "٣"])
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


def sign_in_elsewhere(site: Site, persona: str, **fields: str) -> int:
    """Add a session in another browser, and return its id."""
    row = {"user_agent": "Mozilla/5.0 (X11) Firefox/140.0", "ip_address": "192.0.2.7", **fields}
    [(session_id,)] = site.query(
        "INSERT INTO sessions (token_hash, user_id, method, ip_address, user_agent)"
        " SELECT sha256(random()::text::bytea), id, 'link', %s, %s FROM users WHERE email = %s RETURNING id",
        row["ip_address"], row["user_agent"], f"{persona}@example.com",
    )  # fmt: skip
    return session_id


def test_the_page_says_as_whom_and_where_one_is_signed_in(site: Site) -> None:
    elsewhere = sign_in_elsewhere(site, "bob")
    sign_in_elsewhere(site, "alice", ip_address="192.0.2.99")
    page = site.get("/account", "bob").text
    assert "You are signed in as <b>bob@example.com</b>." in page
    assert ("192.0.2.7" in page, "192.0.2.99" in page) == (True, False)
    assert (f'action="/account/sessions/{elsewhere}/end"' in page, page.count("this one")) == (True, 1)
    assert "as <b>alice@example.com</b>, an admin." in site.get("/account", "alice").text


def test_hostile_words_of_a_browser_are_only_words(site: Site) -> None:
    sign_in_elsewhere(site, "bob", user_agent='"><script>alert(1)</script>')
    assert "<script>alert" not in site.get("/account", "bob").text


def test_the_page_says_when_access_ends(site: Site) -> None:
    assert "Your access ends" not in site.get("/account", "bob").text
    site.query("UPDATE users SET access_until = '2099-12-31T00:00Z' WHERE email = 'bob@example.com'")
    page = site.get("/account", "bob").text
    assert ("Your access ends" in page, 'datetime="2099-12-31T00:00:00+00:00"' in page) == (True, True)


def test_a_note_is_shown_again_to_who_wrote_it_as_mere_words(site: Site) -> None:
    site.post("/waiting", "carol", note="I build the <roof>.")
    assert ">I build the &lt;roof&gt;.</textarea>" in site.get("/waiting", "carol").text


def test_after_five_notes_within_an_hour_a_sixth_is_refused_in_words(site: Site) -> None:
    answers = [site.post("/waiting", "carol", note=f"Note {number}.") for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "five times in the last hour" in answers[-1].text
    assert ">Note 4.</textarea>" in site.get("/waiting", "carol").text


def test_without_mail_who_waits_is_told_to_come_back(site: Site) -> None:
    assert "Come back to this page later" in site.get("/waiting", "carol").text
