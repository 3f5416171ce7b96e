"""Groups of viewers over HTTP: their names, their people, and forms that make no sense."""

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
    shared.query("DELETE FROM viewer_groups")
    let_in(shared.conninfo)
    return shared


@pytest.fixture
def group(site: Site) -> str:
    """Return the path of a group without people."""
    return site.post("/admin/groups", "alice", name="  Suppliers ").headers["location"].partition("?")[0]


def members(site: Site) -> list[str]:
    rows = site.query("SELECT email FROM users JOIN viewer_group_members ON user_id = users.id ORDER BY email")
    return [email for (email,) in rows]


def test_a_group_has_the_name_that_was_typed(site: Site, group: str) -> None:
    assert site.query("SELECT name FROM viewer_groups") == [("Suppliers",)]
    answer = site.post(f"{group}/name", "alice", name=" Roofers ")
    assert answer.headers["location"] == f"{group}?notice=renamed"
    assert site.query("SELECT name FROM viewer_groups") == [("Roofers",)]


@pytest.mark.parametrize("name", ["", " ", "a" * 101])
def test_a_name_that_is_none_is_refused(site: Site, group: str, name: str) -> None:
    assert site.post("/admin/groups", "alice", name=name).status_code == 400
    assert site.post(f"{group}/name", "alice", name=name).status_code == 400
    assert site.query("SELECT name FROM viewer_groups") == [("Suppliers",)]


def test_a_person_is_put_in_by_mail_address_and_taken_out_by_number(site: Site, group: str) -> None:
    assert site.post(f"{group}/people", "alice", email=" bob@example.com ").status_code == 303
    assert members(site) == ["bob@example.com"]
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    assert site.post(f"{group}/people/out", "alice", user=bob).headers["location"] == f"{group}?notice=taken"
    assert members(site) == []


@pytest.mark.parametrize("user", ["", "x", "-1", "9" * 20])
def test_nobody_is_taken_out_by_what_is_no_number(site: Site, group: str, user: str) -> None:
    site.post(f"{group}/people", "alice", email="bob@example.com")
    answer = site.post(f"{group}/people/out", "alice", user=user)
    assert (answer.status_code, "nothing was changed" in answer.text) == (400, True)
    assert members(site) == ["bob@example.com"]


@pytest.mark.parametrize("was", ["", "?", "1 team", "2 team x", "1 secret x", "1  x"])
def test_a_choice_that_is_none_changes_nothing(site: Site, group: str, was: str) -> None:
    answer = site.post(f"{group}/rules", "alice", was=was)
    assert (answer.status_code, "“was” isn&#39;t valid, so nothing was changed" in answer.text) == (400, True)


def test_a_search_stays_in_its_field(site: Site, group: str) -> None:
    assert 'value="roof"' in site.get(f"{group}?q=+roof+", "alice").text


def test_a_name_in_use_is_refused(site: Site, group: str) -> None:
    assert site.post("/admin/groups", "alice", name="Suppliers").status_code == 409
    assert site.post("/admin/groups", "alice", name="Roofers").status_code == 303
    assert site.post(f"{group}/name", "alice", name="Roofers").status_code == 409


@pytest.mark.parametrize("email", ["", "mallory@example.com", "bob"])
def test_who_is_not_known_here_is_not_put_in(site: Site, group: str, email: str) -> None:
    answer = site.post(f"{group}/people", "alice", email=email)
    assert (answer.status_code, "Nobody here has that email address" in answer.text) == (400, True)
    assert members(site) == []


def test_who_is_not_in_the_group_is_not_taken_out(site: Site, group: str) -> None:
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    assert site.post(f"{group}/people/out", "alice", user=bob).status_code == 404


@pytest.mark.parametrize("notice", ["created", "renamed", "saved", "put", "taken"])
def test_the_page_says_what_was_done(site: Site, group: str, notice: str) -> None:
    assert '<p class="notice"' in site.get(f"{group}?notice={notice}", "alice").text
    assert '<p class="notice"' not in site.get(group, "alice").text


def test_a_group_is_deleted_with_as_many_people_as_its_page_says(site: Site, group: str) -> None:
    site.post(f"{group}/people", "alice", email="bob@example.com")
    page = site.get(group, "alice").text
    assert "1 person is in this group, and would see nothing without it." in page
    assert site.post(f"{group}/delete", "alice").status_code == 400
    assert site.post(f"{group}/delete", "alice", people="0").status_code == 409
    assert site.get("/", "bob").status_code == 200
    assert site.post(f"{group}/delete", "alice", people="1").headers["location"] == "/admin/sharing?notice=deleted"
    assert "Nothing has been shared with you yet" in site.get("/", "bob").text
