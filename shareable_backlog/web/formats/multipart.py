"""Read a posted form that has files in it (RFC 7578)."""

from email.message import Message

from msgspec import Struct
from multipart import MultipartSegment, PushMultipartParser

_MOST_PARTS = 5000


class FormPart(Struct, frozen=True):
    """One field of a form, or one file."""

    name: str
    content: bytes
    is_file: bool


def parse_parts(content_type: str, body: bytes) -> list[FormPart]:
    """Return the parts of a form in their order. Raise ValueError for what is no whole form."""
    head = Message()
    head["Content-Type"] = content_type
    parts: list[FormPart] = []
    segment, chunks = None, [b""]
    with PushMultipartParser(head.get_boundary(""), max_segment_count=_MOST_PARTS, strict=True) as parser:
        for event in parser.parse(body):
            match event:
                case MultipartSegment():
                    segment, chunks = event, []
                case None if segment is not None:
                    parts.append(FormPart(segment.name or "", b"".join(chunks), segment.filename is not None))
                case _:
                    chunks.append(event or b"")
    return parts
