"""Describe a stream of the mirror: one list of Linear, and the table that holds its rows."""

from typing import Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.streams.columns import MirrorRow, StreamColumn, list_columns

ComparedColumn: TypeAlias = Literal[
    "parent_id",
    "trashed",
    "sort_order",
    "priority_sort_order",
    "sub_issue_sort_order",
    "added_to_project_at",
    "added_to_cycle_at",
    "sla_breaches_at",
]
"""What a sweep can compare beside times: the columns that `sweep_entries` has for it."""


class Stream(Struct, frozen=True, kw_only=True, eq=False):
    """One list of Linear and the table that mirrors it; all parts of the program go by this description.

    `name` is what cursors and the history of runs call it. In Linear's schema `root` is the root field, with constant
    `arguments`, and `node` the type of its nodes. `kind` is a row of `table`: its fields are what is asked for.

    `window` are the times that Linear can filter the list by. Without any it takes no filter at all: such a list is
    read from its newest change down to what is known. A sweep compares the times of rows, and the columns `compared`,
    which change in Linear without moving a time, or may; where these are too many the rows are `reread` instead, all
    of them. The columns `deciding` decide who may see what: no row is stored without them. `has_webhook` says that
    Linear can post its changes; what it posts never tells the columns `undelivered`. Of a `large` list whole pages
    are asked for beside other lists.
    """

    name: str
    root: str
    node: str
    kind: type[MirrorRow]
    table: str
    arguments: str = ""
    window: tuple[Literal["updatedAt", "archivedAt"], ...] = ("updatedAt",)
    compared: tuple[ComparedColumn, ...] = ()
    reread: bool = False
    deciding: tuple[str, ...] = ()
    has_webhook: bool = True
    undelivered: tuple[str, ...] = ()
    large: bool = False

    @property
    def columns(self) -> tuple[StreamColumn, ...]:
        """Return the table's columns, but for `removed_at`."""
        return list_columns(self.kind)

    @property
    def is_swept_whole(self) -> bool:
        """Return whether a sweep reads all of each row."""
        return self.reread or not self.window

    @property
    def filter_type(self) -> str | None:
        """Return the type of the list's filter in Linear's schema; None for a list that takes none."""
        return f"{self.node}Filter" if self.window else None
