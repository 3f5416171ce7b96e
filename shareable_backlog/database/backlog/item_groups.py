"""Group items: which groups there are, how many items each has, and the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_query, visibility
from shareable_backlog.database.backlog.filters import PRIORITIES
from shareable_backlog.database.backlog.item_query import Choice, Wanted
from shareable_backlog.database.connection.query import query

GroupBy: TypeAlias = Literal["state", "team", "project", "priority", "assignee", "cycle", "label"]


@dataclass(frozen=True, slots=True)
class Group:
    """One group: `value` is what a filter calls it, None the group of those that have nothing there.

    What has the same name in several teams is one group. `type` and `color` are a state's, `color` also a label's.
    """

    value: str | None
    name: str | None
    ids: list[str]
    type: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What is in a group: how many items, at most the limit of counting, and the ids of the first."""

    count: int
    ids: list[str]


_GROUPS: dict[GroupBy, LiteralString] = {
    "state": f"""
        SELECT min(s.name COLLATE "C") AS value, min(s.name COLLATE "C") AS name,
               array_agg(s.id) AS ids, (array_agg(s.type ORDER BY s.position))[1] AS type,
               (array_agg(s.color ORDER BY s.position))[1] AS color
        FROM workflow_states s WHERE s.team_id IN ({visibility.TEAMS}) GROUP BY lower(s.name)
        ORDER BY min(array_position(%(types)s::text[], s.type)), min(s.position), lower(s.name)
    """,
    "team": f"""
        SELECT t.key AS value, t.name, ARRAY[t.id] AS ids, NULL AS type, t.color FROM teams t
        WHERE t.id IN ({visibility.TEAMS}) ORDER BY lower(t.name), t.key
    """,
    "project": """
        SELECT min(p.name COLLATE "C") AS value, min(p.name COLLATE "C") AS name, array_agg(p.id) AS ids,
               NULL AS type, min(p.color) AS color
        FROM projects p WHERE p.removed_at IS NULL GROUP BY lower(p.name) ORDER BY lower(p.name)
    """,
    "assignee": f"""
        SELECT min(a.name COLLATE "C") AS value, min(a.name COLLATE "C") AS name, array_agg(a.id) AS ids,
               NULL AS type, NULL AS color
        FROM people a WHERE {visibility.ASSIGNEES} GROUP BY lower(a.name) ORDER BY lower(a.name)
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
# What an item's groups are called in its row, where it is not one column or may not be shown.
_KEYS: dict[GroupBy, LiteralString] = {
    "label": "CASE WHEN i.label_ids = '{}' THEN ARRAY[''] ELSE i.label_ids END",
    "priority": "ARRAY[i.priority::text]",
    "assignee": f"ARRAY[CASE WHEN {visibility.ASSIGNEES} THEN coalesce(i.assignee_id, '') ELSE '' END]",
}
FEW = 5_000
"""As many are read at once: sooner than the first of 12 groups are found among much else."""
_FEW_OF_ALL = 1_000
_NAMES: tuple[LiteralString, ...] = (
    "group_0", "group_1", "group_2", "group_3", "group_4", "group_5",
    "group_6", "group_7", "group_8", "group_9", "group_10", "group_11",
)  # fmt: skip
MOST_AT_ONCE = len(_NAMES)
_EMPTIABLE = frozenset[GroupBy](("state", "project", "assignee", "cycle", "label"))


async def groups(scope: Scope, by: GroupBy, types: Sequence[str]) -> list[Group]:
    """Return all groups in their order, also those without items; `types` is the order of states' types.

    There is always one more, of what has nothing there, where that is possible.
    """
    if by == "priority":
        return [Group(PRIORITIES[level], None, [], str(level)) for level in (1, 2, 3, 4, 0)]
    found = await query(_GROUPS[by], {**visibility.build_params(scope), "types": list(types)}, row=Group)
    return found + ([Group(None, None, [])] if by in _EMPTIABLE else [])


async def of_first(
    scope: Scope, wanted: Wanted, by: GroupBy, chosen: Sequence[tuple[Group, bool]], first: int
) -> tuple[list[Filled], bool]:
    """Fill groups from the first of the wanted items, and tell whether these are all of them.

    Each group is counted, and has the ids of its `first` if it is open: `chosen` are groups, each with whether it is.
    Where there are more than FEW items, or 1,000 of the whole list, groups may have more than was counted. Nothing is
    known of any group where there are more than 1,000 of a common search.
    """
    choice = (await item_query.chosen(scope, wanted)).keyed(_KEYS.get(by) or f"ARRAY[coalesce({_COLUMNS[by]}, '')]")
    is_common = choice.is_common_search()
    few = _FEW_OF_ALL if is_common or choice.is_whole() else FEW
    rows = choice.some() if is_common else choice.rows()
    members = [(at, id_, is_open) for at, (group, is_open) in enumerate(chosen) for id_ in _members(by, group)]
    found = await query(
        f"""
        SELECT * FROM (
          WITH {choice.found()}, few AS MATERIALIZED ({rows}), grouped AS (
            SELECT DISTINCT m.at, m.is_open, i.* FROM few i CROSS JOIN LATERAL unnest(i.key) k (id)
            JOIN unnest(%(ats)s::integer[], %(members)s::text[], %(open)s::boolean[]) m (at, id, is_open)
            ON m.id = k.id
          )
          SELECT -1, count(*), NULL FROM few
          UNION ALL
          SELECT i.at, count(*), (array_agg(i.id {choice.order.resorting()}) FILTER (WHERE i.is_open))[:%(first)s]
          FROM grouped i GROUP BY i.at
        ) g
        """,
        {
            **choice.params,
            **choice.order.params(None),
            "limit": few + 1,
            "most": few + 1,
            "first": first,
            "ats": [at for at, _, _ in members],
            "members": [id_ for _, id_, _ in members],
            "open": [is_open for _, _, is_open in members],
        },
    )
    filled = {at: Filled(count, ids or []) for at, count, ids in found}
    is_all = filled[-1].count <= few
    if is_common and not is_all:
        filled = {}  # any of them were found, not the first
    return [filled.get(at, Filled(0, [])) for at in range(len(chosen))], is_all


def _members(by: GroupBy, group: Group) -> list[str]:
    """Return the keys of items that are in a group; "" is that of what has nothing there."""
    if by == "priority":
        return [group.type or ""]
    return [""] if group.value is None else group.ids


async def filled(
    scope: Scope,
    wanted: Wanted,
    by: GroupBy,
    chosen: Sequence[tuple[Group, bool]],
    known: Sequence[Filled],
    first: int,
    most: int,
) -> list[Filled]:
    """Count the wanted items of up to 12 groups, up to `most`, and return the ids of the `first` of each open one.

    `chosen` are groups, each with whether it is open. What is `known` of the first items of each is not looked for
    again, be it a count of `most` or `first` ids.
    """
    all_filled = [Filled(min(one.count, most), one.ids) for one in known]
    choice = await item_query.chosen(scope, wanted)
    params: dict[str, object] = {}
    statements: list[LiteralString] = []
    looked_into: list[int] = []
    for at, (name, (group, is_open)) in enumerate(zip(_NAMES, chosen, strict=False)):
        within = _within(choice, by, group, name)
        if known[at].count >= most or within is None:
            continue
        looked_into.append(at)
        wants_ids = is_open and len(known[at].ids) < first
        ids: LiteralString = f"ARRAY(SELECT c.id FROM ({within.rows()}) c)" if wants_ids else "NULL::text[]"
        is_sorted = by != "label" or not group.ids
        statements.append(f"SELECT ({within.count(is_sorted=is_sorted)}), {ids}")
        params |= within.narrowed.params
    if not statements:
        return all_filled
    text: LiteralString = " UNION ALL ".join(statements)
    found = await query(
        f"SELECT * FROM (WITH {choice.found()} {text}) g",
        {**choice.params, **choice.order.params(None), **params, "limit": first, "most": most},
    )
    for at, (count, first_ids) in zip(looked_into, found, strict=True):
        all_filled[at] = Filled(count, known[at].ids if first_ids is None else first_ids)
    return all_filled


def _within(choice: Choice, by: GroupBy, group: Group, name: LiteralString) -> Choice | None:
    """Narrow the choice to one group; None says that what is wanted cannot be in it."""
    left = choice.narrowed.left
    if by == "priority":
        level = int(group.type or 0)
        condition: LiteralString = f"mod(5 - i.priority, 5) = %({name})s"
        is_left = bool(left("i.priority", [level]))
        return choice.narrowed_to(condition, "", name, (5 - level) % 5) if is_left else None
    if by == "label":
        labelled: LiteralString = f"i.label_ids <> '{{}}' AND i.label_ids && %({name})s::text[]"
        return choice.narrowed_to(labelled if group.ids else "i.label_ids = '{}'", "", name, group.ids)
    column = _COLUMNS[by]
    if group.value is None:
        # Who may not see who has it may not see either who has none.
        none: LiteralString = (
            f"({column} IS NULL OR NOT {visibility.ASSIGNEES})" if by == "assignee" else f"{column} IS NULL"
        )
        return choice.narrowed_to(none, "", name, group.ids) if left(column, [None]) else None
    allowed: LiteralString = f" AND {visibility.ASSIGNEES}" if by == "assignee" else ""
    ids = left(column, group.ids)
    return choice.narrowed_to(f"{column} = ANY (%({name})s){allowed}", column, name, ids) if ids else None
