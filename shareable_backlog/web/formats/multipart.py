"""Read a posted form that has files in it (RFC 7578)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_PARTS = 5000
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(rb'[;\s]filename\*?="?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormPart:
    """One field of a form, or one file."""

    name: str
    content: bytes
    is_file: bool


def parse_parts(content_type: str, body: bytes) -> list[FormPart]:
    """Return the parts of a form in their order. Raise ValueError for what is no whole form."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ValueError(content_type)
    line = b"\r\n--" + (found[1] or found[2]).encode()
    # The first line has no end of another before it.
    pieces = (b"\r\n" + body).split(line)
    if len(pieces) > _MOST_PARTS or len(pieces) < 2 or pieces[0] or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 (what is before the first, and after the last)
        raise ValueError(content_type)
    return list(_read_pieces(pieces[1:-1]))


def _read_pieces(pieces: list[bytes]) -> Iterator[FormPart]:
    for piece in pieces:
        head, divider, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not divider or name is None:
            raise ValueError(head)
        yield FormPart(name[1].decode(), content, is_file=_FILE_NAME.search(head) is not None)
