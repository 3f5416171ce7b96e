"""Updates as feed readers ask for them."""

import html
import re
from collections.abc import Generator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import create_database
from tests.controllers.backlog.test_exports import ATOM
from tests.controllers.projects.test_updates import ROWS
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def create_feed(site: Site, query: str = "") -> str:
    """Return the path of a feed that bob made, with its token."""
    page = site.post(f"/updates/feed?{query}", "bob").text
    [address] = re.findall(r"<code>(http[^<]+)</code>", page)
    parts = urlsplit(html.unescape(address))
    return f"{parts.path}?{parts.query}"


def read_entries(text: str) -> list[tuple[str | None, str | None, str | None]]:
    entries = ET.fromstring(text).iter(f"{ATOM}entry")  # noqa: S314 (our own)
    return [
        (one.findtext(f"{ATOM}title"), one.findtext(f"{ATOM}summary"), one.findtext(f"{ATOM}author/{ATOM}name"))
        for one in entries
    ]


def test_a_feed_has_what_its_person_may_read_the_latest_first(site: Site) -> None:
    answer = site.get(create_feed(site))
    assert answer.headers["content-type"] == "application/atom+xml"
    assert read_entries(answer.text) == [
        ("Ladder: On track", "Stands", "Somebody"),
        ("Roof & wall: At risk", "It leaks, see ENG-1", "Dana"),
        ("Whole house: Off track", "The house grows", "Dana"),
    ]
    assert 'href="http://localhost:8000/projects/Roof%20%26%20wall#update-w1"' in answer.text
    assert "token" not in answer.text


def test_one_of_a_project_has_its_own_and_is_called_after_it(site: Site) -> None:
    answer = site.get(create_feed(site, "project=Roof+%26+wall"))
    assert [title for title, _, _ in read_entries(answer.text)] == ["Roof & wall: At risk"]
    assert "<title>Updates: Roof &amp; wall</title>" in answer.text


def test_so_has_one_of_an_initiative(site: Site) -> None:
    answer = site.get(create_feed(site, "initiative=Whole+house"))
    assert [title for title, _, _ in read_entries(answer.text)] == ["Whole house: Off track"]
    assert "<title>Updates: Whole house</title>" in answer.text


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("/projects/Roof%20%26%20wall", "/updates/feed?project=Roof+%26+wall"),
        ("/initiatives/Whole%20house", "/updates/feed?initiative=Whole+house"),
    ],
)
def test_the_page_of_a_plan_leads_to_its_own(site: Site, path: str, feed: str) -> None:
    [led_to] = re.findall(r'<a href="([^"]*)">Follow its updates in a feed reader', site.get(path, "bob").text)
    assert site.get(html.unescape(led_to), "bob").text == site.get(feed, "bob").text
    site.query("UPDATE settings SET pages_off = '{feeds}'")
    assert "feed reader" not in site.get(path, "bob").text


def test_one_that_a_reader_has_is_not_sent_again_until_something_is_written(site: Site) -> None:
    address = create_feed(site)
    tag = site.get(address).headers["etag"]
    assert site.get(address, None, **{"if-none-match": tag}).status_code == 304
    site.query("UPDATE project_updates SET body = 'Falls' WHERE id = 'w3'")
    assert site.get(address, None, **{"if-none-match": tag}).status_code == 200


def test_it_goes_with_the_page_and_with_its_token(site: Site) -> None:
    address = create_feed(site)
    assert site.get("/updates.atom").status_code == 303
    assert site.get("/updates.atom?token=none").status_code == 401
    site.query("UPDATE settings SET pages_off = '{updates}'")
    assert site.get(address).status_code == 403
    assert site.get("/updates/feed", "bob").status_code == 403
    site.query("UPDATE settings SET pages_off = '{feeds}'")
    assert site.get(address).status_code == 403


def test_a_token_for_something_else_opens_none(site: Site) -> None:
    page = site.post("/account/tokens", "bob", name="mine", right="items").text
    [token] = re.findall(r"<code>([^<]+)</code>", page)[:1]
    assert site.get(f"/updates.atom?token={token}").status_code == 403


def test_the_page_of_a_feed_says_what_it_is_of(site: Site) -> None:
    assert "what the team of Ladder writes" in site.get("/updates/feed?project=Ladder", "bob").text
    assert 'action="/updates/feed?project=Ladder"' in site.get("/updates/feed?project=Ladder", "bob").text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("project=5e1f", "what the team of Roof &amp; wall writes"),
        ("initiative=n1", "what is written about Whole house"),
    ],
)
def test_it_says_so_by_its_name_where_the_address_has_linears_word(site: Site, words: str, said: str) -> None:
    assert said in site.get(f"/updates/feed?{words}", "bob").text


def test_of_what_is_hidden_there_is_none(site: Site) -> None:
    assert site.get("/updates/feed?project=Secret", "bob").status_code == 404
    assert site.post("/updates/feed?project=Secret", "bob").status_code == 404
    assert site.query("SELECT count(*) FROM api_tokens") == [(0,)]
