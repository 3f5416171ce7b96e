"""Draw the place's icon as PNG, for telephones that show no SVG: three bars on the place's colour."""

import struct
import zlib
from functools import lru_cache

_BARS = ((3.5, 4.5, 9.0, 1.0), (3.5, 7.5, 6.5, 0.8), (3.5, 10.5, 4.0, 0.6))
"""Left, top and width of each in sixteenths of a side, and how white it is; all stay clear of rounded corners."""
_THICK = 1.75


@lru_cache(maxsize=16)
def draw_icon(size: int, color: str) -> bytes:
    """Return a PNG of `size` pixels a side on `color`, `#rrggbb`."""
    ground = tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
    rows: list[bytes] = []
    for y in range(size):
        row = bytearray(bytes(ground) * size)
        for left, top, width, white in _BARS:
            if top <= (y + 0.5) * 16 / size < top + _THICK:
                first, last = round(left * size / 16), round((left + width) * size / 16)
                pixel = bytes(round(part + (255 - part) * white) for part in ground)
                row[first * 3 : last * 3] = pixel * (last - first)
        rows.append(b"\0" + bytes(row))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
