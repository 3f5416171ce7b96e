"""Say as data what items have to meet, so that what follows from it is decided without looking at any SQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import LiteralString, TypeAlias

from msgspec import Struct, field

from shareable_backlog.database.backlog import visibility
from shareable_backlog.vocabulary import FilterName


class IdColumn(Struct, frozen=True, kw_only=True):
    """What an item `i` has one of, or none.

    `owners` is a table of what it refers to, where each belongs to a team and is in no item of another. `setting` is
    the sharing setting that lets people ask for it. Up to `most_driving` ids its index finds the first of each sooner
    than the first of them are met among all items: of people, who all have many items, only a few (ADR 15).
    """

    name: FilterName
    sql: LiteralString
    type: LiteralString = "text"
    owners: LiteralString | None = None
    setting: LiteralString | None = None
    most_driving: int = 64
    has_many_values: bool = False
    """Whether few of all items have the same."""


COLUMNS: Mapping[FilterName, IdColumn] = {
    one.name: one
    for one in (
        IdColumn(name="team", sql="i.team_id", owners="(SELECT id, id AS team_id FROM teams)"),
        IdColumn(name="state", sql="i.state_id", owners="workflow_states"),
        IdColumn(
            name="assignee", sql="i.assignee_id", setting=visibility.ASSIGNEES, most_driving=10, has_many_values=True
        ),
        IdColumn(name="project", sql="i.project_id", has_many_values=True),
        IdColumn(name="milestone", sql="i.project_milestone_id", has_many_values=True),
        IdColumn(name="cycle", sql="i.cycle_id", owners="cycles", has_many_values=True),
        IdColumn(
            name="creator", sql="i.creator_id", setting=visibility.ASSIGNEES, most_driving=10, has_many_values=True
        ),
        # Where `place_priority` puts it, as its index has it.
        IdColumn(name="priority", sql="mod(5 - i.priority, 5)", type="integer"),
    )
}


class IdPredicate(Struct, frozen=True, kw_only=True):
    """That a column has one of `ids`, or with `with_none` nothing; `is_not` turns it round.

    `parameter` is the name of the one that holds the ids. With `is_implied` it follows from another predicate and is
    not said again: the planner would take what meets both for much rarer. One that `leaves_out_done` is about states.
    """

    column: IdColumn
    parameter: LiteralString
    ids: Sequence[str | int]
    with_none: bool = False
    is_not: bool = False
    leaves_out_done: bool = False
    is_implied: bool = False

    @property
    def is_one_of(self) -> bool:
        """Whether whatever meets it has one of the ids."""
        return not (self.is_not or self.with_none)

    @property
    def array(self) -> LiteralString:
        """The ids in SQL."""
        return f"%({self.parameter})s::{self.column.type}[]"

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of the SQL."""
        return {self.parameter: list(self.ids)}

    def is_met_by(self, value: str | int | None) -> bool:
        """Return whether an item meets it that has `value` in the column; None is to have nothing there."""
        return (self.with_none if value is None else value in self.ids) != self.is_not

    def render(self) -> LiteralString:
        """Return the SQL; a single id is written so that its index has the items in order."""
        column, has_both = self.column.sql, self.is_not and self.with_none
        parts: list[LiteralString] = []
        if self.ids or not self.with_none:
            found: LiteralString = f"= ({self.array})[1]" if len(self.ids) == 1 else f"= ANY ({self.array})"
            parts.append(f"{column} <> ALL ({self.array})" if self.is_not else f"{column} {found}")
        if self.is_not or self.with_none:
            parts.append(f"{column} IS NOT NULL" if has_both else f"{column} IS NULL")
        text: LiteralString = " AND ".join(parts) if has_both else f"({' OR '.join(parts)})"
        return f"{text} AND {self.column.setting}" if self.column.setting else text


class SqlPredicate(Struct, frozen=True, kw_only=True):
    """What no list of ids says."""

    sql: LiteralString
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    is_implied: bool = False

    def render(self) -> LiteralString:
        """Return the SQL."""
        return self.sql


Predicate: TypeAlias = IdPredicate | SqlPredicate


def place_priority(priority: int) -> int:
    """Return where one of Linear's priorities stands: from urgent at 4 to none at 0."""
    return (5 - priority) % 5


def list_allowed(
    predicates: Iterable[Predicate], column: IdColumn, values: Iterable[str | int | None]
) -> list[str | int | None]:
    """Return those of `values` that an item may have in `column`; None is to have nothing there."""
    about = [one for one in predicates if _is_about(one, column)]
    return [value for value in values if all(one.is_met_by(value) for one in about if isinstance(one, IdPredicate))]


def narrow(predicates: Iterable[Predicate], to: IdPredicate) -> tuple[Predicate, ...]:
    """Return the predicates with one more, which has nothing but what `list_allowed` returns for its column.

    So all that the others say of the column follows from it.
    """
    return (*(one for one in predicates if not _is_about(one, to.column)), to)


def _is_about(predicate: Predicate, column: IdColumn) -> bool:
    return isinstance(predicate, IdPredicate) and predicate.column.name == column.name
