"""Uploaded pictures, made safe or refused."""

import struct
import zlib
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import InvalidInput
from shareable_backlog.services import logos
from shareable_backlog.web.pages.icons import draw_icon

PNG = draw_icon(16, "#22664f")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{}</svg>'
CIRCLE = '<circle cx="4" cy="4" r="3" fill="#22664f"/>'


def add_chunk(kind: bytes, data: bytes) -> bytes:
    """Return the picture with one more chunk before its end."""
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return PNG[:-12] + chunk + PNG[-12:]


def clean(svg: str) -> str:
    logo = logos.clean_logo(svg.encode())
    assert logo.media_type == "image/svg+xml"
    return logo.content.decode()


def test_a_png_stays_as_it_is_but_for_what_is_no_part_of_the_picture() -> None:
    assert logos.clean_logo(PNG) == logos.Logo("image/png", PNG)
    assert logos.clean_logo(add_chunk(b"tEXt", b"Author\0bob@example.com")).content == PNG


@pytest.mark.parametrize(
    "content",
    [
        PNG[:-20],
        PNG[:8],
        PNG.replace(b"IDAT", b"IDOT"),
        add_chunk(b"IDAT", b"more"),
        PNG[:-1] + b"x",
        draw_icon(8, "#22664f"),
        b"GIF89a",
        b"",
        b"\xff\xd8\xff",
        b"<html></html>",
        b"x" * 100_001,
        SVG.format("").encode(),
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>',
        b'<svg viewBox="0 0 8 8"><rect/></svg>',
        ('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format(CIRCLE)).encode(),
        SVG.format(CIRCLE).encode("utf-16"),
        SVG.format("<text>Field</text>").encode(),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="Choose a PNG"):
        logos.clean_logo(content)


def test_a_png_that_unpacks_to_more_than_it_says_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    bomb = logos.write_png([(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**7))), (b"IEND", b"")])
    with pytest.raises(InvalidInput, match="damaged"):
        logos.clean_logo(bomb)


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<a href="https://example.com"><circle r="1"/></a>',
        '<image href="https://example.com/x.png"/>',
        '<use href="#a"/>',
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<style>@import url(https://example.com)</style>",
        '<circle r="1" onload="alert(1)"/>',
        '<circle r="1" ONCLICK="alert(1)"/>',
        '<circle r="1" style="fill:url(https://example.com/x)"/>',
        '<circle r="1" style="fill:u\\72l(https://example.com/x)"/>',
        '<circle r="1" fill="url( &quot;//example.com&quot;)"/>',
        '<circle r="1" xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://example.com"/>',
        '<animate onbegin="alert(1)"/>',
        '<circle r="1"><set attributeName="href" to="https://example.com"/></circle>',
    ],
)
def test_an_svg_loses_what_acts_or_leads_elsewhere(evil: str) -> None:
    cleaned = clean(SVG.format(CIRCLE + evil))
    assert 'cx="4"' in cleaned
    for word in ("alert", "example.com", "script", "href", "@import", "foreign", "image"):
        assert word not in cleaned.lower()


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format(CIRCLE),
        '<?x <!-- ?><!DOCTYPE svg [<!ENTITY a "aaaa">]><?y --> ?>' + SVG.format(f"{CIRCLE}<title>&a;</title>"),
        SVG.format(f"{CIRCLE}<title><![CDATA[x]]></title>"),
        SVG.format("<g>" * 1_000 + CIRCLE + "</g>" * 1_000),
        SVG.format(f"{CIRCLE}<title>{'é' * 40_000}</title>"),
        "<!--" * 24_000,
    ],
    ids=["a declaration", "one behind a comment that is none", "CDATA", "depth", "more once written", "comments"],
)
def test_an_svg_that_would_cost_much_is_refused_in_words(content: str) -> None:
    started = process_time()
    with pytest.raises(InvalidInput):
        clean(content)
    assert process_time() - started < 0.5


def test_an_svg_keeps_what_draws() -> None:
    drawn = (
        '<title>Field</title><defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient>'
        "</defs>"
        '<g transform="scale(2)"><path d="M0 0h4" style="fill:url(#a)"/></g>'
    )
    cleaned = clean(f"<?xml version='1.0' encoding='utf-8'?><!-- by hand -->{SVG.format(drawn)}")
    for part in (
        "<title>Field</title>",
        'stop-color="#fff"',
        'd="M0 0h4"',
        "url(#a)",
        "scale(2)",
        'viewBox="0 0 8 8"',
    ):
        assert part in cleaned
    assert "by hand" not in cleaned


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        logos.clean_logo(b"\x89PNG\r\n\x1a\n" + content)
