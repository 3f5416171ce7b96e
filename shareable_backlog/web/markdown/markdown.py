"""Turn Linear's markdown into HTML that is safe to put into a page, and that asks no other host for anything."""

import re
from collections.abc import Mapping
from functools import partial
from html import unescape
from itertools import accumulate

import nh3
from markupsafe import Markup, escape

from shareable_backlog.web.markdown import cmark, mentions

_MOST_CHARACTERS = 100_000
_MOST_NESTED_SECTIONS = 9
_MOST_NESTED_TAGS = 100  # a browser gives up at 512, and cleaning takes the square of the depth
_MOST_HTML = 1_000_000  # short rows of a wide table grow a hundredfold

# Three code points that Unicode keeps out of any text; they mark places on the way through cmark.
_LESS, _OPEN, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
_NO_MARKS = dict.fromkeys(map(ord, (_LESS, _OPEN, _CLOSE)), "\ufffd")

# What cmark would take for HTML and leave out; `<https://…>`, `<name@…>` and `[x](<url>)` are markdown.
_RAW_HTML = re.compile(r"(?<!\]\()(?<!\\)<(?=[a-z/!?])(?!https?://|mailto:|\w[^\s<>@]{0,64}@)", re.IGNORECASE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_SECTION = re.compile(r"\+\+\+(?:[ \t]+(\S.*))?\s*")

_TAG = re.compile(r"<(/?)[^>]*(?<!/)>")
_LINK_OR_IMAGE = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>|<img src="([^"]*)" alt="([^"]*)"[^>]*/>', re.DOTALL)
# A bare address takes a backslash that breaks the line, or stands at the end, for a part of itself.
_BACKSLASH = re.compile(r'<a href="([^"]*)%5C">((?:https?://|www\.)[^<]*)\\</a>(<br />)?')
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*/>')
_CLEANED_IMAGE = re.compile(r'<img src="([^"]*)"')
_SAFE_ADDRESS = re.compile(r"https?://[^/]|mailto:.", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_TITLE = re.compile(rf"<p>{_OPEN}(.*?)</p>", re.DOTALL)
_MARK = re.compile(f"[{_LESS}{_OPEN}{_CLOSE}]")
_BOX = re.compile(r'<li><input type="checkbox" (checked="" )?disabled="" /> ?(\n<p>)?')

_IN_LINE = {"a", "br", "code", "del", "em", "img", "strong"}
_BLOCKS = {"blockquote", "details", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_IN_LINE | _BLOCKS | _TABLES,
    clean_content_tags=set(),
    attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
# Written into the cleaned text: `<` begins an element there, never text, and no attribute holds a box.
_NO_BOXES = str.maketrans({"☑": "[x]", "☐": "[ ]"})
_FINISH = {
    "<table>": '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>',
    "</table>": "</table></div>",
    "<pre>": '<pre tabindex="0">',
    "☑": '<span role="img" aria-label="done">☑</span>',
    "☐": '<span role="img" aria-label="to do">☐</span>',
}


def render_markdown(text: str, *, url: str | None, images: Mapping[str, str], titles: Mapping[str, str]) -> Markup:
    """Return `text` as HTML; beyond 100,000 characters a sentence with a link to an https `url` stands for the rest.

    `images` has the addresses here of images by their addresses there, up to the query; all others become links.
    `titles` has those of the items to link where they are named, by their identifiers.
    Raw HTML is shown as text, `+++ Title` sections fold, headings begin at h3; what would grow deeper or larger than
    anybody writes is shown as it was written.
    """
    shown, was_cut = _cut_text(text.translate(_NO_MARKS))
    html = cmark.render_html(_mark_places(shown))
    if len(html) > _MOST_HTML or _compute_depth(html) > _MOST_NESTED_TAGS:
        html = f"<pre><code>{escape(shown)}</code></pre>"
    html = _BACKSLASH.sub(lambda link: f'<a href="{link[1]}">{link[2]}</a>' + (link[3] or "\\"), html)
    html = _LINK_OR_IMAGE.sub(partial(_render_link, images), html)
    html = _TITLE.sub(r"<details><summary>\1</summary>", html).replace(f"<p>{_CLOSE}</p>", "</details>")
    html = _MARK.sub(lambda mark: {_LESS: "&lt;", _OPEN: "+++ ", _CLOSE: "+++"}[mark[0]], html)
    html = _CLEANER.clean(_renumber_headings(_replace_boxes(html)))
    html = _CLEANED_IMAGE.sub(lambda image: f'<img loading="lazy" src="{_find_own_url(images, image[1])}"', html)
    for plain, finished in _FINISH.items():
        html = html.replace(plain, finished)
    return Markup(mentions.mark_mentions(html, titles)) + (render_rest(url) if was_cut else "")  # noqa: S704 (cleaned above)


def _compute_depth(html: str) -> int:
    return max(accumulate(-1 if tag[1] else 1 for tag in _TAG.finditer(html)), default=0)


def _cut_text(text: str) -> tuple[str, bool]:
    if len(text) <= _MOST_CHARACTERS:
        return text, False
    end = text.rfind("\n", 0, _MOST_CHARACTERS)
    return text[: end if end > 0 else _MOST_CHARACTERS], True


def render_rest(url: str | None) -> Markup:
    """Return the sentence that stands for the rest of a text, with a link to an https `url`."""
    words = Markup("<p><em>This is only the beginning of the text.</em>{}</p>")
    link = Markup(' <a href="{}" rel="noopener noreferrer nofollow">Read the rest in Linear</a>')
    return words.format(link.format(url) if url and url.lower().startswith("https://") else "")


def _mark_places(text: str) -> str:
    """Mark what would be raw HTML, and the lines that open and close `+++` sections outside of code."""
    lines: list[str] = []
    fence, depth = "", 0
    for line in _RAW_HTML.sub(_LESS, text).split("\n"):
        fence_here = _FENCE.match(line)
        if fence_here and not fence:
            fence = fence_here[1]
        elif fence_here and fence_here[1].startswith(fence) and not fence_here[2].strip():
            fence = ""
        section = None if fence else _SECTION.fullmatch(line)
        if section and section[1] and depth < _MOST_NESTED_SECTIONS:
            depth += 1
            lines += ["", _OPEN + section[1], ""]
        elif section and not section[1] and depth:
            depth -= 1
            lines += ["", _CLOSE, ""]
        else:
            lines.append(line)
    return "\n".join(lines)


def _find_own_url(images: Mapping[str, str], url: str) -> str:
    """Return the address here of what has `url` in HTML; empty for all that is not among `images`."""
    return images.get(unescape(url).partition("?")[0], "")


def _render_image(images: Mapping[str, str], found: re.Match[str]) -> str:
    """Keep one of `images` for the cleaner, and leave of any other its words."""
    source, words = found[1], found[2].translate(_NO_BOXES) or "image"
    return f'<img src="{source}" alt="{words}" />' if _find_own_url(images, source) else words


def _render_link(images: Mapping[str, str], found: re.Match[str]) -> str:
    """Keep a link to a safe address, make an image one that can't be shown, and leave of any other its words."""
    linked, content, source, _ = found.groups()
    words = _IMAGE.sub(partial(_render_image, images), found[0] if linked is None else content)
    if linked is None and _find_own_url(images, source):
        return words
    address = source if linked is None else linked
    if not _SAFE_ADDRESS.match(unescape(address)):
        return words
    note = " (in Linear)" if _find_own_url(images, address) else ""
    return f'<a href="{address}">{words if words.strip() else address}</a>{note}'


def _replace_boxes(html: str) -> str:
    """Write task boxes as signs with words: a box that can't be ticked is nothing to stop at."""
    return _BOX.sub(lambda box: f"<li>{box[2] or ''}{'☑' if box[1] else '☐'} ", html)


def _renumber_headings(html: str) -> str:
    """Renumber headings from 3 on by how deep they lie: the page's own are above, and none is skipped."""
    above: list[int] = []

    def renumber(heading: re.Match[str]) -> str:
        level = int(heading[1])
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        shown = min(2 + len(above), 6)
        return f"<h{shown}>{heading[2]}</h{shown}>"

    return _HEADING.sub(renumber, html)
