"""Mind what names may hold: control characters, which a terminal obeys, and what no browser leaves in a path."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROLS_OF_TERMINALS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FIRST_PRINTED = " "
_IN_PLACE = "\ufffd"
# To look for them in bytes takes a tenth of the time, and pages hardly ever have one.
_OF_ASCII = bytes([*range(9), 11, 12, *range(14, 32), 127])
_BEYOND_ASCII = re.compile(rb"\xc2[\x80-\x9f]")


def replace_controls(text: str) -> str:
    """Return a text with a sign in place of each control character but tabs and the ends of lines."""
    written = text.encode("utf-8", "surrogatepass")
    is_free_beyond = text.isascii() or not _BEYOND_ASCII.search(written)
    if is_free_beyond and len(written.translate(None, _OF_ASCII)) == len(written):
        return text
    return _CONTROLS.sub(_IN_PLACE, text)


def replace_controls_of_terminals(text: str) -> str:
    """Return the same also without carriage returns, which let a terminal write over a line."""
    return _CONTROLS_OF_TERMINALS.sub(_IN_PLACE, text)


def is_path(text: str) -> bool:
    """Return whether a browser leaves a text as it is in a path: no part of it is empty, or one or two dots."""
    return not any(part in {"", ".", ".."} for part in text.split("/")) and min(text) >= _FIRST_PRINTED
