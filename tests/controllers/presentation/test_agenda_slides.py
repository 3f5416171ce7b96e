"""The agenda of the meeting in slides."""

from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.controllers.backlog.test_compared_list import ROWS
from tests.controllers.presentation.presented import read_slide, read_titles
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

AGENDA = "/meeting?since=2020-11-17"


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(ROWS)
        yield site


def test_each_section_that_has_something_stands_under_its_heading(site: Site) -> None:
    [link] = running_site.find_links(site.get(AGENDA, "bob"), "/present/meeting")
    first = read_slide(site.get(link, "bob"))
    second = read_slide(site.get(first.next or "", "bob"))
    third = read_slide(site.get(second.next or "", "bob"))
    assert first.heading == "Meeting"
    assert read_titles(first) + read_titles(second) + read_titles(third) == [
        *("Paint", "Fix the roof", "Sweep", "Buy tiles", "Gild the door"),
        *("Fix the roof", "Sweep", "Fix the roof", "Paint", "Sweep"),
    ]
    for words in ("New", "Moved", "Done", "Canceled", "At risk", "What comes first"):
        assert f">{words}</span>" in first.body + second.body + third.body
    assert (first.back, third.back, third.next) == (AGENDA, AGENDA, None)


@pytest.mark.parametrize("last_meeting", ["2020-01-01", "2020-11-19"])
def test_new_is_what_came_since_the_day_that_it_compares_with(site: Site, last_meeting: str) -> None:
    site.query("UPDATE settings SET last_meeting_day = %s", last_meeting)
    first = read_slide(site.get("/present/meeting?since=2020-11-17", "bob"))
    assert first.body.count('<span class="slide-new">New</span>') == 1


def test_projects_at_risk_stand_there_by_name_and_why(site: Site) -> None:
    site.query(
        "INSERT INTO projects (id, name, health, created_at, updated_at)"
        " VALUES ('p9', 'New roofs', 'offTrack', now(), now())"
    )
    site.query("UPDATE backlog_items SET project_id = 'p9'")
    slide = read_slide(site.get("/present/meeting?since=2020-11-17&slide=99", "bob"))
    before = read_slide(site.get(slide.previous or "", "bob"))
    assert "Projects at risk" in before.body + slide.body
    assert "New roofs" in before.body + slide.body
    assert "Off track" in before.body + slide.body


def test_where_the_roadmap_is_switched_off_no_project_at_risk_stands_there(site: Site) -> None:
    site.query("UPDATE projects SET health = 'offTrack'")
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    last = read_slide(site.get("/present/meeting?since=2020-11-17&slide=99", "bob"))
    before = read_slide(site.get(last.previous or "", "bob"))
    assert "At risk" in before.body + last.body
    assert "Projects at risk" not in before.body + last.body
    assert "Off track" not in before.body + last.body


def test_who_sees_nothing_is_told_so(site: Site) -> None:
    slide = read_slide(site.get("/present/meeting", "erin"))
    assert read_titles(slide) == []
    assert slide.next is None


def test_where_the_agenda_is_switched_off_so_are_its_slides(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{meeting}'")
    assert [site.get(path, "bob").status_code for path in ("/meeting", "/present/meeting")] == [403, 403]
