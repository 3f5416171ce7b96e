"""Read what the backlog can be narrowed to: the names of what items that are shown refer to."""

from dataclasses import dataclass
from typing import LiteralString

from shareable_backlog.database import shown
from shareable_backlog.database.query import query
from shareable_backlog.database.sharing import Scope


@dataclass(frozen=True, slots=True)
class Options:
    """Hold names by alphabet, but for states, which are in the order of work; cycles are numbers, newest first."""

    state: list[str]
    assignee: list[str]
    creator: list[str]
    label: list[str]
    project: list[str]
    milestone: list[str]
    cycle: list[str]


def _names(table: LiteralString, matched: LiteralString, condition: LiteralString = "true") -> LiteralString:
    """Give the statement of the names of rows `e` of which there is an item `i` to show."""
    return f"""
        SELECT min(e.name COLLATE "C") FROM {table} e
        WHERE {condition} AND EXISTS (
          SELECT FROM backlog_items i WHERE {matched} AND i.archived_at IS NULL AND {shown.ITEM}
        )
        GROUP BY lower(e.name)
    """


_BY_NAME: LiteralString = "ORDER BY lower(min(e.name))"
_STATES: LiteralString = f"""
    {_names("workflow_states", "i.state_id = e.id")}
    ORDER BY min(array_position(
        ARRAY['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled', 'duplicate'], e.type
      )), min(e.position)
"""
# That of the labels has the default collation, as the ids in an item's list have.
_LABELLED: LiteralString = "i.label_ids <> '{}' AND i.label_ids @> ARRAY[e.id COLLATE \"default\"]"
_CYCLES: LiteralString = f"""
    SELECT e.number::text FROM cycles e
    WHERE EXISTS (
      SELECT FROM backlog_items i WHERE i.cycle_id = e.id AND i.archived_at IS NULL AND {shown.ITEM}
    )
    GROUP BY e.number ORDER BY e.number DESC LIMIT 100
"""


async def options(scope: Scope) -> Options:
    """Give all names that lead to an item that is not archived; people's only where they are shown."""
    [found] = await query(
        f"""
        SELECT ARRAY({_STATES}) AS state,
               ARRAY({_names("people", "i.assignee_id = e.id", shown.ASSIGNEES)} {_BY_NAME}) AS assignee,
               ARRAY({_names("people", "i.creator_id = e.id", shown.ASSIGNEES)} {_BY_NAME}) AS creator,
               ARRAY({_names("labels", _LABELLED, "e.removed_at IS NULL")} {_BY_NAME}) AS label,
               ARRAY({_names("projects", "i.project_id = e.id")} {_BY_NAME}) AS project,
               ARRAY({_names("project_milestones", "i.project_milestone_id = e.id")} {_BY_NAME}) AS milestone,
               ARRAY({_CYCLES}) AS cycle
        """,
        shown.params(scope),
        row=Options,
    )
    return found
