"""Keep a page compressed for everybody to whom it is the same, with gaps for the token of each one's forms.

Each piece between the gaps is compressed for itself; a token goes in between as it is, in a block of its own (RFC
1951). So it costs next to nothing to fill in, and how well a page can be compressed tells nothing about its token.
"""
# The types of zlib-ng leave out what is given to its functions.
# pyright: reportUnknownMemberType=false

import gzip
import struct

from msgspec import Struct
from zlib_ng import zlib_ng

_LEVEL = 5
"""A third of the time that zlib takes at its level 6, for 1 to 2 of 100 more bytes."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class PackedPiece(Struct, frozen=True):
    """What stands between two gaps: compressed, and the checksum and length of it as it was."""

    packed: bytes
    crc: int
    length: int


class PackedPage(Struct, frozen=True):
    """The pieces of a page, one more than it has gaps."""

    pieces: tuple[PackedPiece, ...]

    def fill(self, token: str, *, compressed: bool) -> bytes:
        """Return the page with this token in it, as gzip if it may be `compressed`."""
        between = token.encode()
        block = struct.pack("<BHH", 0, len(between), len(between) ^ 0xFFFF) + between
        between_crc, gap = zlib_ng.crc32(between), len(between)
        first, *others = self.pieces
        crc, length = first.crc, first.length
        for piece in others:
            crc = zlib_ng.crc32_combine(zlib_ng.crc32_combine(crc, between_crc, gap), piece.crc, piece.length)
            length += gap + piece.length
        packed = block.join([piece.packed for piece in self.pieces])
        whole = b"".join((_HEADER, packed, struct.pack("<LL", crc, length)))
        return whole if compressed else gzip.decompress(whole)


def pack_page(content: bytes, gap: str) -> PackedPage:
    """Compress a page that was made with `gap`, which nobody can guess, in place of each token."""
    pieces = content.split(gap.encode())
    packer = zlib_ng.compressobj(_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
    *others, last = pieces
    # Whole bytes, and nothing later refers to what stands before.
    packed = [packer.compress(piece) + packer.flush(zlib_ng.Z_FULL_FLUSH) for piece in others]
    packed.append(packer.compress(last) + packer.flush())
    return PackedPage(
        tuple(
            PackedPiece(small, zlib_ng.crc32(piece), len(piece)) for small, piece in zip(packed, pieces, strict=True)
        )
    )
