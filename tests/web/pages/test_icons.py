"""The icon of the place, drawn."""

import struct
import zlib
from itertools import pairwise

import pytest

from shareable_backlog.web.pages.icons import draw_icon


def read_pixels(png: bytes) -> list[list[bytes]]:
    """Return the pixels of an icon, row by row."""
    width, height = struct.unpack_from(">II", png, 16)
    (length,) = struct.unpack_from(">I", png, 33)
    raw = zlib.decompress(png[41 : 41 + length])
    rows = [raw[at : at + width * 3 + 1] for at in range(0, len(raw), width * 3 + 1)]
    assert len(rows) == height
    return [[row[at : at + 3] for at in range(1, len(row), 3)] for row in rows]


@pytest.mark.parametrize("size", [192, 512])
def test_it_has_its_size_three_bars_and_the_color_around_them(size: int) -> None:
    pixels = read_pixels(draw_icon(size, "#22664f"))
    ground = bytes.fromhex("22664f")
    assert pixels[0] == [ground] * size
    middle = [row[size * 5 // 16] for row in pixels]
    assert sum(one == ground and other != ground for one, other in pairwise(middle)) == 3
    assert b"\xff\xff\xff" in middle
