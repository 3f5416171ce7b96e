"""Write CSV that a spreadsheet opens as text: no cell of it is ever run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from shareable_backlog import plain_text

BYTE_ORDER_MARK = "\ufeff"
"""Before the first line it makes spreadsheets read UTF-8 as such, where they would guess."""
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_lines(rows: Iterable[Sequence[object]]) -> str:
    """Return `rows` as lines of CSV; None is an empty cell, and what would be a formula has a ' before it."""
    written = io.StringIO()
    csv.writer(written).writerows([_format_cell(value) for value in row] for row in rows)
    return written.getvalue()


def _format_cell(value: object) -> str:
    text = "" if value is None else plain_text.replace_controls(str(value))
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
