"""Tell what of an agenda that was kept may be shown now."""

from collections.abc import Sequence
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class ShownNow(Struct, frozen=True, kw_only=True):
    """What may be shown to a scope now, by ids: items, and states and projects to be named.

    `ranked_ids` may be gone from Linear: they had their place all the same. Of `hidden_project_ids` nothing is told
    to anybody, while a group of viewers may learn that an item came from a project that it can't name. Of
    `listed_project_ids`, which stand by themselves, some item may be shown, be it archived.
    """

    item_ids: list[str]
    ranked_ids: list[str]
    state_ids: list[str]
    project_ids: list[str]
    hidden_project_ids: list[str]
    listed_project_ids: list[str]
    estimates: bool


_SHOWN_NOW: LiteralString = f"""
    SELECT ARRAY(
      SELECT i.id FROM backlog_items i WHERE i.id = ANY (%(item_ids)s::text[]) AND {visibility.ITEM}
    ) AS item_ids, ARRAY(
      SELECT i.id FROM backlog_items i WHERE i.id = ANY (%(ranked_ids)s::text[]) AND {visibility.SHARED}
    ) AS ranked_ids, ARRAY(
      SELECT s.id FROM workflow_states s WHERE s.id = ANY (%(state_ids)s::text[]) AND (
        s.team_id IS NULL OR s.team_id = ANY (ARRAY({visibility.TEAMS}))
        AND (%(viewer_group_ids)s::integer[] IS NULL OR s.team_id = ANY (ARRAY({visibility.GROUP_TEAMS})))
      )
      UNION SELECT i.state_id FROM backlog_items i
      WHERE i.id = ANY (%(item_ids)s::text[]) AND i.state_id = ANY (%(state_ids)s::text[]) AND {visibility.ITEM}
    ) AS state_ids, ARRAY(
      SELECT p.id FROM projects p WHERE p.id = ANY (%(project_ids)s::text[])
        AND p.id <> ALL (ARRAY({visibility.HIDDEN_PROJECTS}))
        AND (%(viewer_group_ids)s::integer[] IS NULL OR p.id = ANY (ARRAY({visibility.GROUP_PROJECTS})))
      UNION SELECT i.project_id FROM backlog_items i
      WHERE i.id = ANY (%(item_ids)s::text[]) AND i.project_id = ANY (%(project_ids)s::text[])
        AND {visibility.ITEM}
    ) AS project_ids, ARRAY(
      SELECT h.entity_id FROM ({visibility.HIDDEN_PROJECTS}) h WHERE h.entity_id = ANY (%(project_ids)s::text[])
    ) AS hidden_project_ids, ARRAY(
      SELECT p.id FROM projects p
      WHERE p.id = ANY (%(listed_project_ids)s::text[]) AND p.removed_at IS NULL AND NOT p.trashed
        AND p.id <> ALL (ARRAY({visibility.HIDDEN_PROJECTS}))
        AND (SELECT TRUE FROM backlog_items i WHERE i.project_id = p.id AND {visibility.ITEM} LIMIT 1)
    ) AS listed_project_ids, {visibility.ESTIMATES} AS estimates
"""


async def read_shown_now(
    scope: Scope,
    *,
    item_ids: Sequence[str],
    ranked_ids: Sequence[str],
    state_ids: Sequence[str],
    project_ids: Sequence[str],
    listed_project_ids: Sequence[str] = (),
) -> ShownNow:
    """Return which of these may be shown to a scope now, in no order.

    A state is named of a team that is shown, a project that is not hidden; to a group of viewers, of what it sees.
    """
    [found] = await query(
        _SHOWN_NOW,
        {
            **visibility.build_params(scope),
            "item_ids": list(item_ids),
            "ranked_ids": list(ranked_ids),
            "state_ids": list(state_ids),
            "project_ids": list(project_ids),
            "listed_project_ids": list(listed_project_ids),
        },
        row=ShownNow,
    )
    return found
