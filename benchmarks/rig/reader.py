"""Read pages of a server over one kept connection, and time them."""

import time
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from re import findall, search
from statistics import median, quantiles
from urllib.parse import urlsplit

from benchmarks import rig

_KEPT_FOR_S = 2.0  # the server closes what was not used for five


class Unanswered(Exception):
    """A page was answered by another status than was expected."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer; `wait_ms` is the time from the request to the last byte of the answer.

    One that was compressed, or that its reader has already, has no `html`; `tag` is by what to ask for it again.
    """

    wait_ms: float
    html: str
    tag: str
    size: int
    """The bytes of its body, as it was sent."""

    def identifiers(self) -> list[str]:
        """Return the identifiers of the items that it leads to, in its order."""
        return list(dict.fromkeys(findall(r'href="/items/([^"?#/]+)["?]', self.html)))

    def next_path(self) -> str | None:
        """Return the path of the next page of the list; None on the last."""
        found = search(r'<a href="([^"]+)" rel="next"', self.html)
        return found and unescape(found[1])


class Reader:
    """A signed-in viewer of the server at an `address`: bob, unless another's Cookie header is given."""

    def __init__(self, address: str, cookie: str = rig.AS_BOB) -> None:
        self.address, self._cookie = address, cookie
        self._connection = HTTPConnection(urlsplit(address).netloc)
        self._asked_at = 0.0

    def read(self, path: str, *, tag: str = "", is_compressed: bool = False) -> Page:
        """Ask for a page, which one has already by `tag`, and read it whole; raises Unanswered for another status."""
        if time.perf_counter() - self._asked_at > _KEPT_FOR_S:
            self._connection.close()
            self._connection.connect()
        headers = {"Cookie": self._cookie, **({"If-None-Match": tag} if tag else {})}
        if is_compressed:
            headers["Accept-Encoding"] = "gzip"
        started = self._asked_at = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        wait_ms = (time.perf_counter() - started) * 1000
        if answer.status != (304 if tag else 200):
            raise Unanswered(f"{path} was answered by {answer.status}")
        return Page(wait_ms, "" if is_compressed else body.decode(), answer.headers.get("ETag", ""), len(body))

    def path_of_page(self, number: int) -> tuple[str, list[str]]:
        """Walk the list to its page `number` or its last one; give the path of that and the identifiers before it."""
        path, seen = "/", list[str]()
        for _ in range(1, number):
            page = self.read(path)
            seen += page.identifiers()
            following = page.next_path()
            if following is None:
                break
            path = following
        return path, seen


def p95(values: list[float]) -> float:
    """Return what 95 of 100 do not exceed."""
    return quantiles(values, n=20)[-1]


def said(waits_ms: list[float]) -> str:
    """Write median and p95."""
    return f"{median(waits_ms):.1f}/{p95(waits_ms):.1f}"
