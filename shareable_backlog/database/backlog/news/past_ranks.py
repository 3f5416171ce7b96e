"""Number what was open on a day: the places that items had then among all that somebody may see now.

Only what changed since, and the first items of today, can have been among the first then; so no more is read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_moves import MOST_CHANGES
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.mirror.freshness import NOT_ADOPTED
from shareable_backlog.database.mirror.mirror import SAMPLE_PREFIX
from shareable_backlog.database.settings import RankOrder
from shareable_backlog.vocabulary import DONE_TYPES

_SINCE: LiteralString = "%(since)s::timestamptz"
_DONE_STATES: LiteralString = "SELECT s.id FROM workflow_states s WHERE s.type = ANY (%(done_types)s)"
# An index alone tells of a day since which so much was done that nobody compares places with it.
_IS_FAR: LiteralString = f"""(
      SELECT count(*) FROM (
        SELECT FROM backlog_items i
        WHERE i.completed_at >= {_SINCE} AND i.removed_at IS NULL AND NOT i.trashed LIMIT %(most_changes)s + 1
      ) i) > %(most_changes)s"""
# The first change of each field since, by item: what it left behind is what there was then. Of states only those
# count in which nothing is left to do.
_CHANGES: LiteralString = """
    SELECT entity_id, bool_or(field = 'state') AS has_state,
           max(from_value) FILTER (WHERE field = 'state') AS state_id,
           bool_or(field = 'priority') AS has_priority,
           max(from_value) FILTER (WHERE field = 'priority') AS priority,
           bool_or(field = %(place)s) AS has_place, max(from_value) FILTER (WHERE field = %(place)s) AS place
    FROM (
      SELECT DISTINCT ON (entity_id, field) entity_id, field, from_value FROM noted
      ORDER BY entity_id, field, changed_at, id
    ) c GROUP BY entity_id
"""
_NOTED: LiteralString = f"""
      SELECT * FROM field_changes
      WHERE (field = ANY (ARRAY['priority', %(place)s]) OR (field = 'state' AND (
          from_value = ANY (ARRAY({_DONE_STATES})) OR to_value = ANY (ARRAY({_DONE_STATES}))))
        ) AND changed_at >= {_SINCE} AND NOT (SELECT is_far FROM day) LIMIT %(most_changes)s + 1
"""
_CANDIDATES: LiteralString = f"""
    SELECT DISTINCT id FROM (SELECT unnest(%(ranked_ids)s::text[]) AS id UNION ALL SELECT entity_id FROM changes
    UNION ALL SELECT id FROM backlog_items WHERE completed_at >= {_SINCE} AND removed_at IS NULL AND NOT trashed
    UNION ALL SELECT id FROM backlog_items WHERE canceled_at >= {_SINCE} AND removed_at IS NULL AND NOT trashed
    UNION ALL SELECT id FROM backlog_items WHERE archived_at >= {_SINCE}
    UNION ALL SELECT id FROM backlog_items WHERE removed_at >= {_SINCE} AND archived_at IS NULL
    UNION ALL SELECT id FROM backlog_items
    WHERE trashed AND updated_at >= {_SINCE} AND archived_at IS NULL AND removed_at IS NULL
    LIMIT %(most_changes)s + 1) n WHERE NOT (SELECT is_far FROM day)
"""
_WAS_OPEN: LiteralString = f"""
    i.created_at < {_SINCE} AND coalesce(i.archived_at, 'infinity') >= {_SINCE}
    AND coalesce(i.removed_at, 'infinity') >= {_SINCE} AND (NOT i.trashed OR i.updated_at >= {_SINCE})
    AND coalesce(i.completed_at, 'infinity') >= {_SINCE} AND coalesce(i.canceled_at, 'infinity') >= {_SINCE}
    AND (CASE WHEN c.has_state THEN c.state_id ELSE i.state_id END = ANY (ARRAY({_DONE_STATES}))) IS NOT TRUE
"""
_LEVEL: LiteralString = """CASE WHEN %(is_manual)s THEN 0 ELSE
      mod(5 - CASE WHEN c.has_priority THEN c.priority::integer ELSE i.priority END, 5) END"""
_PLACE: LiteralString = """coalesce(
      -CASE WHEN c.has_place THEN c.place::float8 WHEN %(is_manual)s THEN i.sort_order ELSE i.priority_sort_order END,
      extract(EPOCH FROM i.created_at - TIMESTAMPTZ '2000-01-01 00:00:00Z') - 1e12)::float8"""
# What stands behind the last of today's first ones may have had others before it, which are not read.
_IN_FRONT: LiteralString = """
    NOT %(is_cut)s OR (t.level, t.place, t.id) >= (
      SELECT CASE WHEN %(is_manual)s THEN 0 ELSE i.rank_level END,
             CASE WHEN %(is_manual)s THEN i.manual_place ELSE i.rank_place END, i.id
      FROM backlog_items i WHERE i.id = (%(ranked_ids)s::text[])[cardinality(%(ranked_ids)s::text[])])
"""


async def read_known_since() -> datetime | None:
    """Return when the first run that is kept had filled the mirror, which knows what moved from then on.

    An import, as the sample's is, counts only where Linear was never read: what it brought is not what is there now.
    None where none ran, and of the sample, whose past is made up with it.
    """
    found = await query(
        f"""
        SELECT completed_at FROM sync_history
        WHERE status IN ('succeeded', 'partial') AND completed_at IS NOT NULL AND {NOT_ADOPTED}
          AND NOT EXISTS (SELECT FROM teams WHERE starts_with(id, %(sample)s))
        ORDER BY trigger_type = 'import', started_at, id LIMIT 1
        """,
        {"sample": SAMPLE_PREFIX},
    )
    return found[0][0] if found else None


async def list_past_ranks(
    scope: Scope, since: datetime, ranked_ids: Sequence[str], rank_order: RankOrder, most: int
) -> list[str]:
    """Return the ids of up to `most` items that were open when the day `since` began, in the order of rank then.

    `ranked_ids` are the first `most` of today, in their order. What is gone since is among those then, if it would be
    shown. None is known where more than 10,000 moved, were done or went: nobody compares places then.
    """
    is_manual = rank_order == "manual"
    [(ids,)] = await query(
        f"""
        WITH day AS MATERIALIZED (SELECT {_IS_FAR} AS is_far),
        noted AS MATERIALIZED ({_NOTED}), changes AS MATERIALIZED ({_CHANGES}),
        candidates AS MATERIALIZED ({_CANDIDATES}), then_open AS (
          SELECT i.id, {_LEVEL} AS level, {_PLACE} AS place
          -- Each item is looked up by itself: a join might read all items there are.
          FROM candidates n CROSS JOIN LATERAL (SELECT * FROM backlog_items WHERE id = n.id LIMIT 1) i
          LEFT JOIN changes c ON c.entity_id = i.id
          WHERE {_WAS_OPEN} AND {visibility.SHARED}
        )
        SELECT CASE WHEN NOT (SELECT is_far FROM day) AND (SELECT count(*) FROM noted) <= %(most_changes)s
          AND (SELECT count(*) FROM candidates) <= %(most_changes)s
        THEN ARRAY(
          SELECT t.id FROM then_open t WHERE {_IN_FRONT} ORDER BY t.level DESC, t.place DESC, t.id DESC LIMIT %(most)s
        ) ELSE '{{}}' END
        """,
        {
            **visibility.build_params(scope),
            "since": since,
            "ranked_ids": list(ranked_ids),
            "place": "sort_order" if is_manual else "priority_sort_order",
            "is_manual": is_manual,
            "is_cut": len(ranked_ids) >= most,
            "done_types": list(DONE_TYPES),
            "most": most,
            "most_changes": MOST_CHANGES,
        },
    )
    return ids
