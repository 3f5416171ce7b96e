"""Read Linear's CSV export item by item, checking every cell."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import BinaryIO, TypeVar

from msgspec import Struct

from shareable_backlog.linear.csv.csv_dates import parse_due_date, parse_timestamp
from shareable_backlog.linear.csv.csv_rows import (
    CsvRecord,
    Findings,
    build_file_error,
    describe_cell_fault,
    quote_cell,
    read_records,
)

_REQUIRED = ("ID", "Title", "Status", "Created")
_PRIORITIES = {"no priority": 0, "urgent": 1, "high": 2, "medium": 3, "low": 4}
_IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,32}-[0-9]{1,9}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
# Linear puts a quote before text that a spreadsheet would take for a formula.
_GUARDED = ("'=", "'+", "'-", "'@")
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_Value = TypeVar("_Value")


class CsvPerson(Struct, frozen=True):
    """A person without their mail address; `key`, what the export calls them, is for deriving an id."""

    key: str
    name: str


class CsvCycle(Struct, frozen=True):
    """One cycle of the item's team."""

    number: int
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None


class CsvItem(Struct, frozen=True):
    """One row in Linear's terms; a `uuid` is None where the export has none.

    `parent` and the relations are identifiers such as ENG-12. `labels` and `initiatives` are split at `, `:
    a name that contains one can't be told from two names.
    """

    uuid: str | None
    identifier: str
    team: str
    title: str
    description: str | None
    status: str
    priority: int
    estimate: float | None
    project: str | None
    project_uuid: str | None
    milestone: str | None
    milestone_uuid: str | None
    cycle: CsvCycle | None
    creator: CsvPerson | None
    assignee: CsvPerson | None
    labels: tuple[str, ...]
    initiatives: tuple[str, ...]
    due_on: date | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    triaged_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None
    parent: str | None
    related_to: tuple[str, ...]
    blocked_by: tuple[str, ...]
    duplicate_of: tuple[str, ...]

    @property
    def team_key(self) -> str:
        """Return the part of the identifier that stands for the team."""
        return self.identifier.rpartition("-")[0]


def read_items(file: BinaryIO, findings: Findings | None = None) -> Iterator[CsvItem]:
    """Yield every item of an export, one at a time, whichever year's columns it has.

    At the end raise ImportInvalid with all faults, each with row and column: cells that Linear would not have
    written, identifiers and UUIDs that come a second time; and when there was no item at all. `findings` gets the
    rows that were left out.
    """
    found = Findings() if findings is None else findings
    identifiers: set[str] = set()
    uuids: set[str] = set()
    for record in read_records(file, _REQUIRED, found):
        before = len(found.faults)
        item = _read_item(_Cells(record, found))
        if item.identifier in identifiers:
            found.faults.append(describe_cell_fault(record, "ID", f"{item.identifier} is in an earlier row too"))
        identifiers.add(item.identifier or f"row {record.row}")
        if item.uuid in uuids:
            found.faults.append(describe_cell_fault(record, "UUID", f"{item.uuid} is in an earlier row too"))
        if item.uuid:
            uuids.add(item.uuid)
        if len(found.faults) == before:
            yield item
    found.refuse_faults()
    if not identifiers:
        raise build_file_error("The file has a header but no items.")


class _Cells(Struct, frozen=True):
    """The cells of a record that is being read; what is wrong in them is added to what was `found`."""

    record: CsvRecord
    found: Findings

    def find_text(self, column: str) -> str:
        return self.record.cells.get(column, "")

    def tell_fault(self, column: str, why: str) -> None:
        self.found.faults.append(describe_cell_fault(self.record, column, why))


def _read_item(record: _Cells) -> CsvItem:
    """Return the item; what is wrong stands in what was found, and something else in its place."""
    created_at = _read_moment(record, "Created")
    if created_at is None:
        if not record.find_text("Created").strip():
            record.tell_fault("Created", "is empty, but Linear gives every item a date")
        created_at = _NO_MOMENT
    return CsvItem(
        uuid=_read_uuid(record, "UUID"),
        identifier=_read_identifier(record),
        team=_read_short_text(record, "Team"),
        title=_read_text(record, "Title"),
        description=_read_text(record, "Description") or None,
        status=_read_short_text(record, "Status"),
        priority=_read_value(record, "Priority", _parse_priority, "one of Linear's priorities") or 0,
        estimate=_read_value(record, "Estimate", _parse_number, "a number"),
        project=_read_short_text(record, "Project") or None,
        project_uuid=_read_uuid(record, "Project ID"),
        milestone=_read_short_text(record, "Project Milestone") or _read_short_text(record, "Milestone") or None,
        milestone_uuid=_read_uuid(record, "Project Milestone ID"),
        cycle=_read_cycle(record),
        creator=_read_person(record, "Creator"),
        assignee=_read_person(record, "Assignee"),
        labels=_read_names(record, "Labels"),
        initiatives=_read_names(record, "Initiatives") or _read_names(record, "Roadmaps"),
        due_on=_read_value(record, "Due Date", parse_due_date, "a date that Linear's export uses"),
        created_at=created_at,
        updated_at=_read_moment(record, "Updated") or created_at,
        started_at=_read_moment(record, "Started"),
        triaged_at=_read_moment(record, "Triaged"),
        completed_at=_read_moment(record, "Completed"),
        canceled_at=_read_moment(record, "Canceled"),
        archived_at=_read_moment(record, "Archived"),
        parent=next(iter(_read_identifiers(record, "Parent issue")), None),
        related_to=_read_identifiers(record, "Related to"),
        blocked_by=_read_identifiers(record, "Blocked by"),
        duplicate_of=_read_identifiers(record, "Duplicate of"),
    )


def _read_text(record: _Cells, column: str) -> str:
    text = record.find_text(column)
    return text[1:] if text.startswith(_GUARDED) else text


def _read_short_text(record: _Cells, column: str) -> str:
    return _read_text(record, column).strip()


def _read_value(record: _Cells, column: str, parse: Callable[[str], _Value], kind: str) -> _Value | None:
    text = record.find_text(column).strip()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        record.tell_fault(column, f"{quote_cell(text)} is not {kind}")
        return None


def _read_moment(record: _Cells, column: str) -> datetime | None:
    return _read_value(record, column, parse_timestamp, "a date that Linear's export uses")


def _read_identifier(record: _Cells) -> str:
    identifier = _read_short_text(record, "ID")
    if not _IDENTIFIER.fullmatch(identifier):
        record.tell_fault("ID", f"{quote_cell(identifier)} is not an identifier such as ENG-123")
        return ""
    return identifier


def _read_identifiers(record: _Cells, column: str) -> tuple[str, ...]:
    return tuple(name for name in _read_names(record, column) if _IDENTIFIER.fullmatch(name))


def _read_names(record: _Cells, column: str) -> tuple[str, ...]:
    names = (name.strip() for name in _read_text(record, column).split(", "))
    return tuple(dict.fromkeys(name for name in names if name))


def _read_uuid(record: _Cells, column: str) -> str | None:
    text = _read_short_text(record, column)
    return text.lower() if _UUID.fullmatch(text) else None


def _read_person(record: _Cells, column: str) -> CsvPerson | None:
    text = _read_short_text(record, column)
    # Of "alice@example.com", "Alice <alice@example.com>" and "@alice" this leaves alice, Alice and alice.
    name = text.strip("@< ").partition("@")[0].partition("<")[0].strip() if "@" in text else text
    return CsvPerson(key=text.casefold(), name=name) if name else None


def _read_cycle(record: _Cells) -> CsvCycle | None:
    number = _read_value(record, "Cycle Number", _parse_whole_number, "a whole number")
    if number is None:
        return None
    return CsvCycle(
        number=number,
        name=_read_short_text(record, "Cycle Name") or None,
        starts_at=_read_moment(record, "Cycle Start"),
        ends_at=_read_moment(record, "Cycle End"),
    )


def _parse_priority(text: str) -> int:
    try:
        return _PRIORITIES[text.casefold()]
    except KeyError as error:
        raise ValueError(text) from error


def _parse_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _parse_whole_number(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)
