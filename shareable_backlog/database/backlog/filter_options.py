"""Read what the backlog can be narrowed to: the names of what items that are shown refer to."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query
from shareable_backlog.vocabulary import STATE_TYPES


class Options(Struct, frozen=True, kw_only=True):
    """Names by alphabet, but for states, which are in the order of work; cycles and estimates are numbers."""

    state: list[str]
    assignee: list[str]
    creator: list[str]
    label: list[str]
    project: list[str]
    milestone: list[str]
    cycle: list[str]
    release: list[str]
    estimate: list[str]


_ESTIMATES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 21, 32, 64]
"""The estimates of all of Linear's scales."""

_FEW = 5_000
"""As many items are looked through first: what is common is among them, and only other names are looked for apart.

Of a viewer group, as many of each of its teams and projects, those that were updated last, and of others any with its
labels.
"""
_MOST: LiteralString = "100000"
"""As many of a viewer group at most."""


class _Used(Struct, frozen=True, kw_only=True):
    """The conditions that there is an item to show which refers to the row `e`."""

    state: LiteralString
    assignee: LiteralString
    creator: LiteralString
    label: LiteralString
    project: LiteralString
    milestone: LiteralString
    cycle: LiteralString
    release: LiteralString
    estimate: LiteralString


_ITEMS: LiteralString = (
    f"SELECT r.issue_id FROM item_releases r WHERE r.release_id = e.id AND {visibility.IN_RELEASE}"
)
"""The items of a release `e`."""


def _has_item(matched: LiteralString) -> LiteralString:
    return f"EXISTS (SELECT FROM shown i WHERE {matched} AND i.archived_at IS NULL)"


# With the default collation, as the ids in an item's list have.
_LABELLED: LiteralString = "i.label_ids <> '{}' AND i.label_ids @> ARRAY[e.id COLLATE \"default\"]"
_REFERENCES: LiteralString = """
    i.state_id, i.assignee_id, i.creator_id, i.label_ids, i.project_id, i.project_milestone_id, i.cycle_id, i.estimate
"""
_IN_FEW = _Used(
    state="e.id IN (SELECT i.state_id FROM few i)",
    assignee="e.id IN (SELECT i.assignee_id FROM few i)",
    creator="e.id IN (SELECT i.creator_id FROM few i)",
    label="e.id IN (SELECT unnest(i.label_ids) FROM few i)",
    project="e.id IN (SELECT i.project_id FROM few i)",
    milestone="e.id IN (SELECT i.project_milestone_id FROM few i)",
    cycle="e.id IN (SELECT i.cycle_id FROM few i)",
    release=_has_item(f"i.id IN ({_ITEMS})"),
    estimate="e.number IN (SELECT i.estimate FROM few i)",
)
_IN_ALL = _Used(
    # A state is in no item of another team, and all those of one that is hidden would be read.
    state=f"({_IN_FEW.state} OR (e.team_id IN (TABLE shown_teams) AND {_has_item('i.state_id = e.id')}))",
    assignee=f"({_IN_FEW.assignee} OR {_has_item('i.assignee_id = e.id')})",
    creator=f"({_IN_FEW.creator} OR {_has_item('i.creator_id = e.id')})",
    label=f"({_IN_FEW.label} OR {_has_item(_LABELLED)})",
    project=f"({_IN_FEW.project} OR {_has_item('i.project_id = e.id')})",
    milestone=f"({_IN_FEW.milestone} OR {_has_item('i.project_milestone_id = e.id')})",
    cycle=f"({_IN_FEW.cycle} OR {_has_item('i.cycle_id = e.id')})",
    release=_IN_FEW.release,
    # In the order of their index: to meet one in another, all items may have to be read for a number that none has.
    estimate=f"""({_IN_FEW.estimate} OR coalesce((
      SELECT TRUE FROM shown i WHERE i.estimate = e.number AND i.archived_at IS NULL
      ORDER BY i.updated_at DESC, i.id DESC LIMIT 1), FALSE))""",
)

_OF_GROUPS_TEAMS: LiteralString = "i.team_id = ANY (ARRAY(TABLE group_teams))"
# Other names are not looked for apart: to meet none of the group, all items of a person or label might be read.
_IN_GROUP = replace(
    _IN_FEW,
    state=f"({_IN_FEW.state} OR (e.team_id IN (TABLE group_teams) AND {_has_item('i.state_id = e.id')}))",
    cycle=f"({_IN_FEW.cycle} OR (e.team_id IN (TABLE group_teams) AND {_has_item('i.cycle_id = e.id')}))",
    project=f"({_IN_FEW.project} OR {_has_item(f'i.project_id = e.id AND {_OF_GROUPS_TEAMS}')})",
)


def _render_names(table: LiteralString, condition: LiteralString) -> LiteralString:
    return f"""
        SELECT min(e.name COLLATE "C") FROM {table} e WHERE {condition} GROUP BY lower(e.name)
        ORDER BY lower(min(e.name))
    """


def _render_options(used: _Used) -> LiteralString:
    return f"""
        SELECT ARRAY(
                 SELECT min(e.name COLLATE "C") FROM workflow_states e WHERE {used.state} GROUP BY lower(e.name)
                 ORDER BY min(array_position(%(state_types)s::text[], e.type)), min(e.position)
               ) AS state,
               ARRAY({_render_names("people", f"{visibility.ASSIGNEES} AND {used.assignee}")}) AS assignee,
               ARRAY({_render_names("people", f"{visibility.ASSIGNEES} AND {used.creator}")}) AS creator,
               ARRAY({_render_names("labels", f"e.removed_at IS NULL AND e.is_offered AND {used.label}")}) AS label,
               ARRAY({_render_names("projects", used.project)}) AS project,
               ARRAY({_render_names("project_milestones", used.milestone)}) AS milestone,
               ARRAY(
                 SELECT e.number::text FROM cycles e WHERE {used.cycle}
                 GROUP BY e.number ORDER BY e.number DESC LIMIT 100
               ) AS cycle,
               ARRAY({_render_names("releases", f"{visibility.RELEASE} AND {used.release}")}) AS release,
               ARRAY(
                 SELECT e.number::text FROM unnest(%(estimates)s::float8[]) e (number)
                 WHERE {visibility.ESTIMATES} AND {used.estimate} ORDER BY e.number
               ) AS estimate
    """


async def list_options(scope: Scope) -> Options:
    """Return all names that lead to an item that is not archived; people's only where they are shown.

    A viewer group gets all releases, and the states, cycles and projects of its teams; people, labels, milestones and
    estimates of 5,000 items of each team and project, and of 5,000 others with its labels.
    """
    selection = await select_items(scope, ItemQuery(Filters(), "updated", clock.read_time()))
    in_group = scope.viewer_group_ids is not None
    pick = "each" if in_group else "any"
    rows = render_rows(Rows(selection=selection, limit="%(limit)s", pick=pick, columns=_REFERENCES))
    tables = f"{render_tables(selection)},\nfew AS MATERIALIZED (SELECT * FROM ({rows}) i LIMIT {_MOST})"
    used = _IN_GROUP if in_group else _IN_ALL
    params = {**selection.params, "state_types": list(STATE_TYPES), "estimates": _ESTIMATES, "limit": _FEW}
    statement = f"SELECT * FROM ({tables} {_render_options(used)}) o"
    [found] = await query(statement, params, row=Options, plan_anew=True, on_standby=True)
    return found


class NamedCycle(Struct, frozen=True):
    """A cycle of a team by its number; `name` is None where it has none of its own."""

    number: int
    team_key: str
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None


async def list_named_cycles(scope: Scope, numbers: Sequence[str]) -> list[NamedCycle]:
    """Return the cycles of these numbers of the teams that are shown, by number and team."""
    return await query(
        f"""
        SELECT e.number, t.key AS team_key, e.name, e.starts_at, e.ends_at
        FROM cycles e JOIN teams t ON t.id = e.team_id
        WHERE e.removed_at IS NULL AND e.number::text = ANY (%(numbers)s) AND t.id = ANY (ARRAY({visibility.TEAMS}))
          AND (%(viewer_group_ids)s::integer[] IS NULL OR t.id = ANY (ARRAY({visibility.GROUP_TEAMS})))
        ORDER BY e.number DESC, t.key
        """,
        {**visibility.build_params(scope), "numbers": list(numbers)},
        row=NamedCycle,
    )
