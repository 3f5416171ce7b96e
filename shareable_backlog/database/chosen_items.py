"""Choose the rows of a page of the list, straight from an index, before they get their names.

A statement chooses from several indexes when that is what bounds the work: the newest of each state, of each team,
of each rule of a viewer's group, merged. So a few items among many are found as fast as all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from shareable_backlog.database import shown
from shareable_backlog.database.query import query
from shareable_backlog.database.sharing import Scope

NEWEST_FIRST: LiteralString = "ORDER BY i.updated_at DESC, i.id DESC"
_ROWS: LiteralString = """
    SELECT i.id, i.identifier, i.title, i.priority, i.due_date, i.updated_at,
           i.state_id, i.assignee_id, i.project_id, i.label_ids
    FROM backlog_items i
"""
# Of two teams with one key the other has gone.
_TEAM: LiteralString = """
    (SELECT id FROM teams WHERE key = %(team_key)s AND removed_at IS NULL AND archived_at IS NULL LIMIT 1)
"""
_WITHIN: LiteralString = f"""
    {shown.ITEM} AND i.archived_at IS NULL
    AND (%(after_at)s::timestamptz IS NULL OR (i.updated_at, i.id) < (%(after_at)s, %(after_id)s::text))
"""
_PAGE: LiteralString = f"{_WITHIN} {NEWEST_FIRST} LIMIT %(limit)s"
_ENDING: LiteralString = f"AND (%(team_key)s::text IS NULL OR i.team_id = {_TEAM}) AND {_PAGE}"

_IN_STATE: LiteralString = """
    (%(state_type)s::text IS NULL
     OR i.state_id = ANY (ARRAY(SELECT id FROM workflow_states WHERE type = %(state_type)s)))
"""
# All stand by time in one index, in which few among many hidden ones would be far apart: those go team by team.
_ALL: LiteralString = f"{_ROWS} WHERE true {_ENDING}"
_OF_TEAMS: LiteralString = f"""
    SELECT i.* FROM ({shown.TEAMS}) s
    CROSS JOIN LATERAL ({_ROWS} WHERE i.team_id = s.id {_ENDING}) i
    {NEWEST_FIRST} LIMIT %(limit)s
"""
# A state belongs to one team, so its items need not be asked for theirs.
_OF_STATES: LiteralString = f"""
    SELECT i.* FROM workflow_states s
    CROSS JOIN LATERAL ({_ROWS} WHERE i.state_id = s.id AND {_PAGE}) i
    WHERE s.type = %(state_type)s AND (%(team_key)s::text IS NULL OR s.team_id = {_TEAM})
"""
_OF_TYPE: LiteralString = f"{_OF_STATES} AND s.team_id IN ({shown.TEAMS}) {NEWEST_FIRST} LIMIT %(limit)s"
# Constant for the planner, which so knows how rare the words are. A query that ends in a group takes no mark.
_WORDS: LiteralString = "websearch_to_tsquery('simple', %(text)s)"
_QUERY: LiteralString = f"""
    (CASE WHEN %(is_open)s AND {_WORDS}::text LIKE '%%'''
          THEN ({_WORDS}::text || ':*')::tsquery ELSE {_WORDS} END)
"""


@dataclass(frozen=True, slots=True)
class _Hints:
    """Hold what makes one way of choosing better than another; what may be chosen is for the statement to say."""

    is_any_team_hidden: bool
    shows_descriptions: bool
    has_teams: bool
    has_projects: bool
    label_ids: list[str]


async def statement(
    scope: Scope, *, state_type: str | None, text: str | None, identifier: str | None
) -> tuple[LiteralString, Mapping[str, object]]:
    """Give the statement that chooses up to `limit` rows of these filters, and its parameters but the filters."""
    [hints] = await query(
        f"""
        SELECT EXISTS (SELECT FROM teams WHERE id NOT IN ({shown.TEAMS})) AS is_any_team_hidden,
               {shown.DESCRIPTIONS} AS shows_descriptions, EXISTS ({shown.GROUP_TEAMS}) AS has_teams,
               EXISTS ({shown.GROUP_PROJECTS}) AS has_projects, ARRAY({shown.GROUP_LABELS}) AS label_ids
        """,
        shown.params(scope),
        row=_Hints,
    )
    params = {**shown.params(scope), "group_label_ids": hints.label_ids}
    if scope.viewer_group_id is not None:
        by_state = state_type is not None and text is None
        searched: LiteralString = f"{_found(hints, identifier)} AND {_IN_STATE}" if text is not None else _IN_STATE
        return _of_group(hints, searched, by_state=by_state), params
    if text is not None:
        return f"{_ROWS} WHERE {_found(hints, identifier)} AND {_IN_STATE} {_ENDING}", params
    if state_type is not None:
        return _OF_TYPE, params
    return _OF_TEAMS if hints.is_any_team_hidden else _ALL, params


def _found(hints: _Hints, identifier: str | None) -> LiteralString:
    """Give the condition of a search; where descriptions are searched, they must be shown also when it runs."""
    words: LiteralString = "words" if hints.shows_descriptions else "title_words"
    allowed: LiteralString = shown.DESCRIPTIONS if hints.shows_descriptions else "true"
    if identifier is None:
        return f"""
            EXISTS (SELECT 1 FROM search_entries e WHERE e.item_id = i.id AND e.{words} @@ {_QUERY}) AND {allowed}
        """
    # What may be an identifier is so rare as a word that its items can be found first, whatever else they are.
    return f"""
        i.id = ANY (ARRAY(
          SELECT item_id FROM search_entries WHERE {words} @@ {_QUERY}
          UNION ALL SELECT id FROM backlog_items WHERE identifier = %(identifier)s
          UNION ALL SELECT id FROM backlog_items
          WHERE previous_identifiers <> '{{}}' AND previous_identifiers @> ARRAY[%(identifier)s]
        )) AND {allowed}
    """


def _of_group(hints: _Hints, condition: LiteralString, *, by_state: bool) -> LiteralString:
    """Give the newest that meet `condition` of each team and project of the group, and of its labels, merged."""
    sources: list[LiteralString] = []
    if hints.has_teams and by_state:
        sources.append(f"{_OF_STATES} AND s.team_id IN ({shown.GROUP_TEAMS})")
    elif hints.has_teams:
        sources.append(f"""
            SELECT i.* FROM ({shown.GROUP_TEAMS}) r
            CROSS JOIN LATERAL ({_ROWS} WHERE i.team_id = r.entity_id AND {condition} {_ENDING}) i
        """)
    if hints.has_projects:
        sources.append(f"""
            SELECT i.* FROM ({shown.GROUP_PROJECTS}) r
            CROSS JOIN LATERAL ({_ROWS} WHERE i.project_id = r.entity_id AND {condition} {_ENDING}) i
        """)
    if hints.label_ids:
        # Constant for the planner, which so knows whether it is faster to find the labels or to go by time.
        sources.append(f"""
            ({_ROWS} WHERE i.label_ids <> '{{}}' AND i.label_ids && %(group_label_ids)s::text[]
               AND {condition} {_ENDING})
        """)
    merged: LiteralString = " UNION ALL ".join(sources) or f"{_ROWS} WHERE false"
    return f"SELECT DISTINCT ON (i.updated_at, i.id) i.* FROM ({merged}) i {NEWEST_FIRST} LIMIT %(limit)s"
