"""Read a CSV file record by record, and say of every fault where it stands."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

from shareable_backlog.errors import ImportInvalid

# A description in Linear is far shorter; a line or cell beyond this is damage, and must not fill the memory.
MAX_CELL_BYTES = 16 * 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"<", "a web page"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: its cells that are not empty, by the column's name, and where it stands.

    `row` counts as a spreadsheet does (the header is row 1), `line` as a text editor does: where it begins.
    """

    row: int
    line: int
    cells: Mapping[str, str]


def build_file_error(why: str) -> ImportInvalid:
    """Make the error that refuses the whole file; `why` is one plain sentence."""
    return ImportInvalid(f"{why} Nothing was stored.")


def build_cell_error(record: CsvRecord, column: str, why: str) -> ImportInvalid:
    """Make the error that refuses the file because of one cell."""
    return build_file_error(f'Row {record.row} (line {record.line}), column "{column}": {why}.')


def quote_cell(text: str) -> str:
    """Return a cell's text in a form that is fit for a message: short, and without control characters."""
    shown = "".join(character if character.isprintable() else " " for character in text[:40])
    return f'"{shown}"' if len(shown) == len(text) else f'"{shown}…"'


def read_records(file: BinaryIO, required: tuple[str, ...]) -> Iterator[CsvRecord]:
    """Yield the records of a UTF-8 CSV file whose first row names its columns, one at a time.

    Rows without any text are left out, missing cells at a row's end are empty. Raise ImportInvalid when the
    file is no such CSV, when a column of `required` is missing or when a column stands there twice.
    """
    rows = _read_rows(file)
    header = _read_header(next(rows, None), required)
    for row, line, cells in rows:
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise build_file_error(
                f"Row {row} (line {line}) has {len(cells)} cells, but the header has only {len(header)}."
            )
        filled = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
        if filled:
            yield CsvRecord(row, line, filled)


def _read_header(first: tuple[int, int, list[str]] | None, required: tuple[str, ...]) -> list[str]:
    if first is None:
        raise build_file_error("The file is empty.")
    header = [name.strip() for name in first[2]]
    missing = [f'"{name}"' for name in required if name not in header]
    if missing:
        raise build_file_error(
            f"The first row names no column {' and no column '.join(missing)}. "
            "Import the file as Linear exported it, not as a spreadsheet saved it."
        )
    for position, name in enumerate(header):
        if name and name in header[:position]:
            raise build_file_error(f"Row 1 names the column {quote_cell(name)} twice.")
    return header


def _read_rows(file: BinaryIO) -> Iterator[tuple[int, int, list[str]]]:
    csv.field_size_limit(MAX_CELL_BYTES)
    reader = csv.reader(_read_lines(file), strict=True)
    for row in count(1):
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The csv module tells its faults apart by their texts alone.
            why = "a cell is too long" if "limit" in str(error) else "its quotation marks are broken"
            raise build_file_error(f"Row {row}, which begins in line {line}, can't be read: {why}.") from error
        yield row, line, cells


def _read_lines(file: BinaryIO) -> Iterator[str]:
    for number in count(1):
        raw = file.readline(MAX_CELL_BYTES + 1)
        if not raw:
            return
        if len(raw) > MAX_CELL_BYTES:
            raise build_file_error(f"Line {number} is longer than 16 MB.")
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
            _refuse_other_kinds(raw)
        yield _decode_line(raw, number)


def _refuse_other_kinds(first_line: bytes) -> None:
    for beginning, kind in _OTHER_KINDS:
        if first_line.lstrip().startswith(beginning):
            raise build_file_error(f"This looks like {kind}, not like the CSV file that Linear exports.")
    if b"\0" in first_line:
        raise build_file_error("This is not UTF-8 text, so not the CSV file that Linear exports.")


def _decode_line(raw: bytes, line: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    try:
        # Some JavaScript programs write each half of a character on its own: join what belongs together.
        halves = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise build_file_error(f"Line {line} is not UTF-8 text.") from error
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
