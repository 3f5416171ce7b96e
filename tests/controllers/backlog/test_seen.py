"""What is new to whom, over HTTP: counted on every page, marked on rows, narrowed to, and seen."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', now() - interval '40 days', now());
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
NEW = """
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at) VALUES
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', now(), now()), ('i3', 'OPS-3', 3, 'Call the tiler', 't2', now(), now());
"""
MARK = re.compile(r'<span class="unseen" data-item="(\w+)">')


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        for persona in ("alice", "bob"):
            assert 'id="unseen"' not in site.get("/", persona).text
        site.query(NEW)
        yield site


def count(site: Site, persona: str = "bob", path: str = "/about") -> str | None:
    """Return what the header of a page counts."""
    found = re.search(r'id="unseen"[^>]*>New <span class="badge">([^<]+)<', site.get(path, persona).text)
    return found and found[1]


def marked(site: Site, persona: str = "bob", path: str = "/") -> list[str]:
    return sorted(MARK.findall(site.get(path, persona).text))


@pytest.mark.parametrize("path", ["/", "/board", "/changes", "/meeting", "/roadmap", "/views", "/about", "/account"])
def test_what_came_since_a_first_visit_is_counted_on_every_page(site: Site, path: str) -> None:
    assert count(site, path=path) == "2"


@pytest.mark.parametrize("path", ["/", "/?group=team", "/board"])
def test_it_is_marked_for_whom_it_is_new_though_pages_are_kept_for_all(site: Site, path: str) -> None:
    assert marked(site, path=path) == ["i2", "i3"]
    site.post("/seen", "bob", item="i2")
    assert (marked(site, path=path), marked(site, "alice", path)) == (["i3"], ["i2", "i3"])


def test_one_click_narrows_to_it(site: Site) -> None:
    page = site.get("/?new=unseen", "bob").text
    assert ("Buy tiles" in page, "Call the tiler" in page, "Fix the roof" in page) == (True, True, False)
    assert "Mark all as seen" in page


def test_what_a_script_says_was_scrolled_past_is_seen_and_the_rest_counted(site: Site) -> None:
    answer = site.post("/seen", "bob", item=["i2", "made-up"])
    assert (answer.status_code, answer.text) == (200, "1")
    assert count(site) == "1"


def test_an_item_that_is_opened_is_seen_and_counted_on_its_page_no_more(site: Site) -> None:
    assert count(site, path="/items/ENG-2") == "1"
    assert marked(site) == ["i3"]


def test_all_is_seen_by_a_button_that_leads_back(site: Site) -> None:
    answer = site.post("/seen/all", "bob", next="/?team=ENG")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?team=ENG")
    assert (count(site), marked(site), count(site, "alice")) == (None, [], "2")


def test_no_form_leads_to_another_host(site: Site) -> None:
    assert site.post("/seen/all", "bob", next="//example.com").headers["location"] == "/"


def test_what_a_person_may_not_see_is_neither_counted_nor_told(site: Site) -> None:
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't2', false)")
    assert count(site) == "1"
    assert site.post("/seen", "bob", item="i3").text == "1"


def test_a_page_that_a_browser_has_is_another_once_something_is_seen(site: Site) -> None:
    first = site.get("/", "bob")
    site.post("/seen", "bob", item="i2")
    assert site.get("/", "bob", **{"if-none-match": first.headers["etag"]}).status_code == 200


def test_who_looks_with_anothers_eyes_sees_their_marks_and_leaves_them(site: Site) -> None:
    site.post("/seen", "bob", item="i2")
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    site.post(f"/admin/people/{bob}/view-as", "alice")
    page = site.get("/", "alice").text
    assert ('class="unseen"' in page, "data-item" in page, count(site, "alice")) == (True, False, "1")
    site.get("/items/OPS-3", "alice")
    site.post("/seen/all", "alice")
    site.post("/admin/view-as/stop", "alice")
    assert (count(site), count(site, "alice")) == ("1", "2")


def test_the_total_of_what_is_unseen_is_each_persons_own(site: Site) -> None:
    site.post("/seen", "bob", item="i2")
    totals = [
        re.findall(r'class="count" href="/\?new=unseen">([^<]+)<', site.get("/?new=unseen", persona).text)
        for persona in ("bob", "alice")
    ]
    assert totals == [["1"], ["2"]]


def test_with_anothers_eyes_every_page_counts_what_is_unseen_to_them(site: Site) -> None:
    site.post("/seen/all", "alice")
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    site.post(f"/admin/people/{bob}/view-as", "alice")
    assert ">2 open without a date</a>" in site.get("/timeline?new=unseen", "alice").text
    assert len(site.get("/export.csv?new=unseen", "alice").text.splitlines()) == 3


def test_a_feed_and_an_export_are_narrowed_to_it_too(site: Site) -> None:
    lines = site.get("/export.csv?new=unseen", "bob").text.splitlines()
    assert sorted(line.split(",")[1] for line in lines[1:]) == ["ENG-2", "OPS-3"]


def test_what_came_since_the_last_meeting_is_marked_for_everybody(site: Site) -> None:
    day = (datetime.now(UTC) - timedelta(days=10)).date()
    site.query("UPDATE settings SET last_meeting_day = %s", day)
    for path in ("/", "/?group=team", "/board"):
        assert site.get(path, "bob").text.count('<span class="new">New</span>') == 2
    page = site.get("/?new=meeting", "bob").text
    assert ("Buy tiles" in page, "Fix the roof" in page) == (True, False)
    assert f"since the last meeting, {day.day} " in page
    site.query("UPDATE settings SET meeting_weekday = NULL, last_meeting_day = NULL")
    assert '<span class="new">' not in site.get("/", "bob").text
    assert "Buy tiles" not in site.get("/?new=meeting", "bob").text
