import contextlib
import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.errors import ImportInvalid
from shareable_backlog.linear.csv.csv_items import CsvItem, read_items

_GOOD = {"ID": "ENG-1", "Title": "t", "Status": "Todo", "Created": "2026-05-13T11:21:41Z"}
# What begins like a guarded formula can't be told from one.
_TEXT = st.text(st.characters(exclude_categories=["Cs"])).filter(
    lambda text: not text.startswith(("'=", "'+", "'-", "'@"))
)


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _file(*rows: dict[str, str]) -> io.BytesIO:
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.DictWriter(written, names)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(written.getvalue().encode())


def _item(**cells: str) -> CsvItem:
    (item,) = read_items(_file(_GOOD | {name.replace("_", " "): cell for name, cell in cells.items()}))
    return item


def _refusal(*rows: dict[str, str]) -> str:
    with pytest.raises(ImportInvalid) as caught:
        list(read_items(_file(*rows)))
    return str(caught.value)


def test_an_item_needs_no_more_than_four_columns() -> None:
    item = _item()
    assert (item.identifier, item.title, item.status, item.priority) == ("ENG-1", "t", "Todo", 0)
    assert (item.project, item.cycle, item.assignee, item.parent, item.labels) == (None, None, None, None, ())


@pytest.mark.parametrize("column", ["ID", "Title", "Status", "Created"])
def test_each_of_the_four_columns_is_needed(column: str) -> None:
    assert f'no column "{column}"' in _refusal({name: cell for name, cell in _GOOD.items() if name != column})


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"Created": "yesterday"}, 'column "Created": "yesterday" is not a date that Linear\'s export uses.'),
        ({"Created": ""}, 'column "Created": is empty'),
        ({"Due Date": "soon"}, 'column "Due Date": "soon" is not a date'),
        ({"Completed": "10000-01-01T00:00:00Z"}, 'column "Completed": "10000-01-01T00:00:00Z" is not a date'),
        ({"Archived": "Infinity"}, 'column "Archived": "Infinity" is not a date'),
        ({"Estimate": "large"}, 'column "Estimate": "large" is not a number.'),
        ({"Estimate": "-1"}, 'column "Estimate": "-1" is not a number.'),
        ({"Estimate": "1e400"}, 'column "Estimate": "1e400" is not a number.'),
        ({"Estimate": "NaN"}, 'column "Estimate": "NaN" is not a number.'),
        ({"Priority": "Hot"}, 'column "Priority": "Hot" is not one of Linear\'s priorities.'),
        ({"Cycle Number": "7th"}, 'column "Cycle Number": "7th" is not a whole number.'),
        ({"ID": "12"}, 'column "ID": "12" is not an identifier such as ENG-123.'),
        ({"ID": ""}, 'column "ID": "" is not an identifier'),
        ({"ID": "ENG-99999999999"}, 'column "ID": "ENG-99999999999" is not an identifier'),
    ],
)
def test_a_wrong_cell_is_named_with_row_line_and_column(cells: dict[str, str], what: str) -> None:
    first = {**_GOOD, "ID": "ENG-0", "Title": "two\nlines", **dict.fromkeys(cells.keys() - _GOOD.keys(), "")}
    message = _refusal(first, _GOOD | cells)
    assert message.startswith("Row 3 (line 4), ")
    assert what in message
    assert message.endswith(" Nothing was stored.")


def test_a_wrong_cell_is_shown_short_and_without_control_characters() -> None:
    message = _refusal(_GOOD | {"Created": "\x1b[31m" + "x" * 1000})
    assert '" [31mxxxxx' in message
    assert len(message) < 200


def test_an_identifier_that_comes_twice_is_refused_at_the_second() -> None:
    assert _refusal(_GOOD, _GOOD) == (
        'Row 3 (line 3), column "ID": ENG-1 is in an earlier row too. Nothing was stored.'
    )


def test_a_uuid_that_comes_twice_is_refused_whatever_its_case() -> None:
    uuid = "0c5b7f6e-4d21-4a0f-9b3e-5a1d2c3b4e01"
    message = _refusal(_GOOD | {"UUID": uuid}, _GOOD | {"ID": "ENG-2", "UUID": uuid.upper()})
    assert 'Row 3 (line 3), column "UUID"' in message


def test_all_faults_of_a_file_are_told_at_once_also_those_of_one_row() -> None:
    message = _refusal(
        _GOOD | {"Estimate": "large", "Priority": "Hot"},
        _GOOD | {"ID": "12", "Created": ""},
        _GOOD | {"ID": "ENG-2", "Priority": "Low"},
        _GOOD | {"ID": "ENG-2"},
    )
    assert [line.partition(": ")[0] for line in message.splitlines()] == [
        'Row 2 (line 2), column "Priority"',
        'Row 2 (line 2), column "Estimate"',
        'Row 3 (line 3), column "Created"',
        'Row 3 (line 3), column "ID"',
        'Row 5 (line 5), column "ID"',
    ]
    assert message.count("Nothing was stored.") == 1


def test_a_header_without_items_is_refused() -> None:
    assert _refusal(dict.fromkeys(_GOOD, "")) == ("The file has a header but no items. Nothing was stored.")


@pytest.mark.parametrize(
    ("word", "priority"),
    [("No priority", 0), ("Urgent", 1), ("High", 2), ("Medium", 3), ("Low", 4), ("", 0)],
)
def test_a_priority_is_a_word(word: str, priority: int) -> None:
    assert _item(Priority=word).priority == priority


@pytest.mark.parametrize(("text", "estimate"), [("3", 3), ("3.5", 3.5), ("0", 0), ("", None)])
def test_an_estimate_is_a_number(text: str, estimate: float | None) -> None:
    assert _item(Estimate=text).estimate == estimate


def test_without_an_update_the_item_was_updated_when_it_was_created() -> None:
    assert _item().updated_at == _item(Updated="").updated_at == datetime(2026, 5, 13, 11, 21, 41, tzinfo=UTC)


def test_the_due_date_is_a_day() -> None:
    assert _item(Due_Date="Thu Jun 25 2026 23:00:00 GMT+0000 (GMT+00:00)").due_on == date(2026, 6, 26)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("alice.smith@example.com", "alice.smith"),
        ("Alice Smith", "Alice Smith"),
        ("Alice Smith <alice@example.com>", "Alice Smith"),
        ("<alice@example.com>", "alice"),
        ("Alice @ alice@example.com", "Alice"),
        ("@alice", "alice"),
    ],
)
def test_a_person_has_a_name_but_never_an_address(cell: str, name: str) -> None:
    person = _item(Assignee=cell).assignee
    assert person is not None
    assert person.name == name


def test_a_person_is_the_same_however_the_address_is_written() -> None:
    item = _item(Creator="Alice@Example.com", Assignee="alice@example.com")
    assert item.creator is not None
    assert item.assignee is not None
    assert item.creator.key == item.assignee.key


def test_labels_are_split_at_a_comma_and_a_space_and_named_once() -> None:
    assert _item(Labels="bug, a,b, bug,  , ux").labels == ("bug", "a,b", "ux")


def test_relations_and_the_parent_are_identifiers_and_anything_else_is_left_out() -> None:
    item = _item(Parent_issue="ENG-7", Related_to="ENG-2, ENG-3", Blocked_by="a title", Duplicate_of="ENG-4")
    assert (item.parent, item.related_to) == ("ENG-7", ("ENG-2", "ENG-3"))
    assert (item.blocked_by, item.duplicate_of) == ((), ("ENG-4",))


def test_what_is_no_uuid_counts_as_none() -> None:
    assert _item(UUID="u1", Project_ID="p1").uuid is None


def test_both_names_of_the_milestone_and_of_the_initiatives_are_known() -> None:
    old, new = _item(Milestone="M", Roadmaps="R, S"), _item(Project_Milestone="M", Initiatives="R, S")
    assert (old.milestone, old.initiatives) == (new.milestone, new.initiatives) == ("M", ("R", "S"))


def test_a_cycle_without_a_number_is_none() -> None:
    assert _item(Cycle_Name="Week 7").cycle is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'=1+1", "=1+1"),
        ("'- point", "- point"),
        ("'@bob", "@bob"),
        ("'+1", "+1"),
        ("'tis", "'tis"),
        ("'", "'"),
    ],
)
def test_the_quote_that_guards_against_formulas_is_taken_away(cell: str, text: str) -> None:
    item = _item(Title=cell, Description=cell)
    assert (item.title, item.description) == (text, text)


def test_a_description_keeps_its_blanks() -> None:
    assert _item(Description="    code\n").description == "    code\n"


@given(_TEXT, _TEXT)
def test_any_title_and_description_survive_an_export_and_its_reading(title: str, description: str) -> None:
    item = _item(Title=_guarded(title), Description=_guarded(description))
    assert (item.title, item.description or "") == (title, description)


@given(st.dictionaries(st.sampled_from([*_GOOD, "Team", "Labels", "Estimate", "Due Date"]), _TEXT))
def test_rubbish_in_any_cell_is_read_or_refused(cells: dict[str, str]) -> None:
    with contextlib.suppress(ImportInvalid):
        list(read_items(_file(_GOOD | cells)))
