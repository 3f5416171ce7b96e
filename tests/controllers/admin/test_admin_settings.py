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


PAGES = {
    "board": "/board",
    "roadmap": "/roadmap",
    "changes": "/changes",
    "updates": "/updates",
    "done": "/done",
    "meeting": "/meeting",
    "views": "/views",
    "exports": "/export.csv",
    "feeds": "/feeds",
    "api": "/api/v1/items",
}


@pytest.mark.parametrize("off", PAGES)
def test_what_is_switched_off_is_there_for_nobody_and_linked_nowhere(site: Site, off: str) -> None:
    on = [name for name in ("list", *PAGES) if name != off]
    assert site.post("/admin/settings/pages", "alice", version="1", page=on).status_code == 303
    for persona in ("alice", "bob"):
        assert {name: site.get(path, persona).status_code for name, path in PAGES.items()} == {
            name: 403 if name == off else 200 for name in PAGES
        }
    page = site.get("/", "bob").text
    assert (f'href="{PAGES[off]}' in page) is False
    assert "pages off" in site.get("/admin/audit", "alice").text


def test_who_has_no_list_begins_elsewhere(site: Site) -> None:
    site.post("/admin/settings/pages", "alice", version="1", page=["roadmap"])
    assert site.get("/", "bob").headers["location"] == "/roadmap"
    site.post("/admin/settings/pages", "alice", version="2")
    assert site.get("/", "bob").status_code == 403


def test_who_has_no_list_finds_what_they_look_for_on_the_board(site: Site) -> None:
    site.post("/admin/settings/pages", "alice", version="1", page=["board", "roadmap"])
    assert site.get("/?q=roof&team=ENG", "bob").headers["location"] == "/board?q=roof&team=ENG"


def test_a_view_that_one_begins_with_is_passed_over_where_its_page_is_switched_off(site: Site) -> None:
    site.post("/views", "bob", name="Mine", query="team=ENG", layout="board")
    site.post("/views/default", "bob", view="Mine")
    assert site.get("/", "bob").headers["location"] == "/board?team=ENG"
    site.post("/admin/settings/pages", "alice", version="1", page=["list", "roadmap"])
    page = site.get("/", "bob")
    assert page.status_code == 200
    assert "/board" not in page.text
    assert "Save view" not in page.text


def test_a_page_can_be_taken_from_one_person_alone(site: Site) -> None:
    [(bob,)] = site.query("SELECT id FROM users WHERE email LIKE 'bob@%%'")
    answer = site.post(f"/admin/people/{bob}/pages", "alice", page=["list", "board"])
    assert "Saved" in site.get(answer.headers["location"], "alice").text
    assert [site.get("/roadmap", one).status_code for one in ("alice", "bob")] == [200, 403]
    assert site.get("/board", "bob").status_code == 200
    site.post(f"/admin/people/{bob}/view-as", "alice")
    assert site.get("/roadmap", "alice").status_code == 403, "as she sees what he sees"


def test_a_feed_that_is_switched_off_ends_for_its_readers_too(site: Site) -> None:
    page = site.post("/feeds", "bob").text
    address = page.partition("/feed.atom?token=")[2].partition('"')[0].partition("<")[0]
    assert site.get(f"/feed.atom?token={address}").status_code == 200
    site.post("/admin/settings/pages", "alice", version="1", page=["list"])
    assert site.get(f"/feed.atom?token={address}").status_code == 403


def publish(site: Site, name: str, layout: str) -> int:
    [(view_id,)] = site.query(
        "INSERT INTO published_views (name, query, layout, position) VALUES (%s, '', %s, 1) RETURNING id",
        name,
        layout,
    )
    return view_id


def test_the_backlog_opens_with_the_view_of_a_group_or_of_everybody_unless_one_has_another(site: Site) -> None:
    for_all, for_group = publish(site, "All", "board"), publish(site, "Theirs", "roadmap")
    site.post("/admin/settings/start", "alice", version="1", view=str(for_all), group="")
    assert site.get("/", "bob").headers["location"] == "/board"
    group = site.post("/admin/groups", "alice", name="Suppliers").headers["location"].partition("?")[0].split("/")[-1]
    site.post(f"/admin/groups/{group}/people", "alice", email="bob@example.com")
    answer = site.post("/admin/settings/start", "alice", version="2", view=str(for_group), group=group)
    assert "Saved" in site.get(answer.headers["location"], "alice").text
    assert site.get("/", "alice").headers["location"] == "/board"
    assert site.get("/", "bob").headers["location"] == "/roadmap"
    site.query("DELETE FROM published_views")
    assert site.get("/", "alice").status_code == 200
    assert site.post("/admin/settings/start", "alice", version="2", view=str(for_all)).status_code == 404


def test_the_time_between_runs_is_an_admins_unless_the_environment_says_it(site: Site) -> None:
    assert 'name="minutes" min="1" max="1440"\nvalue="5"' in site.get("/admin/settings", "alice").text
    assert site.post("/admin/settings/sync", "alice", version="1", minutes="0").status_code == 400
    assert site.post("/admin/settings/sync", "alice", version="1", minutes="20").status_code == 303
    assert 'value="20"' in site.get("/admin/settings", "alice").text


def test_what_the_environment_says_wins_and_is_shown_but_for_secrets(database: str) -> None:
    let_in(database)
    with running_site.run_site(database, {"SYNC_INTERVAL_S": "90"}) as site:
        page = site.get("/admin/settings", "alice").text
    assert "an operator has set <code>SYNC_INTERVAL_S</code>" in page
    assert 'name="minutes"' not in page
    assert "<code>SECRET_KEY</code></dt><dd>**********" in page
