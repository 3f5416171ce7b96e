"""Keep a page compressed for everybody to whom it is the same, with gaps for the token of each one's forms.

Each piece between the gaps is compressed for itself; a token goes in between as it is, in a block of its own (RFC
1951). So it costs next to nothing to fill in, and how well a page can be compressed tells nothing about its token.
"""

import gzip
import struct
import zlib
from collections.abc import Sequence
from functools import cache, reduce

from msgspec import Struct

_LEVEL = 6
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_POLYNOMIAL = 0xEDB88320


class PackedPage(Struct, frozen=True):
    """The compressed pieces of a page, its length, its checksum without its gaps, and how a gap goes into that.

    A checksum is linear, so what a token changes in it is the same for each gap but for what follows that.
    """

    pieces: tuple[bytes, ...]
    length: int
    crc: int
    gap_weight: int

    def fill(self, token: str, *, compressed: bool) -> bytes:
        """Return the page with this token in it, as gzip if it may be `compressed`."""
        between = token.encode()
        block = struct.pack("<BHH", 0, len(between), len(between) ^ 0xFFFF) + between
        crc = self.crc ^ _compute_product(self.gap_weight, zlib.crc32(between))
        packed = b"".join((_HEADER, block.join(self.pieces), struct.pack("<LL", crc, self.length)))
        return packed if compressed else gzip.decompress(packed)


def pack_page(content: bytes, gap: str) -> PackedPage:
    """Compress a page that was made with `gap`, which nobody can guess, in place of each token."""
    between = gap.encode()
    pieces = content.split(between)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    *others, last = pieces
    # Whole bytes, and nothing later refers to what stands before.
    packed = [packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) for piece in others]
    packed.append(packer.compress(last) + packer.flush())
    weight, follows = 0, len(content)
    for piece in others:
        follows -= len(piece) + len(between)
        weight ^= _compute_power(follows)
    crc = zlib.crc32(content) ^ _compute_product(weight, zlib.crc32(between))
    return PackedPage(tuple(packed), len(content), crc, weight)


def _compute_product(one: int, other: int) -> int:
    """Return the product of two polynomials modulo that of the checksum, whose highest bit is the lowest power."""
    product = 0
    while one:
        if one & 0x80000000:
            product ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = (other >> 1) ^ _POLYNOMIAL if other & 1 else other >> 1
    return product


@cache
def _list_squares() -> Sequence[int]:
    """Return x to the power of the bits of 1, 2, 4, 8 … bytes."""
    squares = [1 << 23]
    for _ in range(31):
        squares.append(_compute_product(squares[-1], squares[-1]))
    return squares


def _compute_power(length: int) -> int:
    """Return by what a checksum is multiplied when so many bytes follow: x to the power of their bits."""
    wanted = [square for at, square in enumerate(_list_squares()) if length >> at & 1]
    return reduce(_compute_product, wanted, 1 << 31)
