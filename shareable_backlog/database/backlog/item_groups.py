"""Group items: which groups there are, how many items each has, and the first of them."""

from collections.abc import Mapping, Sequence
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.counts.item_totals import POINTS, ItemTotal
from shareable_backlog.database.backlog.item_names import STATES
from shareable_backlog.database.backlog.selection.item_predicates import (
    COLUMNS,
    IdPredicate,
    SqlPredicate,
    list_allowed,
    place_priority,
)
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Pick, Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query, query_all
from shareable_backlog.vocabulary import GROUPS, PRIORITIES, GroupBy


class Group(Struct, frozen=True):
    """One group: `value` is what a filter calls it, None the group of those that have nothing there.

    What has the same name in several teams is one group. `type` and `color` are a state's, `color` also a label's.
    A state `is_advanced` when its team has another of its type before it.
    """

    value: str | None
    name: str | None
    ids: list[str]
    type: str | None = None
    color: str | None = None
    is_advanced: bool = False


class GroupContent(Struct, frozen=True):
    """What is in a group: how many items, at most the limit of counting, the ids of the first, and the sum of points.

    The points are None without any estimate, and where not all items were looked at.
    """

    count: int
    ids: list[str]
    points: float | None = None


class FirstContents(Struct, frozen=True):
    """What the first items are in, group by group; `is_all` when there are no others.

    Then no group has more than `most`.
    """

    groups: Sequence[GroupContent]
    is_all: bool
    most: int


_GROUPS: dict[GroupBy, LiteralString] = {
    "state": f"""
        SELECT min(s.name COLLATE "C") AS value, min(s.name COLLATE "C") AS name,
               array_agg(s.id) AS ids, (array_agg(s.type ORDER BY s.position))[1] AS type,
               (array_agg(s.color ORDER BY s.position))[1] AS color,
               (array_agg(a.is_advanced ORDER BY s.position))[1] AS is_advanced
        FROM workflow_states s JOIN {STATES} a USING (id)
        WHERE s.team_id IN ({visibility.TEAMS}) GROUP BY lower(s.name)
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
        FROM labels l WHERE l.removed_at IS NULL AND l.is_offered AND NOT l.is_group
        GROUP BY lower(l.name) ORDER BY lower(l.name)
    """,
}
KEYS: Mapping[GroupBy, LiteralString] = {
    "state": "ARRAY[coalesce(i.state_id, '')]",
    "team": "ARRAY[coalesce(i.team_id, '')]",
    "project": "ARRAY[coalesce(i.project_id, '')]",
    "cycle": "ARRAY[coalesce(i.cycle_id, '')]",
    "assignee": f"ARRAY[CASE WHEN {visibility.ASSIGNEES} THEN coalesce(i.assignee_id, '') ELSE '' END]",
    "priority": "ARRAY[i.priority::text]",
    "label": f"CASE WHEN {visibility.UNLABELLED} THEN ARRAY[''] ELSE i.label_ids END",
}
"""What the groups of an item `i` are called in its row."""
FEW = 5_000
"""As many are read at once: sooner than the first of 12 groups are found among much else."""
_FEW_OF_ALL = 1_000
_FEW_BY_LABEL = 2_000
_FEW_OF_RARE = 100_000
MOST_AT_ONCE = 12
_SEARCHED_TOGETHER = 3


async def list_groups(scope: Scope, by: GroupBy, types: Sequence[str]) -> list[Group]:
    """Return all groups in their order, also those without items; `types` is the order of states' types.

    There is always one more, of what has nothing there, where that is possible.
    """
    if by == "priority":
        return [Group(list(PRIORITIES)[level], None, [], str(level)) for level in (1, 2, 3, 4, 0)]
    found = await query(_GROUPS[by], {**visibility.build_params(scope), "types": list(types)}, row=Group)
    return found + ([Group(None, None, [])] if GROUPS[by] else [])


class _Count(Struct, frozen=True):
    """A row of counts: those of the group at a place, or those of all groups at None."""

    at: int | None
    count: int
    ids: list[str] | None
    points: float | None


async def fill_from_first(
    selection: Selection,
    by: GroupBy,
    groups: Sequence[tuple[Group, bool]],
    first: int,
    total: ItemTotal | None = None,
) -> FirstContents:
    """Fill groups from the first items of a selection.

    Each group is counted, and has the ids of its `first` if it is open: `groups` stand with whether they are. Where
    there are more items than are read, groups may have more than was counted. Nothing is known of any group where
    that is so for a common search, but by label outside of viewer groups: labels are spread over all items, and the
    first of one with the words take long to find. Where the `total` is known and exact, all are read.
    """
    reads_any = selection.is_common_search and (total is None or selection.in_group or by != "label")
    if reads_any and total and not total.is_exact:
        return FirstContents([GroupContent(0, []) for _ in groups], is_all=False, most=total.most)
    few = max(_choose_batch_size(selection, reads_any=reads_any), total.count if total and total.is_exact else 0)
    pick: Pick = "some" if reads_any else "first"
    rows = Rows(selection=selection, limit="%(limit)s", pick=pick, columns=f"{KEYS[by]} AS key, {POINTS}")
    members = [(at, key, is_open) for at, (group, is_open) in enumerate(groups) for key in list_keys(by, group)]
    sort = selection.order.render_final_sort("i")
    found = await query(
        f"""SELECT * FROM (
{render_tables(selection)},
few AS MATERIALIZED ({render_rows(rows)}),
grouped AS (
  SELECT DISTINCT m.at, m.is_open, i.* FROM few i CROSS JOIN LATERAL unnest(i.key) k (id)
  JOIN unnest(%(ats)s::integer[], %(keys)s::text[], %(open)s::boolean[]) m (at, id, is_open) ON m.id = k.id
)
SELECT NULL::integer AS at, count(*), NULL::text[] AS ids, NULL::float8 AS points FROM few
UNION ALL
SELECT i.at, count(*), (array_agg(i.id {sort}) FILTER (WHERE i.is_open))[:%(first)s], sum(i.points)
FROM grouped i GROUP BY i.at
) g""",
        {
            **selection.params,
            "limit": few + 1,
            "first": first,
            "ats": [at for at, _, _ in members],
            "keys": [key for _, key, _ in members],
            "open": [is_open for _, _, is_open in members],
        },
        row=_Count,
        plan_anew=True,
        on_standby=True,
    )
    is_all = any(one.at is None and one.count <= few for one in found)
    contents = {one.at: GroupContent(one.count, one.ids or [], one.points if is_all else None) for one in found}
    if reads_any and not is_all:
        contents = {}  # any of them were found, not the first
    return FirstContents([contents.get(at, GroupContent(0, [])) for at in range(len(groups))], is_all, few)


def _choose_batch_size(selection: Selection, *, reads_any: bool) -> int:
    if selection.has_rare_words:
        return _FEW_OF_RARE  # which have all been looked up by then
    if selection.is_common_search and not reads_any:
        return _FEW_BY_LABEL
    return _FEW_OF_ALL if reads_any or selection.is_whole else FEW


def list_keys(by: GroupBy, group: Group) -> list[str]:
    """Return the keys of items that are in a group; "" is that of what has nothing there."""
    if by == "priority":
        return [group.type or ""]
    return [""] if group.value is None else group.ids


async def fill_groups(
    selection: Selection,
    by: GroupBy,
    groups: Sequence[tuple[Group, bool]],
    known: Sequence[GroupContent],
    *,
    first: int,
    most: int,
) -> list[GroupContent]:
    """Count the items of groups up to `most`, and find the ids of the `first` of each that is open.

    `groups` stand with whether they are. What is `known` of the first items of each is not looked for again, be it a
    count of `most` or `first` ids.
    """
    contents = [GroupContent(min(one.count, most), one.ids) for one in known]
    looked_into: list[int] = []
    statements: list[tuple[LiteralString, Mapping[str, object]]] = []
    for at, (group, is_open) in enumerate(groups):
        narrowed = narrow_to_group(selection, by, group)
        if narrowed is None or known[at].count >= most:
            continue
        text = render_group(narrowed, by_labels=by == "label" and bool(group.ids))
        looked_into.append(at)
        wanted = first if is_open and len(known[at].ids) < first else 0
        statements.append((text, {**narrowed.params, "first": wanted, "most": most}))
    # What is asked for together has the time of one: with cold caches a common word takes long in each group.
    together = _SEARCHED_TOGETHER if selection.is_common_search else MOST_AT_ONCE
    for begin in range(0, len(statements), together):
        part = slice(begin, begin + together)
        answers = await query_all(statements[part], row=GroupContent, plan_anew=True, on_standby=True)
        for at, [found] in zip(looked_into[part], answers, strict=True):
            points = found.points if found.count < most else None
            contents[at] = GroupContent(found.count, found.ids or known[at].ids, points)
    return contents


def render_group(selection: Selection, *, by_labels: bool) -> LiteralString:
    """Return the statement that counts the items of a group, which is one `by_labels` or not, and finds the first."""
    # The items of a label may be far apart in an index of the whole list, and some of them are not worth that.
    counted = Rows(selection=selection, limit="%(most)s", pick="apart" if by_labels else "some", columns=POINTS)
    first = Rows(selection=selection, limit="%(first)s")
    return f"""SELECT * FROM (
{render_tables(selection)}
SELECT c.count, ARRAY(SELECT i.id FROM ({render_rows(first)}) i) AS ids, c.points
FROM (SELECT count(*) AS count, sum(i.points) AS points FROM ({render_rows(counted)}) i) c
) g"""


def narrow_to_group(
    selection: Selection, by: GroupBy, group: Group, parameter: LiteralString = "group_is"
) -> Selection | None:
    """Return the selection of the items that are in a group; None where what is wanted cannot be in it.

    `parameter` is the name of the one that holds its ids, another for each of two groups.
    """
    if by == "label":
        labelled: LiteralString = f"i.label_ids <> '{{}}' AND i.label_ids && %({parameter})s::text[]"
        text = labelled if group.ids else visibility.UNLABELLED
        return selection.narrow(SqlPredicate(sql=text, params={parameter: group.ids}))
    column = COLUMNS[by]
    ids = [place_priority(int(group.type or 0))] if by == "priority" else group.ids
    allowed = list_allowed(selection.predicates, column, ids or [None])
    if not allowed:
        return None
    if not ids and column.setting:
        # Who may not see who has it may not see either who has none.
        return selection.narrow(SqlPredicate(sql=f"({column.sql} IS NULL OR NOT {column.setting})"))
    left = [one for one in allowed if one is not None]
    return selection.narrow(IdPredicate(column=column, parameter=parameter, ids=left, with_none=not ids))
