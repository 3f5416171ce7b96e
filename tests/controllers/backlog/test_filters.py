"""The page on which the backlog is narrowed."""

import re
from collections.abc import Generator

import pytest

from shareable_backlog.vocabulary import FILTERS
from tests.conftest import create_database
from tests.controllers.backlog.test_item_list import ROWS
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
    ("query", "path"), [("", "/"), ("?page=/board", "/board"), ("?page=//evil.example.com", "/")]
)
def test_the_form_leads_back_to_the_list_or_the_board_and_nowhere_else(site: Site, query: str, path: str) -> None:
    assert f'<form class="filters" action="{path}"' in site.get(f"/filters{query}", "bob").text
