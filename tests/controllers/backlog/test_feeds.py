"""Feeds as feed readers ask for them, again and again."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from shareable_backlog.controllers.backlog import feeds
from shareable_backlog.services.backlog.item_history import LatestChange
from shareable_backlog.services.backlog.item_pages import ListedItem
from tests.conftest import create_database
from tests.controllers.backlog.test_exports import ATOM, ROWS, feed_address
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

LINEARS_ID = "11111111-2222-4333-8444-555555555555"
NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.query(ROWS.replace("'i2'", f"'{LINEARS_ID}'"))
        yield site


def read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 (our own)


def ids(text: str) -> list[str | None]:
    return [entry.findtext(f"{ATOM}id") for entry in read(text).iter(f"{ATOM}entry")]


def test_a_feed_that_a_reader_has_is_not_sent_again(site: Site) -> None:
    address = feed_address(site)
    first = site.get(address)
    assert first.headers["cache-control"] == "private, no-cache"
    again = site.get(address, None, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("", "Backlog"),
        ("&team=ENG&order=rank", "Backlog: Engineering"),
        ("&due=..2020-06-01", "Backlog: Due until 1 Jun 2020"),
    ],
)
def test_a_feed_says_in_words_what_it_is_narrowed_to(site: Site, asked: str, title: str) -> None:
    feed = read(site.get(f"{feed_address(site)}{asked}").text)
    assert feed.findtext(f"{ATOM}title") == title


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE backlog_items SET title = 'Other', updated_at = now() WHERE id = 'i1'",
        "UPDATE backlog_items SET title = 'Other' WHERE id = 'i1'",
        "UPDATE backlog_items SET removed_at = now() WHERE id = 'i1'",
        "UPDATE sharing_settings SET shows_assignees = false",
    ],
)
def test_a_feed_with_anything_else_in_it_is_sent(site: Site, change: str) -> None:
    address = feed_address(site)
    tag = site.get(address).headers["etag"]
    site.query(change)
    assert site.get(address, None, **{"if-none-match": tag}).status_code == 200


def test_a_time_tells_nothing_as_somebody_may_see_less_without_a_newer_entry(site: Site) -> None:
    known = {"if-modified-since": "Thu, 05 Feb 2099 12:00:00 GMT"}
    assert site.get(feed_address(site), None, **known).status_code == 200
    assert site.get(feed_address(site), None, **known, **{"if-none-match": '"another"'}).status_code == 200


def test_a_reader_without_the_right_gets_no_304(site: Site) -> None:
    address = feed_address(site)
    tag = site.get(address).headers["etag"]
    site.query("UPDATE users SET is_disabled = true")
    assert site.get(address, None, **{"if-none-match": tag}).status_code == 401


def fetch_feed(server: str, template: str, base_url: str) -> str:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo, base_url=base_url) as site:
        let_in(conninfo, "bob")
        site.query(ROWS.replace("'i2'", f"'{LINEARS_ID}'"))
        return site.get(feed_address(site)).text


def test_names_are_linears_and_stay_when_the_address_changes(server: str, template: str) -> None:
    here, there = (fetch_feed(server, template, f"http://localhost:{port}") for port in (8000, 8123))
    assert ids(here)[0] == f"urn:uuid:{LINEARS_ID}"
    assert ids(there) == ids(here)
    assert read(there).findtext(f"{ATOM}id") == read(here).findtext(f"{ATOM}id")
    assert "localhost:8123/items/ENG-2" in there


def test_it_says_where_it_is_without_the_token(site: Site) -> None:
    links = {link.attrib["rel"]: link.attrib["href"] for link in read(site.get(feed_address(site, "label=bug")).text)
             .findall(f"{ATOM}link")}  # fmt: skip
    assert links == {
        "self": "http://localhost:8000/feed.atom?label=bug",
        "alternate": "http://localhost:8000/?label=bug",
    }


def test_an_entry_says_what_changed(site: Site) -> None:
    site.query("UPDATE backlog_items SET state_id = 's1', updated_at = now() WHERE number = 2")
    summaries = [entry.findtext(f"{ATOM}summary") for entry in read(site.get(feed_address(site)).text).iter()
                 if entry.tag == f"{ATOM}entry"]  # fmt: skip
    assert summaries == ["Moved to Doing · rank 2 · Doing", "Updated · rank 1 · Doing · Urgent · bug"]


def build_item(**fields: Any) -> ListedItem:
    usual: dict[str, Any] = {
        **dict.fromkeys(ListedItem.__struct_fields__), "id": "i1", "identifier": "ENG-1", "title": "Roof",
        "priority": 0, "labels": [], "created_at": NOON, "updated_at": NOON + timedelta(days=3),
    }  # fmt: skip
    return ListedItem(**usual | fields)


@pytest.mark.parametrize(
    ("item", "change", "told"),
    [
        ({"updated_at": NOON}, None, "New"),
        ({}, None, "Updated"),
        ({}, (3, "To do", "Doing"), "Moved from To do to Doing"),
        ({}, (3, None, "Doing"), "Moved to Doing"),
        ({}, (1, "To do", "Doing"), "Updated, last moved from To do to Doing"),
        ({}, (3, None, None), "Updated"),
        ({"archived_at": NOON + timedelta(days=3)}, (1, "To do", "Doing"), "Archived"),
    ],
)
def test_the_last_update_is_told_in_words(
    item: dict[str, Any], change: tuple[int, str | None, str | None] | None, told: str
) -> None:
    latest = change and LatestChange("i1", NOON + timedelta(days=change[0]), change[1], change[2])
    assert feeds.describe_change(build_item(**item), latest or None) == told
