"""The matrix and the timeline in slides: the whole picture first, then its parts by name."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.controllers.presentation.presented import PRESENTED, read_slide, read_titles
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ESTIMATES = """
UPDATE backlog_items SET estimate = 3 WHERE number <= 4 AND team_id = 't1';
UPDATE backlog_items SET estimate = 5, priority = 1 WHERE number = 5;
UPDATE backlog_items SET due_date = date_trunc('month', now()) + interval '20 days' WHERE number IN (6, 7, 8, 9);
UPDATE backlog_items SET due_date = date_trunc('month', now()) + interval '5 months' WHERE number = 10;
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(PRESENTED)
        site.query(ESTIMATES)
        yield site


def walk(site: Site, path: str) -> list[str]:
    """Return what each slide from `path` on holds."""
    found: list[str] = []
    following: str | None = path
    while following:
        slide = read_slide(site.get(following, "bob"))
        found.append(slide.body)
        following = slide.next
    return found


def read_numbers(body: str) -> list[int]:
    return [int(one) for one in re.findall(r"</span> (\d+)</td>", body)]


def test_the_matrix_begins_with_all_its_numbers(site: Site) -> None:
    slide = read_slide(site.get("/present/matrix", "bob"))
    assert "Estimate in points" in slide.body
    assert sum(read_numbers(slide.body)) == 17
    assert max(read_numbers(slide.body)) == 11


def test_where_all_teams_estimate_in_sizes_so_do_the_slides(site: Site) -> None:
    site.query("UPDATE teams SET issue_estimation_type = 'tShirt'")
    first, *others = walk(site, "/present/matrix")
    assert "points" not in first
    assert '<th scope="col">M</th>' in " ".join(first.split())
    assert " · M" in " ".join(others)


def test_then_each_cell_has_its_first_items_by_name(site: Site) -> None:
    first, *others = walk(site, "/present/matrix")
    assert "slide-grid" in first
    text = " ".join(others)
    assert "Urgent" in text
    assert "High" in text
    assert " · 3 points" in text
    assert "3 of 4" in text
    assert " · no estimate" in text
    assert "Fix roof 5" in text


@pytest.mark.parametrize("path", ["/present/matrix", "/present/timeline"])
def test_items_by_name_are_marked_as_new_and_say_what_moved(site: Site, path: str) -> None:
    site.query("UPDATE settings SET last_meeting_day = '2026-02-05'")  # which is not what is compared with
    site.query("UPDATE backlog_items SET state_id = 's1', updated_at = now() WHERE id IN ('i1', 'i7')")
    text = " ".join(walk(site, f"{path}?since=2026-02-07"))
    assert "slide-new" not in text
    assert "Moved: " in text
    assert "slide-new" in " ".join(walk(site, f"{path}?since=2026-02-05"))


def test_without_estimates_the_matrix_says_so(site: Site) -> None:
    site.query("UPDATE sharing_settings SET shows_estimates = false")
    slide = read_slide(site.get("/present/matrix", "bob"))
    assert "No estimates" in slide.body
    assert (slide.where, slide.next) == ("Slide 1 of 1", None)


def test_the_timeline_begins_with_all_its_numbers_and_then_has_three_months_a_slide(site: Site) -> None:
    first, *others = walk(site, "/present/timeline")
    assert sorted(read_numbers(first)) == [1, 1, 4, 11]
    months = [body for body in others if "slide-calendar" in body]
    assert [body.count('<th scope="col">') for body in months] == [4, 4]
    assert "Today " in months[0]
    assert "and 1 more" in months[0]
    assert "Fix roof 10" in months[1]
    undated = [body for body in others if "slide-calendar" not in body]
    assert " · without a date" in undated[0]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/matrix", "team=ENG&group=team"),
        ("/timeline", "group=project&months=24"),
        ("/timeline", "team=ENG&from=2026-10&months=3"),
    ],
)
def test_a_picture_leads_to_its_slides_and_they_lead_back(site: Site, path: str, query: str) -> None:
    [link] = running_site.find_links(site.get(f"{path}?{query}", "bob"), f"/present{path}")
    assert link == f"/present{path}?{query}"
    slide = read_slide(site.get(f"{link}&slide=2", "bob"))
    assert slide.back == f"{path}?{query}"
    assert slide.previous == link


def test_what_nobody_may_see_is_in_no_number(site: Site) -> None:
    for path in ("/present/matrix", "/present/timeline"):
        slide = read_slide(site.get(path, "erin"))
        assert "Nothing is shown to you yet" in slide.body
        assert read_titles(slide) == read_numbers(slide.body) == []


@pytest.mark.parametrize("page", ["matrix", "timeline"])
def test_a_picture_that_is_switched_off_has_no_slides(site: Site, page: str) -> None:
    site.query(f"UPDATE users SET pages_off = '{{{page}}}' WHERE email LIKE 'bob%'")
    assert site.get(f"/present/{page}", "bob").status_code == 403
    assert site.get(f"/present/{page}", "alice").status_code == 200


def test_nothing_is_said_in_words(site: Site) -> None:
    assert "Nothing matches" in read_slide(site.get("/present/matrix?q=xylophone", "bob")).body
    assert "Nothing matches" in read_slide(site.get("/present/timeline?q=xylophone", "bob")).body
