"""Write an Atom feed (RFC 4287)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

_NAMESPACE = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one entry; `address` is also its lasting name, `updated_at` is aware."""

    address: str
    title: str
    summary: str
    author: str
    updated_at: datetime


def feed(address: str, title: str, updated_at: datetime, entries: Iterable[Entry]) -> bytes:
    """Give the feed at `address` as XML; what XML can't hold is left out."""
    root = Element("feed", xmlns=_NAMESPACE)
    _text(root, "title", title)
    _text(root, "id", address)
    _text(root, "updated", updated_at.isoformat())
    for entry in entries:
        part = SubElement(root, "entry")
        _text(part, "title", entry.title)
        _text(part, "id", entry.address)
        _text(part, "updated", entry.updated_at.isoformat())
        _text(part, "summary", entry.summary)
        _text(SubElement(part, "author"), "name", entry.author)
        SubElement(part, "link", href=_xml(entry.address))
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _xml(text)


def _xml(text: str) -> str:
    """Give what XML 1.0 can hold of a text (section 2.2)."""
    return "".join(sign for sign in text if sign in "\t\n\r" or _is_xml(sign))


def _is_xml(sign: str) -> bool:
    return " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign >= "\U00010000"
