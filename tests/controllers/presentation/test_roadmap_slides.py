"""The roadmap in slides: a few projects at once, in words and in time."""

from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.controllers.presentation.presented import PRESENTED, read_slide, read_titles
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

PROJECTS = """
INSERT INTO project_statuses (id, name, type, position, created_at, updated_at) VALUES
  ('started', 'Rolling', 'started', 0, now(), now());
INSERT INTO projects (id, name, status_id, start_date, target_date, created_at, updated_at)
SELECT 'p' || n, 'Project ' || n, 'started', now() - interval '1 month', now() + interval '1 month', now(), now()
FROM generate_series(1, 6) n;
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p7', 'Someday', now(), now());
UPDATE backlog_items SET project_id = 'p' || 1 + number % 7 WHERE team_id = 't1';
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(PRESENTED)
        site.query(PROJECTS)
        yield site


def test_four_projects_stand_on_a_slide_under_their_heading(site: Site) -> None:
    first = read_slide(site.get("/present/roadmap", "bob"))
    second = read_slide(site.get(first.next or "", "bob"))
    assert [len(read_titles(one)) for one in (first, second)] == [4, 3]
    assert {*read_titles(first), *read_titles(second)} == {*(f"Project {n}" for n in range(1, 7)), "Someday"}
    for slide in (first, second):
        assert "In progress" in slide.body
    assert "No dates yet" in second.body
    assert second.next is None


def test_a_project_says_how_much_of_it_is_done_and_when_it_is(site: Site) -> None:
    body = read_slide(site.get("/present/roadmap", "bob")).body
    assert "of 3 done" in body
    assert 'class="remaining"' in body


def test_slides_keep_what_the_roadmap_is_asked_for_and_lead_back(site: Site) -> None:
    query = "team=ENG&group=initiative&months=6"
    [link] = running_site.find_links(site.get(f"/roadmap?{query}", "bob"), "/present/roadmap")
    slide = read_slide(site.get(link, "bob"))
    assert slide.back == f"/roadmap?{query}"
    assert slide.heading == "Roadmap · Engineering · By initiative"
    assert slide.next == f"/present/roadmap?{query}&slide=2"
    assert read_slide(site.get(slide.next or "", "bob")).back == slide.back


def test_compared_with_a_day_the_slides_say_what_moved(site: Site) -> None:
    page = site.get("/present/roadmap?since=2026-02-01", "bob")
    assert "Since 1 Feb" in page.text
    assert "New" in read_slide(page).body


def test_the_projects_of_the_next_page_follow_the_last_slide_of_one(site: Site) -> None:
    site.query("""
      INSERT INTO projects (id, name, status_id, target_date, created_at, updated_at)
      SELECT 'q' || n, 'More ' || n, 'started', '2027-01-01', now(), now() FROM generate_series(1, 100) n;
      INSERT INTO backlog_items (id, identifier, number, title, team_id, project_id, created_at, updated_at)
      SELECT 'q' || n, 'ENG-2' || n, 2000 + n, 'One', 't1', 'q' || n, now(), now() FROM generate_series(1, 100) n;
    """)
    last = read_slide(site.get("/present/roadmap?slide=999", "bob"))
    assert last.where == "Slide 25 of more than 25"
    assert last.next == "/present/roadmap?page=2"
    following = read_slide(site.get("/present/roadmap?page=2", "bob"))
    assert following.where == "Slide 1 of 2"
    assert read_slide(site.get(following.previous or "", "bob")).where == last.where


def test_nobody_sees_projects_on_a_slide_that_they_do_not_see_on_the_roadmap(site: Site) -> None:
    slide = read_slide(site.get("/present/roadmap", "erin"))
    assert "Nothing is shown to you yet" in slide.body
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    assert site.get("/present/roadmap", "bob").status_code == 403


def test_nothing_is_said_in_words(site: Site) -> None:
    assert "Nothing matches" in read_slide(site.get("/present/roadmap?team=NONE", "bob")).body
