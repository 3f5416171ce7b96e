"""Every number of a page leads to a list of exactly so many: all of them on the sample are followed."""

import html
import re
from collections.abc import Generator

import pytest

from shareable_backlog.sync import sample
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

PAGES = (
    "/", "/?team=FLD", "/?label=Bug&done=hidden", "/?assignee=Maren+Solvik", "/?q=photos", "/?due=overdue",
    "/?archived=shown", "/?no=project&order=-created", *(f"/?group={by}" for by in
    ("state", "team", "project", "priority", "assignee", "cycle", "label")), "/?group=label&team=FLD&done=hidden",
    "/?group=state&archived=shown&order=-rank", "/?group=team&subgroup=state",
    "/?group=label&subgroup=project&team=FLD", "/?group=project&subgroup=label&done=hidden&skip=2",
    "/board", "/board?group=team&priority=urgent", "/roadmap", "/meeting", "/meeting?since=2020-01-01",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    """Yield the program over the sample."""
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.client.portal.call(sample.load_sample)  # type: ignore[union-attr]
        yield site


def list_numbers(page: str) -> list[tuple[str, int, str]]:
    """Return the address, the number of items and the words of each sum on a page."""
    found = re.findall(r'<a class="(?:count|(?:agenda-)?sum)" href="([^"]+)">(.*?)</a>', page, re.DOTALL)
    words = [(html.unescape(url), " ".join(re.sub(r"<[^>]*>", "", text).split())) for url, text in found]
    return [(url, int(text.partition(" ")[0].replace(",", "")), text) for url, text in words]


def count_lines(site: Site, url: str) -> int:
    """Return how many lines the pages of a list have."""
    page = site.get(url, "bob").text
    following = re.search(r'<a href="([^"]+)" rel="next">', page)
    here = page.count('<li class="item">')
    return here + (count_lines(site, html.unescape(following[1])) if following else 0)


@pytest.mark.parametrize("path", PAGES)
def test_every_number_leads_to_a_list_of_exactly_so_many(site: Site, path: str) -> None:
    numbers = list_numbers(site.get(path, "bob").text)
    assert numbers
    for url, number, words in numbers:
        assert count_lines(site, url) == number, (url, words)
        if number:
            [of_list, *_] = list_numbers(site.get(url, "bob").text)
            assert of_list[1] == number, (url, words)


def test_the_points_of_each_project_are_those_of_its_list(site: Site) -> None:
    page = site.get("/roadmap", "bob").text
    points = re.findall(r'<a class="points" href="([^"]+)">([^<]+)</a>', page)
    assert len(points) == len(re.findall(r'<a class="points"', page)) > 1
    for url, words in points:
        [(_, _, total), *_] = list_numbers(site.get(html.unescape(url), "bob").text)
        assert total.endswith(f", {words}"), url


def test_a_list_says_how_many_items_it_has_and_how_many_points(site: Site) -> None:
    [(_, number, words)] = list_numbers(site.get("/?team=FLD&done=hidden", "bob").text)
    points = site.query(
        "SELECT sum(estimate) FROM backlog_items i JOIN workflow_states s ON s.id = i.state_id"
        " WHERE identifier LIKE 'FLD-%' AND i.archived_at IS NULL AND NOT i.trashed"
        " AND s.type NOT IN ('completed', 'canceled', 'duplicate')"
    )
    assert words == f"{number} items, {points[0][0]:g} points"


def test_one_is_an_item_and_points_that_are_not_shown_are_not_said(site: Site) -> None:
    [(day,), *_] = site.query(
        "SELECT due_date FROM backlog_items GROUP BY 1 HAVING count(*) = 1 AND max(estimate) > 1"
    )
    site.query("UPDATE sharing_settings SET shows_estimates = false")
    assert [words for *_, words in list_numbers(site.get(f"/?due={day}", "bob").text)] == ["1 item"]
    site.query("UPDATE sharing_settings SET shows_estimates = true")
    [(_, _, words)] = list_numbers(site.get(f"/?due={day}", "bob").text)
    assert re.fullmatch(r"1 item, \d+ points", words)
