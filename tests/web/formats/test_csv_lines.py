"""CSV that no spreadsheet takes for a program."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog import plain_text
from shareable_backlog.web.formats import csv_lines


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_would_be_a_formula_is_text(text: str) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_lines.write_lines([[text]]), newline=""))
    assert cell == f"'{text}"


def test_nothing_is_an_empty_cell() -> None:
    assert csv_lines.write_lines([[None, 0, "a"], ["b", "", None]]) == ",0,a\r\nb,,\r\n"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3)))
def test_a_reader_finds_what_was_written(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_lines.write_lines(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [plain_text.replace_controls(cell).removeprefix("'") for cell in row] for row in rows
    ]
