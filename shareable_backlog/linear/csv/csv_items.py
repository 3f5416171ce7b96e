"""Read Linear's CSV export item by item, checking every cell."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, TypeVar

from shareable_backlog.linear.csv.csv_dates import due_date, timestamp
from shareable_backlog.linear.csv.csv_rows import Record, invalid, invalid_cell, quoted, records

_REQUIRED = ("ID", "Title", "Status", "Created")
_PRIORITIES = {"no priority": 0, "urgent": 1, "high": 2, "medium": 3, "low": 4}
_IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,32}-[0-9]{1,9}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
# Linear puts a quote before text that a spreadsheet would take for a formula.
_GUARDED = ("'=", "'+", "'-", "'@")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CsvPerson:
    """Name a person without their mail address; `key`, what the export calls them, is for deriving an id."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class CsvCycle:
    """Hold one cycle of the item's team."""

    number: int
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class CsvItem:
    """Hold one row in Linear's terms; a `_uuid` is None where the export has none.

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
        """Give the part of the identifier that stands for the team."""
        return self.identifier.rpartition("-")[0]


def items(file: BinaryIO) -> Iterator[CsvItem]:
    """Yield every item of an export, one at a time, whichever year's columns it has.

    Raise ImportInvalid, with row and column, at the first cell that Linear would not have written, at an
    identifier or UUID that comes a second time, and at the end when there was no item at all.
    """
    identifiers: set[str] = set()
    uuids: set[str] = set()
    for record in records(file, _REQUIRED):
        item = _item(record)
        if item.identifier in identifiers:
            raise invalid_cell(record, "ID", f"{item.identifier} stands in an earlier row too")
        identifiers.add(item.identifier)
        if item.uuid in uuids:
            raise invalid_cell(record, "UUID", f"{item.uuid} stands in an earlier row too")
        if item.uuid:
            uuids.add(item.uuid)
        yield item
    if not identifiers:
        raise invalid("The file names columns, but it has no items.")


def _item(record: Record) -> CsvItem:
    created_at = _moment(record, "Created")
    if created_at is None:
        raise invalid_cell(record, "Created", "is empty, but Linear gives every item a date")
    return CsvItem(
        uuid=_uuid(record, "UUID"),
        identifier=_identifier(record),
        team=_short(record, "Team"),
        title=_text(record, "Title"),
        description=_text(record, "Description") or None,
        status=_short(record, "Status"),
        priority=_value(record, "Priority", _priority, "one of Linear's priorities") or 0,
        estimate=_value(record, "Estimate", _number, "a number"),
        project=_short(record, "Project") or None,
        project_uuid=_uuid(record, "Project ID"),
        milestone=_short(record, "Project Milestone") or _short(record, "Milestone") or None,
        milestone_uuid=_uuid(record, "Project Milestone ID"),
        cycle=_cycle(record),
        creator=_person(record, "Creator"),
        assignee=_person(record, "Assignee"),
        labels=_names(record, "Labels"),
        initiatives=_names(record, "Initiatives") or _names(record, "Roadmaps"),
        due_on=_value(record, "Due Date", due_date, "a date that Linear's export uses"),
        created_at=created_at,
        updated_at=_moment(record, "Updated") or created_at,
        started_at=_moment(record, "Started"),
        triaged_at=_moment(record, "Triaged"),
        completed_at=_moment(record, "Completed"),
        canceled_at=_moment(record, "Canceled"),
        archived_at=_moment(record, "Archived"),
        parent=next(iter(_identifiers(record, "Parent issue")), None),
        related_to=_identifiers(record, "Related to"),
        blocked_by=_identifiers(record, "Blocked by"),
        duplicate_of=_identifiers(record, "Duplicate of"),
    )


def _text(record: Record, column: str) -> str:
    text = record.cells.get(column, "")
    return text[1:] if text.startswith(_GUARDED) else text


def _short(record: Record, column: str) -> str:
    return _text(record, column).strip()


def _value(record: Record, column: str, read: Callable[[str], _Value], kind: str) -> _Value | None:
    text = record.cells.get(column, "").strip()
    if not text:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise invalid_cell(record, column, f"{quoted(text)} is not {kind}") from error


def _moment(record: Record, column: str) -> datetime | None:
    return _value(record, column, timestamp, "a date that Linear's export uses")


def _identifier(record: Record) -> str:
    identifier = _short(record, "ID")
    if not _IDENTIFIER.fullmatch(identifier):
        raise invalid_cell(record, "ID", f"{quoted(identifier)} is not an identifier such as ENG-123")
    return identifier


def _identifiers(record: Record, column: str) -> tuple[str, ...]:
    return tuple(name for name in _names(record, column) if _IDENTIFIER.fullmatch(name))


def _names(record: Record, column: str) -> tuple[str, ...]:
    if column not in record.cells:
        return ()
    names = (name.strip() for name in _text(record, column).split(", "))
    return tuple(dict.fromkeys(name for name in names if name))


def _uuid(record: Record, column: str) -> str | None:
    text = _short(record, column)
    return text.lower() if _UUID.fullmatch(text) else None


def _person(record: Record, column: str) -> CsvPerson | None:
    text = _short(record, column)
    # Of "alice@example.com", "Alice <alice@example.com>" and "@alice" this leaves alice, Alice and alice.
    name = text.strip("@< ").partition("@")[0].partition("<")[0].strip() if "@" in text else text
    return CsvPerson(key=text.casefold(), name=name) if name else None


def _cycle(record: Record) -> CsvCycle | None:
    number = _value(record, "Cycle Number", _whole_number, "a whole number")
    if number is None:
        return None
    return CsvCycle(
        number=number,
        name=_short(record, "Cycle Name") or None,
        starts_at=_moment(record, "Cycle Start"),
        ends_at=_moment(record, "Cycle End"),
    )


def _priority(text: str) -> int:
    try:
        return _PRIORITIES[text.casefold()]
    except KeyError as error:
        raise ValueError(text) from error


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _whole_number(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)
