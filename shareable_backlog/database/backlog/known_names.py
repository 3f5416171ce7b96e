"""Find out which words are names in the mirror, and which of those may be told."""

from collections.abc import Sequence
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access import sharing_settings
from shareable_backlog.database.access.sharing import Scope, SharingChoice
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

NameKind: TypeAlias = Literal["team", "project", "milestone", "state", "label", "release", "person", "cycle"]

_NAMES: LiteralString = """
    SELECT 'team' AS kind, id, key AS name, id AS team_id, NULL AS project_id FROM teams
    UNION ALL SELECT 'team', id, name, id, NULL FROM teams
    UNION ALL SELECT 'project', id, name, NULL, id FROM projects
    UNION ALL SELECT 'milestone', id, name, NULL, project_id FROM project_milestones
    UNION ALL SELECT 'state', id, name, team_id, NULL FROM workflow_states
    UNION ALL SELECT 'label', id, name, team_id, NULL FROM labels
    UNION ALL SELECT 'release', id, name, NULL, NULL FROM releases
    UNION ALL SELECT 'release', id, version, NULL, NULL FROM releases
    UNION ALL SELECT 'person', id, name, NULL, NULL FROM people
    UNION ALL SELECT 'person', id, display_name, NULL, NULL FROM people
    UNION ALL SELECT 'cycle', id, name, team_id, NULL FROM cycles
"""


class KnownName(Struct, frozen=True):
    """A name in small letters that something of this kind has; `is_shown` when any of those may be seen."""

    kind: NameKind
    name: str
    is_shown: bool
    written: str
    """The name as it is written in Linear."""


def _is_used(items: LiteralString) -> LiteralString:
    # Each condition finds its items by an index of theirs.
    return f"""CASE e.kind
      WHEN 'team' THEN EXISTS (SELECT FROM {items} AND i.team_id = e.id)
      WHEN 'project' THEN EXISTS (SELECT FROM {items} AND i.project_id = e.id)
      WHEN 'milestone' THEN EXISTS (SELECT FROM {items} AND i.project_milestone_id = e.id)
      WHEN 'cycle' THEN EXISTS (SELECT FROM {items} AND i.cycle_id = e.id)
      WHEN 'state' THEN EXISTS (SELECT FROM {items} AND i.state_id = e.id)
      WHEN 'label' THEN EXISTS (
        SELECT FROM {items} AND i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[e.id COLLATE "default"])
      WHEN 'release' THEN EXISTS (
        SELECT FROM {items} AND i.id IN (
          SELECT r.issue_id FROM item_releases r WHERE r.release_id = e.id AND {visibility.IN_RELEASE}))
      ELSE EXISTS (SELECT FROM {items} AND i.assignee_id = e.id)
        OR EXISTS (SELECT FROM {items} AND i.creator_id = e.id)
    END"""


# What no item has yet is hidden by a rule or with its team, and otherwise shown to who sees everything.
_UNUSED: LiteralString = f"""NOT {_is_used(f"backlog_items i WHERE {visibility.IN_LINEAR}")}
        AND (e.team_id IS NULL OR e.team_id IN (TABLE shown_teams))"""


async def list_known_names(
    scope: Scope, words: Sequence[str], choices: Sequence[SharingChoice] = (), *, shows_assignees: bool | None = None
) -> list[KnownName]:
    """Return those of `words`, in small letters, that are names in the mirror.

    `choices` and `shows_assignees` are tried as if they were saved.
    """
    is_unused_shown: LiteralString = _UNUSED if scope.viewer_group_ids is None else "false"
    return await query(
        f"""
        WITH {sharing_settings.TRIED_RULES}, {visibility.render_shown(scope)},
        named AS (SELECT * FROM ({_NAMES}) n WHERE lower(name) = ANY (%(words)s::text[]))
        SELECT kind, lower(name) AS name, bool_or(
          (kind <> 'person' OR coalesce(%(shows_assignees)s, {visibility.ASSIGNEES}))
          AND id <> ALL (ARRAY(TABLE hidden_labels))
          AND (kind <> 'label' OR id IN (SELECT id FROM labels WHERE is_offered))
          AND (kind <> 'release' OR id IN (SELECT e.id FROM releases e WHERE {visibility.RELEASE}))
          AND coalesce(project_id, '') <> ALL (ARRAY(TABLE hidden_projects))
          AND ({_is_used("shown i WHERE true")} OR {is_unused_shown})
        ) AS is_shown, min(name COLLATE "C") AS written
        FROM named e GROUP BY 1, 2
        """,
        {
            **visibility.build_params(scope),
            "choices": sharing_settings.encode_choices(choices),
            "shows_assignees": shows_assignees,
            "words": list(words),
        },
        row=KnownName,
    )
