import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import ImportInvalid
from shareable_backlog.linear.csv.csv_rows import MAX_CELL_BYTES, CsvRecord, Findings, read_records

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def _read(content: bytes, required: tuple[str, ...] = ("ID",)) -> list[CsvRecord]:
    return list(read_records(io.BytesIO(content), required))


def _refusal(content: bytes, required: tuple[str, ...] = ("ID",)) -> str:
    with pytest.raises(ImportInvalid) as caught:
        _read(content, required)
    message = str(caught.value)
    assert message.endswith("Nothing was stored.")
    return message


def test_a_record_knows_its_row_in_a_spreadsheet_and_its_line_in_an_editor() -> None:
    found = _read(b'ID,Title\r\nA-1,"two\nlines"\r\n\r\nA-2,x\r\n')
    assert [(record.row, record.line) for record in found] == [(2, 2), (4, 5)]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert _read(b"\xef\xbb\xbfID\nA-1\n")[0].cells == {"ID": "A-1"}


def test_a_short_row_lacks_its_last_cells_and_an_empty_row_is_none() -> None:
    assert [record.cells for record in _read(b"ID,Title,More\nA-1,x\n,,\n")] == [{"ID": "A-1", "Title": "x"}]


def test_empty_cells_beyond_the_header_do_not_matter() -> None:
    assert _read(b"ID\nA-1,,\n")[0].cells == {"ID": "A-1"}


def test_a_cell_beyond_the_header_is_refused() -> None:
    assert _refusal(b"ID\nA-1\nA-2,x\n").startswith("Row 3 (line 3) has 2 cells, but the header has only 1.")


def test_missing_columns_are_named_all_at_once() -> None:
    message = _refusal(b"Name,Title\n", ("ID", "Title", "Status"))
    assert 'no column "ID" and no column "Status"' in message


def test_a_column_that_stands_there_twice_is_refused() -> None:
    assert 'names the column "Title" twice' in _refusal(b"ID,Title, Title\nA-1,x,y\n")


def test_columns_without_a_name_are_left_alone() -> None:
    assert _read(b"ID,,\nA-1,x,y\n")[0].cells["ID"] == "A-1"


def test_an_empty_file_says_so() -> None:
    assert _refusal(b"") == "The file is empty. Nothing was stored."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\x14\x00", "an Excel workbook"),
        ("ID,Title\n".encode("utf-16"), "UTF-16 text"),
        ("\ufeffID,Title\n".encode("utf-16-be"), "UTF-16 text"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"  <!doctype html>", "a web page"),
        (b"<html>", "a web page"),
        (b'{"data": null}', "JSON"),
        (b'[{"ID": 1}]', "JSON"),
        ("ID,Title\n".encode("utf-16-le"), "not UTF-8 text"),
    ],
)
def test_a_file_of_another_kind_is_recognised(content: bytes, kind: str) -> None:
    assert kind in _refusal(content)


def test_a_file_with_semicolons_is_told_to_come_as_linear_exported_it() -> None:
    assert "as Linear exported it" in _refusal(b"ID;Title\nA-1;x\n")


def test_bytes_that_are_no_utf_8_are_refused_with_their_line() -> None:
    assert "Line 3 is not UTF-8 text." in _refusal(b'ID,Title\nA-1,"fine\nna\xefve"\n')


def test_half_characters_are_joined_or_replaced() -> None:
    pair, half = b"\xed\xa0\xbd\xed\xb8\x80", b"\xed\xa0\xbd"
    assert _read(b"ID,Title\nA-1," + pair + b" " + half + b"\n")[0].cells["Title"] == "😀 \ufffd"


def test_a_nul_is_read_like_any_character() -> None:
    assert _read(b"ID,Title\nA-1,a\0b\n")[0].cells["Title"] == "a\0b"


@pytest.mark.parametrize(
    "content",
    [
        b'ID,Title\nA-1,x\nA-2,"never closed\nA-3,y\n',
        b'ID,Title\nA-1,x\nA-2,"x"y\n',
        b"ID,Title\nA-1,x\nA\r2,y\n",
    ],
)
def test_damaged_quotation_marks_and_line_breaks_are_refused_with_their_row(content: bytes) -> None:
    assert "Row 3, which begins in line 3, can't be read" in _refusal(content)


def test_an_endless_line_is_refused_before_it_fills_the_memory() -> None:
    assert "Line 2 is longer than 16 MB." in _refusal(b"ID\n" + b"x" * (MAX_CELL_BYTES + 1))


def test_an_endless_cell_of_many_lines_is_refused() -> None:
    line = b"x" * 2**20 + b"\n"
    assert "a cell is too long" in _refusal(b'ID\n"' + line * 17)


def test_a_cell_of_two_million_characters_is_read() -> None:
    assert len(_read(b"ID\n" + b"x" * 2_000_000)[0].cells["ID"]) == 2_000_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_lines_may_end_as_on_any_system_and_a_cells_own_breaks_stay(end: str) -> None:
    text = end.join(["ID,Title", 'A-1,"two\nlines, or\rthree"', "A-2,x", ""])
    found = _read(text.encode())
    assert [record.cells for record in found] == [
        {"ID": "A-1", "Title": "two\nlines, or\rthree"},
        {"ID": "A-2", "Title": "x"},
    ]


def test_many_lines_that_end_by_cr_are_read_without_keeping_them() -> None:
    rows = "".join(f"A-{number},{'x' * 100}\r" for number in range(5_000))
    assert len(_read(f"ID,Title\r{rows}".encode())) == 5_000


def test_a_line_break_outside_of_quotation_marks_is_called_so() -> None:
    assert "a line break outside of quotation marks" in _refusal(b"ID,Title\nA-1,x\nA\r2,y\n")


def test_a_header_that_is_repeated_inside_is_left_out_and_named() -> None:
    found = Findings()
    records = list(read_records(io.BytesIO(b"ID,Title\nA-1,x\nID, Title\nA-2,y\n"), ("ID",), found))
    assert [record.cells["ID"] for record in records] == ["A-1", "A-2"]
    assert (found.left_out, found.faults) == (["Row 3 (line 3) repeats the header."], [])


def test_faults_are_told_all_at_once_in_the_order_of_the_file() -> None:
    message = _refusal(b'ID,Title\nA-1,x,y\nna\xefve,x\nA-3,x,y,z\nA-4,"x"y\n')
    assert [line.partition(" can't")[0].partition(" has")[0] for line in message.splitlines()] == [
        "Row 2 (line 2)",
        "Line 3 is not UTF-8 text.",
        "Row 4 (line 4)",
        "Row 5, which begins in line 5,",
    ]


def test_of_very_many_faults_the_first_fifty_are_told() -> None:
    message = _refusal(b"ID\n" + b"A,b\n" * 1_200)
    assert len(message.splitlines()) == 51
    assert message.endswith("There are 1,150 faults more. Nothing was stored.")


@given(st.lists(_TEXT, min_size=2, max_size=4), st.booleans())
def test_any_text_survives_being_written_and_read(texts: list[str], quote_all: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    names = [f"Column {position}" for position in range(len(texts))]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerows([names, texts])
    (record,) = _read(written.getvalue().encode(), ())
    assert record.cells == dict(zip(names, texts, strict=True))


@given(st.binary())
def test_rubbish_is_read_or_refused_but_never_breaks_anything(content: bytes) -> None:
    for whole in (content, b"ID,Title\n" + content):
        with contextlib.suppress(ImportInvalid):
            _read(whole)
