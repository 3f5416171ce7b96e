"""Render the texts of one page: as much of them as a page may take work, and what was rendered before not again."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping

from markupsafe import Markup, escape

from shareable_backlog.process_state import ProcessState
from shareable_backlog.web.markdown.markdown import render_markdown, render_rest
from shareable_backlog.web.sub_path import get_sub_path

MOST_WORK = 80_000
"""What the texts of a page may take: 380,000 characters of what people write, or two texts that are made to be slow.

A unit is some 2 to 6 µs on a machine of 2026, so that no page takes a second.
"""
MOST_KEPT_BYTES = 16 * 2**20
_CHARACTERS_A_UNIT, _HTML_A_UNIT = 40, 20
_LONGEST_PLAIN = 1000
_SHORT = 2000
"""So long may a text be that is still looked at after another was too much."""
_MARKS = b"*_~`[]()<>|#+-!&\\:.@\n"


class KeptTexts:
    """What was rendered, by all that it was made of: the last of it, up to `limit` bytes; for several threads."""

    def __init__(self, limit: int) -> None:
        self._most_bytes = limit
        self._kept = OrderedDict[bytes, Markup]()
        self._lock = threading.Lock()
        self.bytes = 0

    def find(self, key: bytes) -> Markup | None:
        """Return what is kept under `key`."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def add(self, key: bytes, html: Markup) -> None:
        """Keep `html`, and forget what nobody has asked for the longest."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = html
            self.bytes += _measure(html)
            while self.bytes > self._most_bytes:
                self.bytes -= _measure(self._kept.popitem(last=False)[1])


_KEPT = ProcessState(lambda: KeptTexts(MOST_KEPT_BYTES))


class PageTexts:
    """The texts of one page, which share their links and the work that they may take.

    `url`, `images` and `titles` as in `render_markdown`.
    """

    def __init__(self, *, url: str | None, images: Mapping[str, str], titles: Mapping[str, str]) -> None:
        self._url, self._images, self._titles = url, images, titles
        self._context = repr((get_sub_path(), url, images, titles)).encode("utf-8", "surrogatepass")
        self._work = 0
        self._is_spent = False

    def render(self, text: str) -> Markup:
        """Return `text` as HTML; beyond what a page may take its beginning, as it was written."""
        if self._is_spent and len(text) > _SHORT:
            return _render_plain(text, self._url)
        work = _measure_work(text)
        if self._work and self._work + work > MOST_WORK:
            self._is_spent = True
            return _render_plain(text, self._url)
        html = self._render_once(text)
        self._work += max(work, len(html) // _HTML_A_UNIT)
        return html

    def _render_once(self, text: str) -> Markup:
        kept = _KEPT.value
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32)
        key.update(self._context)
        html = kept.find(key.digest())
        if html is None:
            html = render_markdown(text, url=self._url, images=self._images, titles=self._titles)
            kept.add(key.digest(), html)
        return html


def _measure(html: str) -> int:
    return 4 * len(html) + 200 if not html.isascii() else len(html) + 200


def _measure_work(text: str) -> int:
    """Return about how much work a text is: what may mean something in markdown counts far more than what is said."""
    source = text.encode("utf-8", "surrogatepass")
    return len(source) // _CHARACTERS_A_UNIT + len(source) - len(source.translate(None, _MARKS))


def _render_plain(text: str, url: str | None) -> Markup:
    lines = escape(text[:_LONGEST_PLAIN]).split("\n")
    shown = Markup("<p>{}</p>").format(Markup("<br>").join(lines))
    return shown + (render_rest(url) if len(text) > _LONGEST_PLAIN else "")
