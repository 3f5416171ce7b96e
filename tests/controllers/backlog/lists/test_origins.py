"""From which list an item was opened: in its address, on to its neighbours, and back."""

import re
from collections.abc import Generator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from shareable_backlog.controllers.backlog.lists.origins import OriginQuery, read_origin
from shareable_backlog.services.backlog import filters
from tests.conftest import create_database
from tests.controllers.backlog.lists.test_item_list import ROWS
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.query(ROWS)
        yield site


def list_links(page: str, pattern: str) -> list[str]:
    return [unescape(one) for one in re.findall(pattern, page)]


def open_first(site: Site, path: str) -> tuple[str, str]:
    """Return the address of the first item of a page, and its page."""
    url = list_links(site.get(path, "bob").text, r'<a class="title" href="(/items/[^"]+)"')[0]
    return url, site.get(url, "bob").text


def read_walk(page: str) -> tuple[str | None, dict[str, str]]:
    """Return where an item's page leads back to, and on to by the names of the links."""
    [nav] = re.findall(r'<nav class="walk".*?</nav>', page, re.DOTALL) or [""]
    back = list_links(nav, r'<a href="([^"]+)" dir')
    return back[0] if back else None, dict(list_pairs(nav))


def list_pairs(nav: str) -> list[tuple[str, str]]:
    return [(rel, unescape(url)) for url, rel in re.findall(r'href="([^"]+)" rel="(\w+)"', nav)]


def test_an_item_leads_through_the_list_and_back_to_it(site: Site) -> None:
    url, page = open_first(site, "/?team=ENG&order=updated")
    seen = [urlsplit(url).path]
    while following := read_walk(page)[1].get("next"):
        page = site.get(following, "bob").text
        seen.append(urlsplit(following).path)
    assert seen == ["/items/ENG-2", "/items/ENG-1"]
    back, links = read_walk(page)
    assert back == "/?team=ENG&order=updated"
    assert "← Engineering" in page
    assert urlsplit(links["prev"]).path == "/items/ENG-2"


@pytest.mark.parametrize("path", ["/board?group=team&order=updated", "/?group=team&order=updated"])
def test_from_a_group_it_leads_through_the_group_and_back_to_all_of_them(site: Site, path: str) -> None:
    _, page = open_first(site, path)
    back, links = read_walk(page)
    assert back == path
    assert [urlsplit(url).path for url in links.values()] == ["/items/ENG-1"]


def test_the_way_back_is_to_the_same_page_of_the_list() -> None:
    origin = read_origin(OriginQuery("/?team=ENG&after=abc&evil=1"))
    assert origin is not None
    assert (origin.back_url, parse_qs(origin.query)) == ("/?team=ENG&after=abc", {"in": ["/?team=ENG&after=abc"]})


def test_from_a_group_within_a_group_it_leads_through_that_one() -> None:
    origin = read_origin(OriginQuery("/?group=team&subgroup=priority", "team=ENG&priority=urgent"))
    assert origin is not None
    assert origin.back_url == "/?group=team&subgroup=priority"
    assert filters.build_pairs(origin.walked) == [("team", "ENG"), ("priority", "urgent")]


def test_an_item_of_a_group_without_a_value_leads_through_those_without_one() -> None:
    origin = read_origin(OriginQuery("/?group=label&q=roof", "no=label"))
    assert origin is not None
    assert filters.build_pairs(origin.walked) == [("q", "roof"), ("no", "label")]


@pytest.mark.parametrize(
    "page_url",
    [
        "", "//evil.example.com/", "https://evil.example.com/", "/admin", "/?due=whenever", "/?group=colour",
        "javascript:x",
    ],
)  # fmt: skip
def test_what_is_no_list_of_ours_is_no_origin(site: Site, page_url: str) -> None:
    assert read_origin(OriginQuery(page_url)) is None
    page = site.ask("GET", "/items/ENG-1", "bob").text
    assert read_walk(page) == (None, {})


def test_an_item_that_is_spelt_otherwise_keeps_the_list(site: Site) -> None:
    answer = site.get("/items/eng-1?in=/%3Fteam%3DENG", "bob")
    assert (answer.status_code, answer.headers["location"]) == (301, "/items/ENG-1?in=/%3Fteam%3DENG")


def test_a_line_offers_its_own_link_without_the_list(site: Site) -> None:
    assert 'data-copy="/items/ENG-1" hidden' in site.get("/?team=ENG", "bob").text


@pytest.mark.parametrize("path", ["/?q=slates&group=team", "/board?q=slates&group=team"])
def test_from_a_group_of_what_was_searched_it_leads_on_by_rank_as_the_group_does(site: Site, path: str) -> None:
    site.query("""
        INSERT INTO backlog_items (id, identifier, number, title, team_id, priority, created_at, updated_at) VALUES
          ('i5', 'OPS-5', 5, 'Look where the many old roofs have lost their slates', 't2', 1, now(), now()),
          ('i6', 'OPS-6', 6, 'Slates slates', 't2', 4, now(), now()) ON CONFLICT DO NOTHING;
        INSERT INTO search_entries (item_id) SELECT id FROM backlog_items ON CONFLICT DO NOTHING
    """)
    while site.query("SELECT 1 FROM search_entries WHERE stale_since IS NOT NULL"):
        site.get("/healthz")
    url, page = open_first(site, path)
    assert urlsplit(url).path == "/items/OPS-5"
    assert {rel: urlsplit(url).path for rel, url in read_walk(page)[1].items()} == {"next": "/items/OPS-6"}
