"""Write an Atom feed (RFC 4287)."""

from collections.abc import Iterable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

_NAMESPACE = "http://www.w3.org/2005/Atom"


class FeedEntry(Struct, frozen=True):
    """One entry; `lasting_id` is an IRI that stays when `url` changes, `updated_at` is aware."""

    lasting_id: str
    url: str
    title: str
    summary: str
    author: str
    updated_at: datetime


def write_feed(
    url: str, title: str, updated_at: datetime, entries: Iterable[FeedEntry], *, lasting_id: str, self_url: str
) -> bytes:
    """Return the feed of the page at `url`, itself at `self_url`, as XML; what XML can't hold is left out."""
    root = Element("feed", xmlns=_NAMESPACE)
    _add_text(root, "title", title)
    _add_text(root, "id", lasting_id)
    _add_text(root, "updated", updated_at.isoformat())
    SubElement(root, "link", rel="self", type="application/atom+xml", href=_clean_text(self_url))
    SubElement(root, "link", rel="alternate", type="text/html", href=_clean_text(url))
    for entry in entries:
        part = SubElement(root, "entry")
        _add_text(part, "title", entry.title)
        _add_text(part, "id", entry.lasting_id)
        _add_text(part, "updated", entry.updated_at.isoformat())
        _add_text(part, "summary", entry.summary)
        _add_text(SubElement(part, "author"), "name", entry.author)
        SubElement(part, "link", href=_clean_text(entry.url))
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _clean_text(text)


def _clean_text(text: str) -> str:
    """Return what XML 1.0 can hold of a text (section 2.2)."""
    return "".join(sign for sign in text if sign in "\t\n\r" or _is_xml(sign))


def _is_xml(sign: str) -> bool:
    return " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign >= "\U00010000"
