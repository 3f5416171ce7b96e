"""Make of an uploaded picture one that is safe to show: shapes or pixels, nothing that acts or leads elsewhere."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from shareable_backlog.database.place_logos import Logo
from shareable_backlog.errors import InvalidInput

LARGEST_LOGO: Final = 100_000  # bytes
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"IDAT", b"IEND"})
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEEPEST: Final = 50
_SIDES: Final = range(16, 1025)  # pixels
_SVG: Final = "{http://www.w3.org/2000/svg}"
_SHAPES: Final = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_AROUND_SHAPES: Final = frozenset(
    {"svg", "g", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "title", "desc"}
)
_LEADS_ELSEWHERE: Final = re.compile(r"url\s*\((?!\s*['\"]?#)|@import|expression|javascript:|data:|\\", re.IGNORECASE)
_ADVICE: Final = "so nothing was saved. Choose a PNG of 16 to 1024 pixels a side, or a plain SVG, of at most 100 kB."


def clean_logo(content: bytes) -> Logo:
    """Return the picture without what is no part of it, such as scripts, links and what a camera adds.

    Raises InvalidInput for what is no whole PNG or SVG, or is too large.
    """
    if len(content) > LARGEST_LOGO:
        raise InvalidInput(f"The picture is larger than 100 kB, {_ADVICE}")
    if content.startswith(_PNG):
        return Logo("image/png", _clean_png(content))
    return Logo("image/svg+xml", _clean_svg(content))


def _clean_png(content: bytes) -> bytes:
    try:
        chunks = [(kind, data) for kind, data in _read_chunks(content) if kind in _KEPT_CHUNKS]
        (first, header), (last, _) = chunks[0], chunks[-1]
        width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
        size = height * (1 + (width * _CHANNELS[color] * depth + 7) // 8)
    except (ValueError, KeyError, IndexError, struct.error):
        raise InvalidInput(f"The PNG is damaged, {_ADVICE}") from None
    if width not in _SIDES or height not in _SIDES:
        raise InvalidInput(f"The PNG has {width} by {height} pixels, {_ADVICE}")
    pixels = _decode_pixels(b"".join(data for kind, data in chunks if kind == b"IDAT"), size * 2)
    if (first, last) != (b"IHDR", b"IEND") or not (len(pixels) == size or (interlaced and len(pixels) >= size)):
        raise InvalidInput(f"The PNG is damaged, {_ADVICE}")
    return write_png(chunks)


def write_png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG of these chunks, each its kind with its data."""
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _decode_pixels(packed: bytes, most: int) -> bytes:
    """Return up to `most` bytes of what was packed, nothing of what is damaged or goes on after its end."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, most)
    except zlib.error:
        return b""
    return b"" if unpacker.unused_data else unpacked


def _read_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk. Raises ValueError, or struct.error, where they are not whole."""
    at = len(_PNG)
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        data = content[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", content, at + 8 + length)
        if check != zlib.crc32(kind + data):
            raise ValueError(kind)
        yield kind, data
        at += 12 + length


def _clean_svg(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8-sig")
        _require_plain(text)
        root = ET.fromstring(text)  # noqa: S314 (it declares no entity, as there is no DOCTYPE)
    except (UnicodeDecodeError, ET.ParseError, expat.ExpatError, ValueError):
        raise InvalidInput(f"That is no PNG and no SVG, {_ADVICE}") from None
    if root.tag != f"{_SVG}svg" or not ("viewBox" in root.attrib or {"width", "height"} <= root.attrib.keys()):
        raise InvalidInput(f"The SVG does not say its size, {_ADVICE}")
    cleaned = _clean_element(root)
    if not any(one.tag.removeprefix(_SVG) in _SHAPES for one in cleaned.iter()):
        raise InvalidInput(f"The SVG has no shapes (letters have to be made into paths), {_ADVICE}")
    ET.register_namespace("", _SVG[1:-1])
    written = ET.tostring(cleaned)
    if len(written) > LARGEST_LOGO:
        raise InvalidInput(f"The picture is larger than 100 kB, {_ADVICE}")
    return written


def _require_plain(text: str) -> None:
    """Raise InvalidInput for what declares anything, or goes deeper than pictures do, before a tree is made of it."""
    depth = 0

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise InvalidInput(f"The SVG has more than {_DEEPEST} parts within each other, {_ADVICE}")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise InvalidInput(f"The SVG has a part that is no shape (DOCTYPE or CDATA), {_ADVICE}")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = parser.StartCdataSectionHandler = refuse
    parser.Parse(text, True)  # noqa: FBT003 (as it is called)


def _clean_element(element: ET.Element) -> ET.Element:
    """Return a copy with only what draws."""
    kept = {
        name: value
        for name, value in element.attrib.items()
        if re.fullmatch(r"[A-Za-z][A-Za-z-]*[0-9]?", name)
        and not name.lower().startswith(("on", "href"))
        and not _LEADS_ELSEWHERE.search(value)
    }
    copy = ET.Element(element.tag, kept)
    copy.text = element.text if element.tag in {f"{_SVG}title", f"{_SVG}desc"} else None
    allowed = {f"{_SVG}{name}" for name in _SHAPES | _AROUND_SHAPES}
    copy.extend(_clean_element(one) for one in element if one.tag in allowed)
    return copy
