"""A feed that every reader can read, whatever stands in it (RFC 4287)."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shareable_backlog.web.formats import atom
from shareable_backlog.web.formats.atom import FeedEntry

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
URL = "https://backlog.example.com/?team=ENG&q=roof"
ATOM = "{http://www.w3.org/2005/Atom}"
# What XML can hold and what it can't, and what means something in it.
_ANY_TEXT = st.text(st.sampled_from("a \t\n\r\x00\x0b\x1f\x7f\x85\u2028\ufffe\uffff\ud800\U0001f600<>&\"']]>"))
_always_alike = settings(derandomize=True, deadline=None)


def entry(number: int = 1, **fields: str) -> FeedEntry:
    texts = {"title": "Photos", "summary": "Doing", "author": "Bob", **fields}
    address = texts.pop("address", f"https://backlog.example.com/items/ENG-{number}")
    return FeedEntry(f"urn:example:{number}", address, updated_at=NOON + timedelta(minutes=number), **texts)


def write(address: str, title: str, *entries: FeedEntry) -> bytes:
    return atom.write_feed(address, title, NOON, entries, lasting_id="urn:example:feed", self_url=f"{address}#feed")


def read(*entries: FeedEntry, title: str = "Backlog", address: str = URL) -> ET.Element:
    """Write a feed, and read it as feed readers do."""
    return ET.fromstring(write(address, title, *entries))  # noqa: S314 (our own)


def test_a_feed_is_xml_in_utf_8_that_says_so() -> None:
    written = write(URL, "Grüße")
    assert written.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert "Grüße".encode() in written


def test_a_feed_has_all_that_the_standard_asks_for() -> None:
    feed = read(title="Backlog: team=ENG")
    assert feed.tag == f"{ATOM}feed"
    assert [(child.tag.removeprefix(ATOM), child.text or child.attrib["href"]) for child in feed] == [
        ("title", "Backlog: team=ENG"),
        ("id", "urn:example:feed"),
        ("updated", "2026-02-06T12:00:00+00:00"),
        ("link", f"{URL}#feed"),
        ("link", URL),
    ]
    assert [link.attrib["rel"] for link in feed.iter(f"{ATOM}link")] == ["self", "alternate"]


def test_an_entry_has_all_that_the_standard_asks_for() -> None:
    [found] = read(entry(5)).iter(f"{ATOM}entry")
    assert {child.tag.removeprefix(ATOM): child.text for child in found if child.text} == {
        "title": "Photos",
        "id": "urn:example:5",
        "updated": "2026-02-06T12:05:00+00:00",
        "summary": "Doing",
    }
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "Bob"
    [link] = found.iter(f"{ATOM}link")
    assert link.attrib == {"href": "https://backlog.example.com/items/ENG-5"}


def test_entries_stand_in_the_order_in_which_they_come() -> None:
    ids = [found.findtext(f"{ATOM}id") for found in read(entry(2), entry(3), entry(1)).iter(f"{ATOM}entry")]
    assert [id_ and id_[-1:] for id_ in ids] == ["2", "3", "1"]


@pytest.mark.parametrize(
    ("text", "read_back"),
    [
        ('Tiles & "more" <b>', 'Tiles & "more" <b>'),
        ("a\x00b\x0bc\x1fd\ufffee\uffff", "abcde"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("\U0001f600 \ud7ff\ue000\ufffd\U0010ffff", "\U0001f600 \ud7ff\ue000\ufffd\U0010ffff"),
        ("a\tb\nc", "a\tb\nc"),
        ("", None),
    ],
)
def test_what_xml_can_not_hold_is_left_out_and_all_else_is_kept(text: str, read_back: str | None) -> None:
    feed = read(entry(title=text, summary=text, author=text), title=text)
    assert {element.text for element in feed.iter() if element.tag.endswith(("title", "summary", "name"))} == {
        read_back
    }


@_always_alike
@given(text=_ANY_TEXT)
def test_a_feed_is_well_formed_whatever_its_texts_hold(text: str) -> None:
    assert len(read(entry(title=text, summary=text, author=text), title=text)) == 6


@_always_alike
@given(text=_ANY_TEXT)
def test_a_feed_is_well_formed_whatever_its_addresses_hold(text: str) -> None:
    address = f"https://backlog.example.com/items/{text}"
    links = list(read(entry(address=address), address=address).iter(f"{ATOM}link"))
    assert [one.attrib["href"].startswith("https://backlog.example.com/items/") for one in links] == [True] * 3
