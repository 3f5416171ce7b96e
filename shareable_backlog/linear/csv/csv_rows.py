"""Read a CSV file record by record, and say of every fault where it stands."""

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import BinaryIO

from msgspec import Struct, field

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


_ENDS_BY_CR = re.compile(rb"[^\r\n]*\r(?!\r*\n)")
"""A header that ends as on old Macs, and as some programs still write."""
# The csv module tells its faults apart by their texts alone.
_BROKEN = {"limit": "a cell is too long", "new-line": "it has a line break outside of quotation marks"}
_HEAD_BYTES = 2**16
_FAULTS_TOLD = 50


class Findings(Struct):
    """What was found in a file: its faults, by the row where they are, and `left_out`, the rows that say nothing."""

    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    left_out: list[str] = field(default_factory=list[str])

    def refuse_faults(self) -> None:
        """Raise ImportInvalid with the faults in the order of the file, at most 50 of them, if there are any."""
        if self.faults:
            told = [text for _, text in sorted(self.faults, key=lambda fault: fault[0])]
            more = [f"There are {len(told) - _FAULTS_TOLD:,} faults more."] if len(told) > _FAULTS_TOLD else []
            raise build_file_error("\n".join(told[:_FAULTS_TOLD] + more))


class CsvRecord(Struct, frozen=True):
    """One record: its cells that are not empty, by the column's name, and where it stands.

    `row` counts as a spreadsheet does (the header is row 1), `line` as a text editor does: where it begins.
    """

    row: int
    line: int
    cells: Mapping[str, str]


def build_file_error(why: str) -> ImportInvalid:
    """Make the error that refuses the whole file; `why` is one plain sentence."""
    return ImportInvalid(f"{why} Nothing was stored.")


def describe_cell_fault(record: CsvRecord, column: str, why: str) -> tuple[int, str]:
    """Return the row of a wrong cell, and what is wrong in words."""
    return record.row, f'Row {record.row} (line {record.line}), column "{column}": {why}.'


def quote_cell(text: str) -> str:
    """Return a cell's text in a form that is fit for a message: short, and without control characters."""
    shown = "".join(character if character.isprintable() else " " for character in text[:40])
    return f'"{shown}"' if len(shown) == len(text) else f'"{shown}…"'


def read_records(file: BinaryIO, required: tuple[str, ...], findings: Findings | None = None) -> Iterator[CsvRecord]:
    """Yield the records of a UTF-8 CSV file whose first row names its columns, one at a time.

    Lines may end as on any system. Rows without any text, and those that repeat the header, are left out; missing
    cells at a row's end are empty. Faults are added to `findings`, for the caller to refuse at the end; without one
    they are refused here. Raise ImportInvalid at once when the file is no such CSV, when a column of `required` is
    missing or when a column stands there twice.
    """
    found = Findings() if findings is None else findings
    rows = _read_rows(file, found)
    header = _read_header(next(rows, None), required, found)
    for row, line, cells in rows:
        if [cell.strip() for cell in cells] == header:
            found.left_out.append(f"Row {row} (line {line}) repeats the header.")
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            fault = f"Row {row} (line {line}) has {len(cells)} cells, but the header has only {len(header)}."
            found.faults.append((row, fault))
        filled = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
        if filled:
            yield CsvRecord(row, line, filled)
    if findings is None:
        found.refuse_faults()


def _read_header(first: tuple[int, int, list[str]] | None, required: tuple[str, ...], found: Findings) -> list[str]:
    if first is None:
        found.refuse_faults()
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


def _read_rows(file: BinaryIO, found: Findings) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the rows up to the first that can't be read: where it ends, and so all after it, nobody knows."""
    csv.field_size_limit(MAX_CELL_BYTES)
    reader = csv.reader(_read_lines(file, found), strict=True)
    for row in count(1):
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = next(
                (words for part, words in _BROKEN.items() if part in str(error)), "its quotation marks are broken"
            )
            found.faults.append((row, f"Row {row}, which begins in line {line}, can't be read: {why}."))
            return
        yield row, line, cells


def _read_lines(file: BinaryIO, found: Findings) -> Iterator[str]:
    head = file.read(_HEAD_BYTES)
    ends_by = b"\r" if _ENDS_BY_CR.match(head) else b"\n"
    for number, raw in enumerate(_split_lines(file, head, ends_by), 1):
        if len(raw) > MAX_CELL_BYTES:
            raise build_file_error(f"Line {number} is longer than 16 MB.")
        line = raw
        if number == 1:
            line = raw.removeprefix(_BYTE_ORDER_MARK)
            _refuse_other_kinds(line)
        yield _decode_line(line, number, found)


def _split_lines(file: BinaryIO, head: bytes, ends_by: bytes) -> Iterator[bytes]:
    """Yield the lines with their ends, of which no more is kept in memory than the longest that is allowed."""
    begun, size = list[bytes](), 0
    chunk = head
    while chunk and size <= MAX_CELL_BYTES:
        *lines, rest = chunk.split(ends_by)
        for line in lines:
            yield b"".join([*begun, line, ends_by])
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        chunk = file.read(_HEAD_BYTES)
    if size:
        yield b"".join(begun)


def _refuse_other_kinds(first_line: bytes) -> None:
    for beginning, kind in _OTHER_KINDS:
        if first_line.lstrip().startswith(beginning):
            raise build_file_error(f"This looks like {kind}, not like the CSV file that Linear exports.")
    if b"\0" in first_line:
        raise build_file_error("This is not UTF-8 text, so not the CSV file that Linear exports.")


def _decode_line(raw: bytes, line: int, found: Findings) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    try:
        # Some JavaScript programs write each half of a character on its own: join what belongs together.
        halves = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        found.faults.append((line, f"Line {line} is not UTF-8 text."))
        return raw.decode(errors="replace")
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
