"""The list and the board in slides: which items each has, its three links, and who may see it."""

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


def test_a_slide_that_is_no_number_is_refused(site: Site) -> None:
    assert site.get("/present/list?slide=0", "bob").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "team=ENG&type=started",
        "q=roof&order=-rank",
        "group=state&columns=id,state&closed=Doing",
        "done=hidden&since=2026-02-01",
        "new=meeting",
    ],
)
@pytest.mark.parametrize(("path", "presented"), [("/", "/present/list"), ("/board", "/present/board")])
def test_a_page_leads_to_its_slides_and_they_lead_back_to_just_this_page(
    site: Site, path: str, presented: str, query: str
) -> None:
    page = site.get(f"{path}?{query}", "bob")
    [link] = running_site.find_links(page, presented)
    slide = read_slide(site.get(link, "bob"))
    assert slide.back == f"{path}?{query}"
    if slide.next:
        assert read_slide(site.get(slide.next, "bob")).back == slide.back


def test_from_the_bare_list_back_leads_to_the_list_and_not_to_a_default_view(site: Site) -> None:
    assert read_slide(site.get("/present/list", "bob")).back == "/?all"


def test_slides_begin_where_the_page_of_the_list_does(site: Site) -> None:
    site.query(
        """INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at, priority)
        SELECT 'm' || n, 'ENG-' || n, n, 'More ' || n, 't1', now(), now(), 0 FROM generate_series(100, 160) n"""
    )
    [following] = running_site.find_links(site.get("/?all", "bob"), "/?after=")
    [link] = running_site.find_links(site.get(following, "bob"), "/present/list")
    slide = read_slide(site.get(link, "bob"))
    assert slide.back == following
    assert read_titles(slide)[0] in site.get(following, "bob").text
    assert read_titles(slide)[0] not in site.get("/?all", "bob").text
    assert slide.where == "Slide 1 of 5"


def test_nobody_sees_on_a_slide_what_they_do_not_see_on_the_page(site: Site) -> None:
    slide = read_slide(site.get("/present/list", "erin"))
    assert "roof" not in site.get("/present/list", "erin").text
    assert "Nothing is shown to you yet" in slide.body
    assert site.get("/present/list").headers["location"].startswith("/sign-in")


def test_a_page_that_is_switched_off_has_no_slides(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{board}'")
    assert site.get("/present/board", "bob").status_code == 403
    assert site.get("/present/list", "bob").status_code == 200


def test_the_slides_of_a_list_that_is_switched_off_lead_to_where_one_begins_instead(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{list}'")
    answer = site.get("/present/list?team=ENG", "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?team=ENG")


def test_a_presentation_makes_nothing_seen_and_needs_no_script_of_the_list(site: Site) -> None:
    site.get("/", "bob")
    site.query(
        """INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at, priority)
        VALUES ('n1', 'ENG-99', 99, 'Newcomer', 't1', now(), now(), 1)"""
    )
    assert read_titles(read_slide(site.get("/present/list", "bob")))[0] == "Newcomer"
    assert "app.js" not in site.get("/present/list", "bob").text
    assert 'href="/?new=unseen">New <span class="badge">1' in site.get("/?all", "bob").text


def test_a_search_in_vain_is_recorded_as_that_of_the_page(site: Site) -> None:
    site.get("/present/list?q=xylophone", "bob")
    assert site.query("SELECT details->>'q' FROM audit_logs WHERE action = 'search.in_vain'") == [("xylophone",)]


def test_a_failed_sync_is_said_in_words_for_readers_also_to_an_admin(site: Site) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, completed_at, error_message)"
        " VALUES ('failed', 'manual', now(), 'Refused')"
    )
    for persona in ("alice", "bob"):
        page = site.get("/present/list", persona).text
        assert "Updates are delayed since" in page
        assert "Refused" not in page
