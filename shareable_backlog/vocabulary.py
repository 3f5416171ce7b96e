"""The words of the backlog: types of states, priorities, and what its list is narrowed, grouped, sorted by and shows.

Each table is in the order in which people meet its entries; its keys are the words of addresses and of the API. A new
filter or column is one entry here, and `tests/test_vocabulary.py` says in words what an entry still lacks elsewhere.
"""

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Final, Literal, LiteralString, TypeAlias

from msgspec import Struct

StateType: TypeAlias = Literal["triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate"]

STATE_TYPES: Final[Mapping[str, str]] = {
    "triage": "Triage",
    "backlog": "Backlog",
    "unstarted": "To do",
    "started": "In progress",
    "completed": "Done",
    "canceled": "Canceled",
    "duplicate": "Duplicate",
}
"""Linear's types of states, in the order of work."""

WORK_FIRST: Final[tuple[StateType, ...]] = (
    "started", "unstarted", "backlog", "triage", "completed", "canceled", "duplicate",
)  # fmt: skip
"""The same in the order of a list: what is being worked on, what comes next, what is done."""

DONE_TYPES: Final[tuple[StateType, ...]] = ("completed", "canceled", "duplicate")
"""The types of states in which nothing is left to do."""

PLAN_STATUSES: Final[Mapping[str, str]] = {
    "started": "In progress",
    "planned": "Planned",
    "backlog": "Backlog",
    "paused": "Paused",
    "completed": "Completed",
    "canceled": "Canceled",
}
"""Linear's types of statuses of projects, in the order of the roadmap."""

PRIORITIES: Final[Mapping[str, str]] = {
    "none": "No priority",
    "urgent": "Urgent",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
}
"""Linear's priorities 0 to 4."""

PRIORITY_LABELS: Final = tuple(PRIORITIES.values())
"""The same by their numbers."""

_SIZES: Final[Mapping[float | None, str]] = {
    1: "XS",
    2: "S",
    3: "M",
    5: "L",
    8: "XL",
    13: "XXL",
    21: "XXXL",  # the largest of Linear's sizes, as Linear calls it
}
"""Linear's sizes by the numbers that it stores for them."""


def find_size(estimate: float | None, scale: str | None) -> str | None:
    """Return the size of a T-shirt that an estimate by Linear's `scale` tShirt stands for, None for other scales."""
    return _SIZES.get(estimate) if scale == "tShirt" else None


FilterKind: TypeAlias = Literal["name", "team_key", "state_type", "priority", "number", "day", "moment", "news"]
FilterName: TypeAlias = LiteralString


class Filter(Struct, frozen=True, kw_only=True):
    """What the backlog can be narrowed by: `kind` says which values it takes.

    A day or a moment is that of a `column` of the items; days lie ahead and moments in the past. `offers` are values
    that the page offers beside the names there are. `empty_words` are for items that have nothing there, if any can.
    An item that `has_several` can be asked to have each of some values.
    """

    label: str
    kind: FilterKind = "name"
    column: LiteralString = ""
    offers: tuple[str, ...] = ()
    empty_words: str = ""
    has_several: bool = False

    @property
    def can_be_empty(self) -> bool:
        """Whether an item can have nothing there."""
        return bool(self.empty_words)

    @property
    def is_time(self) -> bool:
        """Whether its values are spans of days."""
        return self.kind in {"day", "moment"}


NEWS: Final[Mapping[str, str]] = {"meeting": "since the last meeting", "unseen": "not seen by me yet"}
"""In which sense something is new."""

MoveKind: TypeAlias = Literal["new", "done", "canceled", "slipped", "moved", "gone"]

MOVES: Final[Mapping[MoveKind, str]] = {
    "new": "New",
    "done": "Done",
    "canceled": "Canceled",
    "slipped": "Slipped",
    "moved": "Moved",
    "gone": "Gone",
}
"""What can have become of an item since a day: the sums of a list that is compared with one.

What is a duplicate is canceled, too: nobody did it.
"""

_LATELY = ("today", "7d", "30d", "90d")

FILTERS: Final[Mapping[FilterName, Filter]] = {
    "team": Filter(label="Team", kind="team_key"),
    "type": Filter(label="State type", kind="state_type", offers=tuple(STATE_TYPES)),
    "state": Filter(label="State", empty_words="No state"),
    "priority": Filter(
        label="Priority", kind="priority", offers=(*tuple(PRIORITIES)[1:], "none"), empty_words="No priority"
    ),
    "assignee": Filter(label="Assignee", empty_words="Unassigned"),
    "label": Filter(label="Label", empty_words="No label", has_several=True),
    "project": Filter(label="Project", empty_words="No project"),
    "milestone": Filter(label="Milestone", empty_words="No milestone"),
    "cycle": Filter(label="Cycle", offers=("current",), empty_words="No cycle"),
    "release": Filter(label="Release", empty_words="No release"),
    "creator": Filter(label="Created by", empty_words="Created by nobody"),
    "estimate": Filter(label="Estimate", kind="number", empty_words="No estimate"),
    "due": Filter(
        label="Due",
        kind="day",
        column="due_date",
        offers=("overdue", "today", "7d", "30d"),
        empty_words="No due date",
    ),
    "created": Filter(label="Created", kind="moment", column="created_at", offers=_LATELY),
    "updated": Filter(label="Updated", kind="moment", column="updated_at", offers=_LATELY),
    "new": Filter(label="New", kind="news", offers=tuple(NEWS)),
    "completed": Filter(
        label="Completed", kind="moment", column="completed_at", offers=_LATELY, empty_words="Not completed"
    ),
}

GroupBy: TypeAlias = Literal["state", "team", "project", "priority", "assignee", "cycle", "label"]

GROUPS: Final[Mapping[GroupBy, str | None]] = {
    "state": "No state",
    "team": None,
    "project": "No project",
    "priority": None,
    "assignee": "Unassigned",
    "cycle": "No cycle",
    "label": "No label",
}
"""What the list is grouped by, each a filter too, with the words for what has nothing there if any can."""

OrderName: TypeAlias = Literal[
    "rank", "-rank", "updated", "-updated", "created", "-created", "priority", "-priority", "due", "-due",
    "state", "-state", "manual", "-manual", "relevance",
]  # fmt: skip

ORDERS: Final[Mapping[OrderName, str]] = {
    "rank": "Rank, highest first",
    "-rank": "Rank, lowest first",
    "updated": "Last updated, newest first",
    "-updated": "Last updated, oldest first",
    "created": "Created, newest first",
    "-created": "Created, oldest first",
    "priority": "Priority, highest first",
    "-priority": "Priority, lowest first",
    "due": "Due date, soonest first",
    "-due": "Due date, latest first",
    "state": "State, in progress first",
    "-state": "State, done first",
    "manual": "Linear's order",
    "-manual": "Linear's order, last first",
    "relevance": "Best match",
}
"""What the list is sorted by, both ways: a minus turns an order round. Nobody wants what matches least."""


def turn_order(name: OrderName) -> OrderName | None:
    """Return the order that is the other way round; None for the one that has no other."""
    turned = name.removeprefix("-") if name.startswith("-") else f"-{name}"
    return next((one for one in ORDERS if one == turned), None)


ColumnKind: TypeAlias = Literal[
    "priority",
    "identifier",
    "state",
    "labels",
    "text",
    "project",
    "cycle",
    "estimate",
    "due",
    "person",
    "time",
    "summary",
]
ColumnName: TypeAlias = str


class Column(Struct, frozen=True, kw_only=True):
    """What a line of the list shows beside its title: the `value` of the item, in the way of its `kind`."""

    label: str
    kind: ColumnKind
    value: str
    is_usual: bool = False


COLUMNS: Final[Mapping[ColumnName, Column]] = {
    "priority": Column(label="Priority", kind="priority", value="priority", is_usual=True),
    "id": Column(label="ID", kind="identifier", value="identifier", is_usual=True),
    "state": Column(label="State", kind="state", value="state_name", is_usual=True),
    "labels": Column(label="Labels", kind="labels", value="labels", is_usual=True),
    "team": Column(label="Team", kind="text", value="team"),
    "milestone": Column(label="Milestone", kind="text", value="milestone"),
    "project": Column(label="Project", kind="project", value="project", is_usual=True),
    "cycle": Column(label="Cycle", kind="cycle", value="cycle_number"),
    "estimate": Column(label="Estimate", kind="estimate", value="estimate"),
    "due": Column(label="Due", kind="due", value="due_date"),
    "assignee": Column(label="Assignee", kind="person", value="assignee", is_usual=True),
    "summary": Column(label="First line", kind="summary", value="id"),
    "created": Column(label="Created", kind="time", value="created_at"),
    "updated": Column(label="Updated", kind="time", value="updated_at", is_usual=True),
}
"""The columns of the list from left to right; the title stands after the state, a description's first line below."""

USUAL_COLUMNS: Final[tuple[ColumnName, ...]] = tuple(name for name, one in COLUMNS.items() if one.is_usual)


def make_cell_reader(names: Collection[ColumnName]) -> Callable[[object], list[tuple[ColumnKind, str, object]]]:
    """Return what reads of an item the kind, label and value of the columns of these names, from left to right."""
    shown = [(one, attrgetter(one.value)) for name, one in COLUMNS.items() if name in names]
    return lambda item: [(one.kind, one.label, read(item)) for one, read in shown]


PageName: TypeAlias = Literal[
    "list", "board", "matrix", "timeline", "trends", "roadmap", "changes", "updates", "done", "meeting", "forecasts",
    "views", "exports", "feeds", "api",
]  # fmt: skip

PAGES: Final[Mapping[PageName, str]] = {
    "list": "List",
    "board": "Board",
    "matrix": "Matrix",
    "timeline": "Timeline",
    "trends": "Trends",
    "roadmap": "Roadmap",
    "changes": "Changes",
    "updates": "Updates",
    "done": "Done",
    "meeting": "Meeting",
    "forecasts": "Forecasts",
    "views": "Views",
    "exports": "Exports",
    "feeds": "Feeds",
    "api": "API tokens",
}
"""What can be switched off, for everybody or for a person; items themselves are read by whoever may see them."""

FIRST_PAGES: Final[Mapping[PageName, str]] = {
    "board": "/board", "matrix": "/matrix", "timeline": "/timeline", "trends": "/trends", "roadmap": "/roadmap",
    "changes": "/changes", "updates": "/updates", "done": "/done", "meeting": "/meeting",
}  # fmt: skip
"""Where somebody begins instead who has no list, in this order."""
