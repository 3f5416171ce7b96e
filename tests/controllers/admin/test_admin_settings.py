"""The page of the settings, in the whole program."""

from collections.abc import Generator

import pytest

from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

MEETING = {"version": "1", "rank_order": "manual", "weekday": "5", "first_day": "2020-01-01", "last_day": ""}


@pytest.fixture
def site(database: str) -> Generator[Site]:
    """Yield the program; alice is an admin, bob a viewer."""
    let_in(database)
    with running_site.run_site(database) as site:
        yield site


def test_an_admin_finds_the_settings_and_changes_the_meeting(site: Site) -> None:
    assert 'href="/admin/settings"' in site.get("/admin", "alice").text
    page = site.get("/admin/settings", "alice").text
    assert '<option value="2" selected>Tuesday' in page
    assert 'value="priority" checked' in page
    assert 'value="2026-01-06"' in page
    answer = site.post("/admin/settings/meeting", "alice", **MEETING)
    page = site.get(answer.headers["location"], "alice").text
    assert "It holds for everybody from now on" in page
    assert '<option value="5" selected>Friday' in page
    assert 'value="manual" checked' in page
    assert "The last meeting was on" in page
    assert "pinned" not in page
    assert "changed the settings" in site.get("/admin/audit", "alice").text


def test_a_pinned_day_stands_there_until_it_is_taken_away(site: Site) -> None:
    site.post("/admin/settings/meeting", "alice", **MEETING | {"last_day": "2026-01-15"})
    page = site.get("/admin/settings", "alice").text
    assert "An admin pinned that day" in page
    assert 'value="2026-01-15"' in page
    site.post("/admin/settings/meeting", "alice", **MEETING | {"version": "2"})
    assert "An admin pinned that day" not in site.get("/admin/settings", "alice").text


def test_without_a_regular_meeting_the_page_says_so(site: Site) -> None:
    assert site.post("/admin/settings/meeting", "alice", **MEETING | {"weekday": ""}).status_code == 303
    page = site.get("/admin/settings", "alice").text
    assert "There has been no meeting yet" in page
    assert "The next regular one" not in page


@pytest.mark.parametrize(
    "broken",
    [
        {"weekday": "8"},
        {"weekday": "x"},
        {"rank_order": "age"},
        {"first_day": ""},
        {"last_day": "9000-01-01"},
        {"version": "x"},
    ],
)
def test_a_broken_form_changes_nothing(site: Site, broken: dict[str, str]) -> None:
    assert site.post("/admin/settings/meeting", "alice", **MEETING | broken).status_code == 400
    assert site.query("SELECT version FROM settings") == [(1,)]


def test_the_second_of_two_admins_is_told(site: Site) -> None:
    assert site.post("/admin/settings/meeting", "alice", **MEETING).status_code == 303
    assert site.post("/admin/settings/meeting", "alice", **MEETING).status_code == 409


def test_only_admins_change_settings(site: Site) -> None:
    assert site.get("/admin/settings", "bob").status_code == 403
    assert site.post("/admin/settings/meeting", "bob", **MEETING).status_code == 403
    assert site.query("SELECT version FROM settings") == [(1,)]
