"""All updates, day by day, over the whole program: on their page, on Changes, through the API."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database.search import update_entries
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'SEC', 'Security', true, now(), now());
INSERT INTO people (id, name, created_at, updated_at) VALUES ('u1', 'Dana', now(), now());
INSERT INTO projects (id, name, slug_id, created_at, updated_at) VALUES
  ('p1', 'Roof & wall', '5e1f', now(), now()), ('p2', 'Secret', NULL, now(), now()),
  ('p3', 'Ladder', NULL, now(), now());
INSERT INTO initiatives (id, name, created_at, updated_at) VALUES ('n1', 'Whole house', now(), now());
INSERT INTO initiative_projects (id, initiative_id, project_id, created_at, updated_at) VALUES
  ('np1', 'n1', 'p1', now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, project_id, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Tiles', 't1', 'p1', '2026-02-06', now()),
  ('i2', 'SEC-2', 2, 'Locks', 't2', 'p2', '2026-02-06', now()),
  ('i3', 'ENG-3', 3, 'Rungs', 't1', 'p3', '2026-02-06', now());
INSERT INTO project_updates
  (id, project_id, user_id, body, health, diff_markdown, is_diff_hidden, created_at, updated_at)
VALUES
  ('w1', 'p1', 'u1', 'It *leaks*, see ENG-1', 'atRisk', '- Target moved', false, now() - interval '3 days', now()),
  ('w2', 'p2', 'u1', 'Nobody knows', 'onTrack', NULL, false, now() - interval '2 days', now()),
  ('w3', 'p3', NULL, 'Stands', 'onTrack', NULL, false, now() - interval '1 day', now());
INSERT INTO initiative_updates (id, initiative_id, user_id, body, health, created_at, updated_at) VALUES
  ('w4', 'n1', 'u1', 'The house grows', 'offTrack', now() - interval '5 days', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol", "erin")
        site.query(ROWS)
        yield site


def read_names(page: str) -> list[tuple[str, str]]:
    """Return of what the updates of a page are, and where that leads to."""
    found = re.findall(r'<h3><a href="([^"]+)" dir="auto">([^<]+)</a></h3>', page)
    return [(name.replace("&amp;", "&"), url) for url, name in found]


ALL = [
    ("Ladder", "/projects/Ladder"),
    ("Roof & wall", "/projects/Roof%20%26%20wall"),
    ("Whole house", "/initiatives/Whole%20house"),
]


def test_all_that_one_may_see_stand_by_day_the_latest_first(site: Site) -> None:
    page = site.get("/updates", "bob").text
    assert read_names(page) == ALL
    assert "Nobody knows" not in page
    assert re.search(r"<em>leaks</em>, see <a href=\"/items/ENG-1\"", page)
    assert page.count('<section class="changes-day"') == 3
    assert "Yesterday" in page


def test_who_sees_nothing_reads_nothing(site: Site) -> None:
    page = site.get("/updates", "erin").text
    assert read_names(page) == []
    assert "No updates yet" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("health=atRisk", [1]),
        ("project=roof+%26+WALL", [1]),
        ("project=5e1f", [1]),
        ("initiative=whole+HOUSE", [2]),
        ("initiative=n1&health=atRisk", []),
        ("team=eng", [0, 1, 2]),
        ("team=SEC", []),
        ("health=onTrack&project=Ladder", [0]),
        ("health=&team=&project=&initiative=", [0, 1, 2]),
    ],
)
def test_they_are_narrowed_by_project_initiative_health_and_team(site: Site, words: str, found: list[int]) -> None:
    assert read_names(site.get(f"/updates?{words}", "bob").text) == [ALL[number] for number in found]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("health=fine", 400),
        ("project=Secret", 404),
        ("initiative=Ladder", 404),
        ("project=Ladder&initiative=Whole+house", 400),
        ("after=x", 400),
    ],
)
def test_what_has_no_meaning_is_refused(site: Site, words: str, status: int) -> None:
    assert site.get(f"/updates?{words}", "bob").status_code == status


def test_what_is_written_of_an_initiative_is_told_as_that_of_a_project(site: Site) -> None:
    site.query(
        "UPDATE initiative_updates SET diff_markdown = '- Owner: Dana', is_diff_hidden = false, edited_at = now(),"
        " url = 'https://example.com/w4'"
    )
    page = site.get("/updates?health=offTrack", "bob").text
    for told in ("Off track", "<b>Dana</b>", "The house grows", "Owner: Dana", "edited"):
        assert told in page, told
    site.query("UPDATE initiative_updates SET is_diff_hidden = true")
    assert "Owner" not in site.get("/updates?health=offTrack", "bob").text
    urls = [site.get("/api/v1/updates?health=offTrack", who).json()["data"][0]["url"] for who in ("alice", "bob")]
    assert urls == ["https://example.com/w4", None]


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE initiative_updates SET archived_at = now()",
        "UPDATE initiative_updates SET removed_at = now()",
        "UPDATE initiatives SET trashed = true",
        "UPDATE initiative_projects SET removed_at = now()",
        "UPDATE initiative_projects SET project_id = 'p2'",
    ],
)
def test_what_is_gone_of_an_initiative_is_not_told(site: Site, gone: str) -> None:
    site.query(gone)
    assert read_names(site.get("/updates", "bob").text) == ALL[:2]


def test_an_initiative_is_told_to_who_sees_a_project_below_it(site: Site) -> None:
    site.query("UPDATE initiative_updates SET initiative_id = 'n0'")
    site.query(
        "INSERT INTO initiatives (id, name, created_at, updated_at) VALUES ('n0', 'The town', now(), now());"
        "UPDATE initiatives SET parent_initiative_id = 'n0' WHERE id = 'n1'"
    )
    assert read_names(site.get("/updates", "bob").text)[2:] == [("The town", "/initiatives/The%20town")]
    site.query("UPDATE initiatives SET parent_initiative_id = NULL")
    assert read_names(site.get("/updates", "bob").text)[2:] == []


def test_a_circle_of_initiatives_ends(site: Site) -> None:
    site.query("UPDATE initiatives SET parent_initiative_id = 'n1'")
    assert read_names(site.get("/updates", "bob").text) == ALL


def test_an_initiative_with_a_namesake_is_called_by_linears_word(site: Site) -> None:
    site.query(
        "UPDATE initiatives SET slug_id = '77aa';"
        "INSERT INTO initiatives (id, name, created_at, updated_at) VALUES ('n2', 'WHOLE house', now(), now());"
        "INSERT INTO initiative_projects (id, initiative_id, project_id, created_at, updated_at)"
        " VALUES ('np2', 'n2', 'p1', now(), now())"
    )
    assert read_names(site.get("/updates", "bob").text)[2:] == [("Whole house", "/initiatives/77aa")]


def index(site: Site) -> None:
    """Let the words of what was written be read, by us or by the program that runs."""
    assert site.client.portal
    while site.query("SELECT 1 FROM update_entries WHERE stale_since IS NOT NULL LIMIT 1"):
        site.client.portal.call(update_entries.refresh_entries, 100)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("leaks", [1]),
        ("LEÁKS%2C+see", [1]),
        ('"house+grows"', [2]),
        ('"grows+house"', []),
        ("the+-house", []),
        ("stan", [0]),
        ("knows", []),
        ("!!", []),
    ],
)
def test_they_are_found_by_their_words(site: Site, words: str, found: list[int]) -> None:
    index(site)
    assert read_names(site.get(f"/updates?q={words}", "bob").text) == [ALL[number] for number in found]


def test_a_search_of_the_backlog_says_how_many_updates_have_its_words(site: Site) -> None:
    index(site)
    page = site.get("/?q=leaks", "bob").text
    assert re.search(r'<a href="/updates\?q=leaks">1 update has these words</a>', page)
    for path in ("/?q=knows", "/?q=nobody", "/"):
        assert "these words" not in site.get(path, "bob").text
    assert "these words" not in site.get("/?q=leaks", "erin").text
    site.query("UPDATE sharing_settings SET shows_updates = false")
    assert "these words" not in site.get("/?q=leaks", "bob").text
    site.query("UPDATE sharing_settings SET shows_updates = true")
    site.query("UPDATE settings SET pages_off = '{updates}'")
    assert "these words" not in site.get("/?q=leaks", "bob").text


def test_what_is_written_otherwise_is_found_by_its_new_words(site: Site) -> None:
    index(site)
    site.query("UPDATE project_updates SET body = 'Dry again' WHERE id = 'w1'")
    index(site)
    assert read_names(site.get("/updates?q=leaks", "bob").text) == []
    assert read_names(site.get("/updates?q=dry", "bob").text) == [ALL[1]]
    assert [one["id"] for one in site.get("/api/v1/updates?q=dry", "bob").json()["data"]] == ["w1"]


def test_pages_follow_each_other_without_a_gap(site: Site) -> None:
    site.query(
        "INSERT INTO project_updates (id, project_id, body, created_at, updated_at)"
        " SELECT 'm' || n, 'p1', 'Word ' || n || '.', now() - interval '9 days', now() FROM generate_series(10, 49) n"
    )
    page, seen = site.get("/updates", "bob").text, list[str]()
    while True:
        seen += re.findall(r"Word \d+\.", page)
        address = re.search(r'href="(/updates\?after=[^"]+)" rel="next"', page)
        if address is None:
            break
        page = site.get(address[1].replace("&amp;", "&"), "bob").text
    assert seen == [f"Word {number}." for number in range(49, 9, -1)]
    assert "Latest" in page


def test_where_they_are_not_shared_it_says_so(site: Site) -> None:
    site.query("UPDATE sharing_settings SET shows_updates = false")
    page = site.get("/updates", "bob").text
    assert "Updates are not shared here" in page
    assert read_names(page) == []
    assert "Update</span>" not in site.get("/changes?since=30d", "bob").text


def test_an_empty_page_says_why(site: Site) -> None:
    assert "No such update" in site.get("/updates?team=NONE", "bob").text
    site.query("DELETE FROM project_updates; DELETE FROM initiative_updates")
    assert "No updates yet" in site.get("/updates", "bob").text


def read_changes(page: str) -> list[str]:
    return re.findall(r'<span class="identifier">Update</span>\n<a class="title" href="([^"]+)"', page)


def test_on_changes_each_stands_in_its_day_once_a_project(site: Site) -> None:
    site.query(
        "INSERT INTO project_updates (id, project_id, body, created_at, updated_at)"
        " VALUES ('w5', 'p3', 'Again', now() - interval '1 day 1 minute', now())"
    )
    at = datetime.now(UTC) - timedelta(days=1)
    expected = ["/projects/Ladder#update-w3"]
    if at.date() != (at - timedelta(minutes=1)).date():
        expected.append("/projects/Ladder#update-w5")
    page = site.get("/changes?since=30d", "bob").text
    assert read_changes(page) == [
        *expected,
        "/projects/Roof%20%26%20wall#update-w1",
        "/initiatives/Whole%20house#update-w4",
    ]
    assert read_changes(site.get("/changes?since=today", "bob").text) == []
    assert read_changes(site.get("/changes?since=30d&kind=new", "bob").text) == []
    assert read_changes(site.get("/changes?since=30d&team=SEC", "bob").text) == []


def test_on_changes_each_stands_on_one_page(site: Site) -> None:
    site.query(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)"
        " SELECT 'x' || n, 'ENG-1' || n, 100 + n, 'X', 't1', now() - n * interval '1 hour', now()"
        " FROM generate_series(1, 130) n"
    )
    address, seen = "/changes?since=30d", list[str]()
    while address:
        page = site.get(address, "bob").text
        seen += read_changes(page)
        following = re.search(r'href="(/changes[^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert [one.rpartition("-")[2] for one in seen] == ["w3", "w1", "w4"]


def test_where_the_page_is_switched_off_changes_has_none(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{updates}'")
    assert site.get("/updates", "bob").status_code == 403
    assert read_changes(site.get("/changes?since=30d", "bob").text) == []


def test_where_the_page_is_switched_off_no_other_tells_them(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{updates}'")
    assert site.get("/api/v1/updates", "bob").status_code == 403
    for path, text in (("/projects/Roof%20%26%20wall", "leaks"), ("/initiatives/Whole%20house", "grows")):
        page = site.get(path, "bob")
        assert page.status_code == 200
        assert text not in page.text
        assert "update yet" not in page.text


@pytest.mark.parametrize("path", ["/projects/Ladder", "/initiatives/Whole%20house"])
def test_pages_of_plans_go_with_the_roadmap(site: Site, path: str) -> None:
    assert site.get(path, "bob").status_code == 200
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    assert site.get(path, "bob").status_code == 403


def test_where_the_roadmap_is_switched_off_no_update_leads_to_a_plan(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    for path in ("/updates", "/changes?since=30d", "/updates.atom"):
        page = site.get(path, "bob").text
        assert "Ladder" in page
        assert "/projects/" not in page


def test_the_api_has_them_with_all_that_is_shown(site: Site) -> None:
    answer = site.get("/api/v1/updates?health=atRisk", "bob").json()
    [one] = answer["data"]
    assert {name: one[name] for name in ("id", "kind", "name", "health", "author", "body", "diff", "url")} == {
        "id": "w1",
        "kind": "project",
        "name": "Roof & wall",
        "health": "atRisk",
        "author": "Dana",
        "body": "It *leaks*, see ENG-1",
        "diff": "- Target moved",
        "url": None,
    }
    assert answer["next"] is None


def test_the_api_pages_and_narrows_them_and_knows_no_hidden_project(site: Site) -> None:
    first = site.get("/api/v1/updates?limit=2", "bob").json()
    rest = site.get(f"/api/v1/updates?limit=2&after={first['next']}", "bob").json()
    assert [one["id"] for one in first["data"] + rest["data"]] == ["w3", "w1", "w4"]
    assert [one["id"] for one in site.get("/api/v1/updates?project=Ladder&team=eng", "bob").json()["data"]] == ["w3"]
    found = site.get("/api/v1/updates?initiative=Whole+house", "bob").json()["data"]
    assert [one["id"] for one in found] == ["w4"]
    for words in ("project=Secret", "project=None", "initiative=None"):
        assert site.get(f"/api/v1/updates?{words}", "bob").json() == {"data": [], "next": None}
