"""What a page says where nothing is found."""

import re
from collections.abc import Generator
from html import unescape

import pytest

from tests.conftest import create_database
from tests.controllers.backlog.lists.test_item_list import ROWS
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob", "erin")
        site.query(ROWS)
        yield site


def read_message(site: Site, path: str) -> str:
    page = site.get(path, "bob").text
    [message] = re.findall(r'<div class="message">(.*?)</div>', page, re.DOTALL)
    return message


@pytest.mark.parametrize("path", ["/", "/board", "/?group=team"])
def test_every_number_leads_to_a_list_of_so_many(site: Site, path: str) -> None:
    sign = "&" if "?" in path else "?"
    message = read_message(site, f"{path}{sign}team=OPS&state=Doing")
    counted = re.findall(r'<a href="([^"]+)"[^>]*>(\d+) items?</a>', message)
    assert [int(count) for _, count in counted] == [1, 1]
    for url, count in counted:
        page = site.get(unescape(url), "bob").text
        assert len(re.findall(r'<a class="title"', page)) == int(count)


def test_the_filter_that_leaves_nothing_is_named(site: Site) -> None:
    message = read_message(site, "/?team=ENG&priority=urgent")
    assert "It is <b" in message
    assert ">Urgent</b> that leaves nothing." in message


def test_days_are_written_as_the_reader_does_in_the_chip_and_in_what_leaves_nothing(site: Site) -> None:
    page = site.get("/?due=..2020-06-01", "bob").text
    assert '</span>Due <b dir="auto">until 1 Jun 2020</b>' in page
    assert 'It is <b dir="auto">Due until 1 Jun 2020</b> that leaves nothing.' in page
    page = site.get("/?due=..2020-06-01", "bob", **{"accept-language": "en-US"}).text
    assert '</span>Due <b dir="auto">until Jun 1, 2020</b>' in page
    assert 'It is <b dir="auto">Due until Jun 1, 2020</b> that leaves nothing.' in page


def test_where_no_single_filter_is_to_blame_it_says_so(site: Site) -> None:
    message = read_message(site, "/?priority=urgent&label=Nowhere")
    assert "nor all but one of it" in message
    assert "show all items" in message


def test_other_units_are_led_to(site: Site) -> None:
    message = read_message(site, "/?team=OPS&state=Doing")
    assert re.search(
        r'Found elsewhere:\s*<a href="/\?[^"]*team=ENG[^"]*" dir="auto">Engineering</a> \(1 item\)', message
    )


def test_on_a_later_page_that_is_empty_nothing_is_looked_for(site: Site) -> None:
    page = site.get("/?group=team&skip=90&state=Doing", "bob").text
    assert "leaves nothing" not in page
