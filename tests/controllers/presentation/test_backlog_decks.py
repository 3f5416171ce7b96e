"""What the slides of a list, of its groups and of a board hold."""

from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.controllers.presentation.presented import PRESENTED, read_slide, read_titles
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(PRESENTED)
        yield site


def walk(site: Site, path: str) -> list[list[str]]:
    """Return the titles of each slide from `path` on, by its links to the next one."""
    found: list[list[str]] = []
    following: str | None = path
    while following:
        slide = read_slide(site.get(following, "bob"))
        found.append(read_titles(slide))
        following = slide.next
    return found


def test_a_list_has_seven_items_a_slide_with_rank_title_and_state(site: Site) -> None:
    slide = read_slide(site.get("/present/list?all", "bob"))
    assert read_titles(slide) == [f"Fix roof {number}" for number in range(1, 8)]
    assert slide.where == "Slide 1 of 3"
    assert '<span class="visually-hidden">Rank </span>7' in slide.body
    assert "Next up" in slide.body


def test_the_links_lead_through_all_items_and_back(site: Site) -> None:
    assert [len(titles) for titles in walk(site, "/present/list")] == [7, 7, 4]
    last = read_slide(site.get("/present/list?slide=3", "bob"))
    assert (last.next, last.previous) == (None, "/present/list?slide=2")
    assert read_slide(site.get("/present/list?slide=2", "bob")).last == "/present/list?slide=3"


def test_beyond_the_last_slide_is_the_last_one(site: Site) -> None:
    assert read_slide(site.get("/present/list?slide=99", "bob")).where == "Slide 3 of 3"
    assert read_slide(site.get("/present/board?slide=99", "bob")).where == "Slide 2 of 2"


def test_the_heading_of_a_group_stands_on_each_slide_of_it(site: Site) -> None:
    first = read_slide(site.get("/present/list?group=team", "bob"))
    second = read_slide(site.get("/present/list?group=team&slide=2", "bob"))
    assert "Engineering" in first.body
    assert "Engineering" in second.body
    assert "continued" in second.body
    titles = [title for slide in walk(site, "/present/list?group=team") for title in slide]
    assert sorted(titles) == sorted([*(f"Fix roof {n}" for n in range(1, 17)), "Buy tiles", "Call the tiler"])


def test_a_group_that_is_closed_says_how_many_it_has_and_shows_none(site: Site) -> None:
    slides = walk(site, "/present/list?group=team&closed=ENG")
    assert slides == [["Call the tiler"]]
    assert "17</span>" in read_slide(site.get("/present/list?group=team&closed=ENG", "bob")).body


def test_a_board_has_three_columns_a_slide_each_with_its_count(site: Site) -> None:
    first = read_slide(site.get("/present/board", "bob"))
    assert [name for name in ("Later", "Next up", "Doing", "Shipped", "No state") if name in first.body] == [
        "Later", "Next up", "Doing",
    ]  # fmt: skip
    assert first.body.count('<section class="slide-column">') == 3
    assert "of 5" in first.body
    second = read_slide(site.get(first.next or "", "bob"))
    assert "Shipped" in second.body
    assert second.next is None


def test_compared_with_a_day_each_slide_says_what_moved(site: Site) -> None:
    site.query("UPDATE backlog_items SET state_id = 's1', updated_at = now() WHERE id = 'i1'")
    slide = read_slide(site.get("/present/list?since=2026-02-07", "bob"))
    assert "Moved: " in slide.body
    assert "Since 7 Feb" in site.get("/present/list?since=2026-02-07", "bob").text


@pytest.mark.parametrize("path", ["/present/list", "/present/board"])
def test_what_is_gone_is_presented_too(site: Site, path: str) -> None:
    site.query("UPDATE backlog_items SET archived_at = now() WHERE id = 'o1'")
    slide = read_slide(site.get(f"{path}?since=2026-02-07&moved=gone", "bob"))
    assert read_titles(slide) == ["Call the tiler"]
    assert "Archived" in slide.body


def test_nothing_is_said_in_words_and_leads_back(site: Site) -> None:
    slide = read_slide(site.get("/present/list?q=xylophone", "bob"))
    assert "Nothing matches" in slide.body
    assert (slide.where, slide.next, slide.back) == ("Slide 1 of 1", None, "/?q=xylophone")
    site.query("DELETE FROM backlog_items")
    assert "Nothing is shown to you yet" in read_slide(site.get("/present/board", "bob")).body
