"""Read what the backlog can be narrowed to: the names of what items that are shown refer to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_query, visibility
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.item_query import Wanted
from shareable_backlog.database.connection.query import query


@dataclass(frozen=True, slots=True)
class Options:
    """Names by alphabet, but for states, which are in the order of work; cycles are numbers, newest first."""

    state: list[str]
    assignee: list[str]
    creator: list[str]
    label: list[str]
    project: list[str]
    milestone: list[str]
    cycle: list[str]


_FEW = 100_000
"""As many items of a viewer group are looked through for names, sooner than those of each name for one of them."""


@dataclass(frozen=True, slots=True)
class _Used:
    """The conditions that there is an item to show which refers to the row `e`."""

    state: LiteralString
    assignee: LiteralString
    creator: LiteralString
    label: LiteralString
    project: LiteralString
    milestone: LiteralString
    cycle: LiteralString


def _has_item(matched: LiteralString) -> LiteralString:
    return f"EXISTS (SELECT FROM backlog_items i WHERE {matched} AND i.archived_at IS NULL AND {visibility.ITEM})"


_IN_ALL = _Used(
    _has_item("i.state_id = e.id"),
    _has_item("i.assignee_id = e.id"),
    _has_item("i.creator_id = e.id"),
    # With the default collation, as the ids in an item's list have.
    _has_item("i.label_ids <> '{}' AND i.label_ids @> ARRAY[e.id COLLATE \"default\"]"),
    _has_item("i.project_id = e.id"),
    _has_item("i.project_milestone_id = e.id"),
    _has_item("i.cycle_id = e.id"),
)
_KEY: LiteralString = """
    ARRAY[i.state_id, i.assignee_id, i.creator_id, i.project_id, i.project_milestone_id, i.cycle_id] || i.label_ids
"""
_IN_FEW = _Used(
    "e.id IN (SELECT i.key[1] FROM few i)",
    "e.id IN (SELECT i.key[2] FROM few i)",
    "e.id IN (SELECT i.key[3] FROM few i)",
    "e.id IN (SELECT unnest(i.key[7:]) FROM few i)",
    "e.id IN (SELECT i.key[4] FROM few i)",
    "e.id IN (SELECT i.key[5] FROM few i)",
    "e.id IN (SELECT i.key[6] FROM few i)",
)


def _names(table: LiteralString, condition: LiteralString) -> LiteralString:
    return f"""
        SELECT min(e.name COLLATE "C") FROM {table} e WHERE {condition} GROUP BY lower(e.name)
        ORDER BY lower(min(e.name))
    """


def _statement(used: _Used) -> LiteralString:
    return f"""
        SELECT ARRAY(
                 SELECT min(e.name COLLATE "C") FROM workflow_states e WHERE {used.state} GROUP BY lower(e.name)
                 ORDER BY min(array_position(
                   ARRAY['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled', 'duplicate'], e.type
                 )), min(e.position)
               ) AS state,
               ARRAY({_names("people", f"{visibility.ASSIGNEES} AND {used.assignee}")}) AS assignee,
               ARRAY({_names("people", f"{visibility.ASSIGNEES} AND {used.creator}")}) AS creator,
               ARRAY({_names("labels", f"e.removed_at IS NULL AND {used.label}")}) AS label,
               ARRAY({_names("projects", used.project)}) AS project,
               ARRAY({_names("project_milestones", used.milestone)}) AS milestone,
               ARRAY(
                 SELECT e.number::text FROM cycles e WHERE {used.cycle}
                 GROUP BY e.number ORDER BY e.number DESC LIMIT 100
               ) AS cycle
    """


async def options(scope: Scope) -> Options:
    """Return all names that lead to an item that is not archived; people's only where they are shown.

    Of a viewer group with more than 100,000 items, names of any 100,000 of them.
    """
    if scope.viewer_group_id is None:
        [found] = await query(_statement(_IN_ALL), visibility.build_params(scope), row=Options)
        return found
    choice = (await item_query.chosen(scope, Wanted(Filters(), "updated", None, datetime.now(UTC)))).keyed(_KEY)
    [found] = await query(
        f"SELECT * FROM (WITH few AS MATERIALIZED ({choice.some()}) {_statement(_IN_FEW)}) o",
        {**choice.params, **choice.order.params(None), "most": _FEW},
        row=Options,
    )
    return found
