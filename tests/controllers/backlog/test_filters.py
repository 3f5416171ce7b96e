"""The page on which the backlog is narrowed."""

import re
from collections.abc import Generator

import pytest

from shareable_backlog.vocabulary import FILTERS
from tests.conftest import create_database
from tests.controllers.backlog.lists.test_item_list import ROWS
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.query(ROWS)
        yield site


def list_ticked(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="([^"]+)" value="([^"]*)" checked', page)


def test_the_filters_to_choose_from_are_those_of_what_is_shown(site: Site) -> None:
    assert all(word in site.get("/filters", "bob").text for word in ("Engineering", "Operations", "Doing", "Shipped"))
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't1', false)")
    page = site.get("/filters", "bob").text
    assert all(word not in page for word in ("Engineering", "Doing", "Shipped"))


def test_what_filters_offer_is_there_to_tick(site: Site) -> None:
    page = site.get("/filters", "bob")
    offered = [f'name="{name}" value="{value}"' for name, one in FILTERS.items() for value in one.offers]
    assert (page.status_code, [one for one in offered if one not in page.text]) == (200, [])


def test_what_is_chosen_is_ticked_also_where_it_is_offered_no_more(site: Site) -> None:
    page = site.get("/filters?team=eng&-label=Gone&no=assignee&has=due", "bob").text
    assert list_ticked(page) == [("team", "ENG"), ("no", "assignee"), ("-label", "Gone"), ("has", "due")]


def test_what_else_the_address_asks_for_is_carried_along(site: Site) -> None:
    page = site.get("/filters?q=roof&group=team&team=ENG", "bob").text.partition("<footer")[0]
    assert re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page)[-2:] == [
        ("q", "roof"),
        ("group", "team"),
    ]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "/"),
        ("?page=/board", "/board"),
        ("?page=/timeline", "/timeline"),
        ("?page=/matrix", "/matrix"),
        ("?page=//evil.example.com", "/"),
    ],
)
def test_the_form_leads_back_to_the_page_it_came_from_and_nowhere_else(site: Site, query: str, path: str) -> None:
    assert f'<form class="filters" action="{path}"' in site.get(f"/filters{query}", "bob").text


def list_choices(page: str) -> list[tuple[str, str, str]]:
    found = re.findall(r'name="([^"]+)" value="([^"]*)"[^>]*>\s*<span[^>]*>([^<]*)</span>', page)
    return [(name, value, words.strip()) for name, value, words in found]


def test_without_a_script_a_search_narrows_what_is_offered_and_keeps_what_is_chosen(site: Site) -> None:
    page = site.get("/filters?find=oper&state=Doing", "bob").text
    assert [choice for choice in list_choices(page) if not choice[0].startswith("-")] == [
        ("team", "OPS", "Operations"),
        ("state", "Doing", "Doing"),
    ]
    assert 'formaction="/filters" name="page" value="/"' in page
    assert "has “oper” in its name" in page


def test_without_a_script_names_are_found_as_they_are_read(site: Site) -> None:
    site.query("UPDATE teams SET name = 'R&D' WHERE key = 'OPS'")
    assert ("team", "OPS", "R&amp;D") in list_choices(site.get("/filters?find=r%26d", "bob").text)
    assert not list_choices(site.get("/filters?find=amp%3B", "bob").text)


def test_nothing_of_each_is_offered_by_its_own_words(site: Site) -> None:
    site.query("UPDATE backlog_items SET due_date = '2026-03-01' WHERE id = 'i1'")
    words = {value: words for name, value, words in list_choices(site.get("/filters", "bob").text) if name == "no"}
    assert words | {"state": "No state", "due": "No due date"} == words
    assert ("priority", "none", "No priority") in list_choices(site.get("/filters", "bob").text)


def test_where_all_teams_that_are_chosen_estimate_in_sizes_these_are_offered(site: Site) -> None:
    site.query("UPDATE backlog_items SET estimate = 3")
    site.query("UPDATE teams SET issue_estimation_type = 'tShirt' WHERE key = 'ENG'")
    offered = r'name="estimate" value="3"(?: checked)?>\s*<span dir="auto">{}</span>'
    assert re.search(offered.format("3"), site.get("/filters", "bob").text)
    assert re.search(offered.format("M"), site.get("/filters?team=ENG&estimate=3", "bob").text)


def test_cycles_have_their_names_and_dates_and_none_of_a_hidden_team(site: Site) -> None:
    site.query(
        """
        INSERT INTO cycles (id, number, name, team_id, starts_at, ends_at, created_at, updated_at) VALUES
          ('c1', 7, 'Spring clean', 't1', '2026-03-02', '2026-03-16', now(), now()),
          ('c2', 8, NULL, 't1', '2026-03-16', '2026-03-30', now(), now()),
          ('c3', 8, 'Secret', 't2', '2026-03-23', '2026-04-06', now(), now());
        UPDATE backlog_items SET cycle_id = 'c1' WHERE id = 'i1';
        UPDATE backlog_items SET cycle_id = 'c2' WHERE id = 'i2';
        UPDATE teams SET private = true WHERE id = 't2';
        """
    )
    page = site.get("/filters", "bob").text
    words = {value: words for name, value, words in list_choices(page) if name == "cycle"}
    assert words["current"] == "Current cycle"
    assert words["7"].startswith("Spring clean, 2 Mar")
    assert words["8"].startswith("Cycle 8, 16 Mar")
    assert "Secret" not in page
