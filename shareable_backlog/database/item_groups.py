"""Group items: which groups there are, how many items each has, and the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias

from shareable_backlog.database import chosen_items, shown
from shareable_backlog.database.chosen_items import Choice, Wanted
from shareable_backlog.database.filters import PRIORITIES
from shareable_backlog.database.query import query
from shareable_backlog.database.sharing import Scope

GroupBy: TypeAlias = Literal["state", "team", "project", "priority", "assignee", "cycle", "label"]


@dataclass(frozen=True, slots=True)
class Group:
    """Hold one group: `value` is what a filter calls it, None the group of those that have nothing there.

    What has the same name in several teams is one group. `type` and `color` are a state's, `color` also a label's.
    """

    value: str | None
    name: str | None
    ids: list[str]
    type: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """Hold what is in a group: how many items, at most the limit of counting, and the ids of the first."""

    count: int
    ids: list[str]


_GROUPS: dict[GroupBy, LiteralString] = {
    "state": f"""
        SELECT min(s.name COLLATE "C") AS value, min(s.name COLLATE "C") AS name,
               array_agg(s.id) AS ids, (array_agg(s.type ORDER BY s.position))[1] AS type,
               (array_agg(s.color ORDER BY s.position))[1] AS color
        FROM workflow_states s WHERE s.team_id IN ({shown.TEAMS}) GROUP BY lower(s.name)
        ORDER BY min(array_position(%(types)s::text[], s.type)), min(s.position), lower(s.name)
    """,
    "team": f"""
        SELECT t.key AS value, t.name, ARRAY[t.id] AS ids, NULL AS type, t.color FROM teams t
        WHERE t.id IN ({shown.TEAMS}) ORDER BY lower(t.name), t.key
    """,
    "project": """
        SELECT min(p.name COLLATE "C") AS value, min(p.name COLLATE "C") AS name, array_agg(p.id) AS ids,
               NULL AS type, min(p.color) AS color
        FROM projects p WHERE p.removed_at IS NULL GROUP BY lower(p.name) ORDER BY lower(p.name)
    """,
    "assignee": f"""
        SELECT min(a.name COLLATE "C") AS value, min(a.name COLLATE "C") AS name, array_agg(a.id) AS ids,
               NULL AS type, NULL AS color
        FROM people a WHERE {shown.ASSIGNEES} GROUP BY lower(a.name) ORDER BY lower(a.name)
    """,
    "cycle": """
        SELECT y.number::text AS value, y.number::text AS name, array_agg(y.id) AS ids, NULL AS type, NULL AS color
        FROM cycles y WHERE y.removed_at IS NULL GROUP BY y.number ORDER BY y.number DESC
    """,
    "label": """
        SELECT min(l.name COLLATE "C") AS value, min(l.name COLLATE "C") AS name, array_agg(l.id) AS ids,
               NULL AS type, min(l.color) AS color
        FROM labels l WHERE l.removed_at IS NULL AND NOT l.is_group GROUP BY lower(l.name) ORDER BY lower(l.name)
    """,
}
_COLUMNS: dict[GroupBy, LiteralString] = {
    "state": "i.state_id",
    "team": "i.team_id",
    "project": "i.project_id",
    "assignee": "i.assignee_id",
    "cycle": "i.cycle_id",
}
_NAMES: tuple[LiteralString, ...] = (
    "group_0", "group_1", "group_2", "group_3", "group_4", "group_5",
    "group_6", "group_7", "group_8", "group_9", "group_10", "group_11",
)  # fmt: skip
MOST_AT_ONCE = len(_NAMES)
_EMPTIABLE = frozenset[GroupBy](("state", "project", "assignee", "cycle", "label"))


async def groups(scope: Scope, by: GroupBy, types: Sequence[str]) -> list[Group]:
    """Give all groups in their order, also those without items; `types` is the order of states' types.

    There is always one more, of what has nothing there, where that is possible.
    """
    if by == "priority":
        return [Group(PRIORITIES[level], None, [], str(level)) for level in (1, 2, 3, 4, 0)]
    found = await query(_GROUPS[by], {**shown.params(scope), "types": list(types)}, row=Group)
    return found + ([Group(None, None, [])] if by in _EMPTIABLE else [])


async def of_few(scope: Scope, wanted: Wanted, by: GroupBy, most: int) -> set[str | None] | None:
    """Give the ids by which the wanted items are grouped, None among them if one has nothing there.

    None when there are `most` items or more: then the groups are better looked through one by one.
    """
    choice = await chosen_items.chosen(scope, wanted)
    key: LiteralString = _COLUMNS.get(by) or "unnest(CASE WHEN i.label_ids = '{}' THEN '{NULL}' ELSE i.label_ids END)"
    [(count, keys)] = await query(
        f"""
        WITH few AS MATERIALIZED ({choice.some()})
        SELECT (SELECT count(*) FROM few), ARRAY(SELECT DISTINCT {key} FROM few JOIN backlog_items i USING (id))
        """,
        {**choice.params, **choice.order.params(None), "most": most},
    )
    return set(keys) if count < most else None


async def filled(
    scope: Scope, wanted: Wanted, by: GroupBy, chosen: Sequence[tuple[Group, bool]], first: int, most: int
) -> list[Filled]:
    """Count the wanted items of up to 12 groups, up to `most`, and give the ids of the `first` of each that is open.

    `chosen` are groups, each with whether it is open.
    """
    choice = await chosen_items.chosen(scope, wanted)
    params: dict[str, object] = {}
    statements: list[LiteralString] = []
    for name, (group, is_open) in zip(_NAMES, chosen, strict=False):
        within = _within(choice, by, group, name)
        ids: LiteralString = f"ARRAY(SELECT c.id FROM ({within.rows()}) c)" if is_open else "ARRAY[]::text[]"
        statements.append(f"SELECT ({within.count()}), {ids}")
        params |= within.narrowed.params
    text: LiteralString = " UNION ALL ".join(statements)
    found = await query(text, {**choice.params, **choice.order.params(None), **params, "limit": first, "most": most})
    return [Filled(count, ids) for count, ids in found]


def _within(choice: Choice, by: GroupBy, group: Group, name: LiteralString) -> Choice:
    """Narrow the choice to one group."""
    if by == "priority":
        condition: LiteralString = f"mod(5 - i.priority, 5) = %({name})s"
        return choice.narrowed_to(condition, "", name, (5 - int(group.type or 0)) % 5)
    if by == "label":
        labelled: LiteralString = f"i.label_ids <> '{{}}' AND i.label_ids && %({name})s::text[]"
        return choice.narrowed_to(labelled if group.ids else "i.label_ids = '{}'", "", name, group.ids)
    column = _COLUMNS[by]
    if group.value is None and by == "assignee":
        # Who may not see who has it may not see either who has none.
        return choice.narrowed_to(f"({column} IS NULL OR NOT {shown.ASSIGNEES})", "", name, group.ids)
    if group.value is None:
        return choice.narrowed_to(f"{column} IS NULL", "", name, group.ids)
    allowed: LiteralString = f" AND {shown.ASSIGNEES}" if by == "assignee" else ""
    return choice.narrowed_to(f"{column} = ANY (%({name})s){allowed}", column, name, group.ids)
