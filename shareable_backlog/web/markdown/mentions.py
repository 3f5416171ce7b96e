"""Make the items and people that a text names stand out in its HTML."""

import re
from collections.abc import Mapping
from functools import partial
from html import unescape
from urllib.parse import unquote

from markupsafe import escape

from shareable_backlog.web.sub_path import add_sub_path

# In cleaned HTML all that is opened is closed, and every value stands between double quotes.
_PIECE = re.compile(
    r'<a href="(?P<address>[^"]*)"[^>]*>(?P<words>.*?)</a>'
    r'|<pre\b.*?</pre>|<code>.*?</code>|<(?:[^">]|"[^"]*")*>|(?P<text>[^<]+)',
    re.DOTALL,
)
_ITEM = re.compile(r"https://linear\.app/[^/]+/issue/([A-Z][A-Z0-9]{0,9}-\d{1,9})(?:[/?#].*)?", re.ASCII)
_PERSON = re.compile(r"https://linear\.app/[^/]+/profiles/([^/?#]+)")
_NAMED = re.compile(
    r"(?<![\w/-])(?P<item>[A-Z][A-Z0-9]{0,9}-\d{1,9})(?![\w-])"
    r"|(?<![\w@/.-])@(?P<person>\w(?:[\w.-]{0,62}\w)?)(?![\w/-])"
)
_MOST_ADDED = 200_000


def mark_mentions(html: str, titles: Mapping[str, str]) -> str:
    """Link the items of `titles` (by identifier) where they are named outside of code, and mark `@names`.

    `html` has been cleaned. Links to these items in Linear lead here instead; those to people there become names.
    A text that names more than anybody reads stays as it is.
    """
    shown = _PIECE.sub(partial(_mark_piece, titles), html)
    return shown if len(shown) - len(html) <= _MOST_ADDED else html


def _mark_piece(titles: Mapping[str, str], piece: re.Match[str]) -> str:
    if piece["text"] is not None:
        return _NAMED.sub(partial(_mark_name, titles), piece["text"])
    return piece[0] if piece["address"] is None else _replace_link(titles, piece)


def _mark_name(titles: Mapping[str, str], found: re.Match[str]) -> str:
    if found["person"]:
        return _render_mention(found[0])
    title = titles.get(found["item"])
    return found[0] if title is None else _render_link(found[0], title, _render_mention(found[0]))


def _replace_link(titles: Mapping[str, str], link: re.Match[str]) -> str:
    """Lead a link into Linear to its item here, if there is one; whoever only pasted an address gets the title."""
    address = unescape(link["address"])
    is_pasted = unescape(link["words"]) == address
    if (item := _ITEM.fullmatch(address)) and (title := titles.get(item[1])) is not None:
        words = f"{_render_mention(item[1])} {escape(title)}" if is_pasted else link["words"]
        return _render_link(item[1], title, words)
    if (person := _PERSON.fullmatch(address)) and is_pasted:
        return _render_mention("@" + unquote(person[1]))
    return link[0]


# A text names thousands: these put HTML together at a tenth of what `Markup.format` takes.
def _render_link(item: str, title: str, html: str) -> str:
    return f'<a href="{add_sub_path(f"/items/{item}")}" title="{escape(title)}">{html}</a>'


def _render_mention(name: str) -> str:
    return f'<span class="mention">{escape(name)}</span>'
