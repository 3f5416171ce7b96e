"""State what may be shown, and to whom: the one place that every read of the backlog takes it from.

The fragments stand in statements about `backlog_items i`, with the parameters of `params`. Their lists of ids are
read by the statement itself, once, so that it sees one state of the settings. What an admin chose not to show is
never read out of the database. The tables of rules may be shadowed by a CTE, to try choices before they are saved.
"""

from collections.abc import Mapping
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope

# A team that is not mirrored may be private, so its items stay hidden until it is.
TEAMS: LiteralString = """
  SELECT t.id FROM teams t LEFT JOIN sharing_rules r ON r.kind = 'team' AND r.entity_id = t.id
  WHERE (t.removed_at, t.archived_at, t.retired_at) IS NULL AND coalesce(r.is_shown, NOT t.private)"""
# Of a comment that a delivery brought it is not known yet whether Linear hides it; those of people it doesn't.
COMMENT: LiteralString = (
    "removed_at IS NULL AND archived_at IS NULL AND NOT coalesce(hide_in_linear, user_id IS NULL)"
)
HIDDEN_PROJECTS: LiteralString = "SELECT r.entity_id FROM sharing_rules r WHERE r.kind = 'project' AND NOT r.is_shown"
# Who speaks of a group of labels means the labels in it: no item has the group itself.
_HIDDEN_LABELS: LiteralString = """
  SELECT r.entity_id FROM sharing_rules r WHERE r.kind = 'label' AND NOT r.is_shown UNION ALL
  SELECT l.id FROM labels l JOIN sharing_rules r ON r.entity_id = l.parent_id
  WHERE r.kind = 'label' AND NOT r.is_shown"""
UNLABELLED: LiteralString = (
    'i.label_ids <@ ARRAY(SELECT l.id COLLATE "default" FROM labels l WHERE l.is_offered IS NOT TRUE)'
)
"""Tell whether an item has no label that an admin has let through: nobody reads of any other."""
_OF_GROUPS: LiteralString = "r.viewer_group_id = ANY (%(viewer_group_ids)s::integer[])"
# Several groups may name the same.
_GROUP_RULES: LiteralString = f"SELECT DISTINCT r.kind, r.entity_id FROM viewer_group_rules r WHERE {_OF_GROUPS}"


def _list_entities(rules: LiteralString, kind: LiteralString) -> LiteralString:
    return f"SELECT DISTINCT r.entity_id FROM {rules} r.kind = '{kind}'"


def _list_labels(rules: LiteralString) -> LiteralString:
    return f"""
  {_list_entities(rules, "label")} UNION
  SELECT l.id FROM labels l, {rules} r.kind = 'label' AND r.entity_id = l.parent_id"""


_STORED: LiteralString = f"viewer_group_rules r WHERE {_OF_GROUPS} AND"
GROUP_TEAMS: LiteralString = _list_entities(_STORED, "team")
GROUP_PROJECTS: LiteralString = _list_entities(_STORED, "project")
GROUP_LABELS: LiteralString = _list_labels(_STORED)
_READ: LiteralString = "group_rules r WHERE"


def _share(teams: LiteralString, hidden_projects: LiteralString, hidden_labels: LiteralString) -> LiteralString:
    # With the column's own collation an index of teams might be read whole for it.
    return f"""i.team_id COLLATE "default" = ANY (ARRAY({teams}))
    AND (i.project_id IS NULL OR i.project_id <> ALL (ARRAY({hidden_projects})))
    AND NOT i.label_ids && ARRAY({hidden_labels})"""


def _share_with_group(teams: LiteralString, projects: LiteralString, labels: LiteralString) -> LiteralString:
    return f"""i.team_id = ANY (ARRAY({teams})) OR i.project_id = ANY (ARRAY({projects}))
      OR i.label_ids && ARRAY({labels})"""


SHARED: LiteralString = f"""{_share(TEAMS, HIDDEN_PROJECTS, _HIDDEN_LABELS)}
    AND %(viewer_group_ids)s::integer[] IS DISTINCT FROM '{{}}' AND (
      %(viewer_group_ids)s::integer[] IS NULL OR {_share_with_group(GROUP_TEAMS, GROUP_PROJECTS, GROUP_LABELS)}
    )
"""
"""Tell whether an item is shared, be it still in Linear or gone from there.

That no group sees nothing is said apart, so that no row is read for it.
"""

IN_LINEAR: LiteralString = "i.removed_at IS NULL AND NOT i.trashed"
"""Tell whether an item is still in Linear, shown or not."""

ITEM: LiteralString = f"{IN_LINEAR} AND {SHARED}"
"""Tell whether an item may be shown, be it in a list, by itself, as a parent, or counted."""

RELEASE: LiteralString = """e.removed_at IS NULL AND NOT e.trashed AND NOT EXISTS (
    SELECT FROM release_pipelines b WHERE b.id = e.pipeline_id AND (b.trashed OR b.removed_at IS NOT NULL))"""
"""Tell whether a release `e` still is in Linear; it is shown to whoever is shown an item of it."""
IN_RELEASE: LiteralString = "r.removed_at IS NULL AND r.archived_at IS NULL"
"""Tell whether a row `r` of `item_releases` still holds."""

DESCRIPTIONS: LiteralString = "(SELECT shows_descriptions FROM sharing_settings)"
COMMENTS: LiteralString = "(SELECT shows_comments FROM sharing_settings)"
ASSIGNEES: LiteralString = "(SELECT shows_assignees FROM sharing_settings)"
ESTIMATES: LiteralString = "(SELECT shows_estimates FROM sharing_settings)"
ATTACHMENTS: LiteralString = "(SELECT shows_attachments FROM sharing_settings)"
UPDATES: LiteralString = "(SELECT shows_updates FROM sharing_settings)"


def render_has_items(project: LiteralString) -> LiteralString:
    """Return the condition that an item of the project whose id this is may be shown, archived or not."""
    # What is archived has an index of its own; and a join might read all items there are.
    return f"""coalesce((SELECT TRUE FROM (
      SELECT * FROM backlog_items WHERE project_id = {project} AND archived_at IS NULL
      UNION ALL SELECT * FROM backlog_items WHERE project_id = {project} AND archived_at IS NOT NULL
    ) i WHERE {ITEM} LIMIT 1), FALSE)"""


PROJECT: LiteralString = f"p.removed_at IS NULL AND NOT p.trashed AND {render_has_items('p.id')}"
"""Tell whether the project `p` may be shown by itself, as it is to whoever is shown an item of it."""


DEEPEST: LiteralString = "20"
"""How far below an initiative others are looked for: Linear nests up to five, and a long circle takes too long."""


def render_initiative(condition: LiteralString = "TRUE") -> LiteralString:
    """Return the condition that the initiative `n` may be shown: as a project `p` of or below it, of `condition`."""
    return f"""n.removed_at IS NULL AND NOT n.trashed AND coalesce((
      WITH RECURSIVE below (id, depth) AS (
        SELECT n.id, 0 UNION
        SELECT c.id, b.depth + 1 FROM initiatives c JOIN below b ON b.id = c.parent_initiative_id
        WHERE b.depth < {DEEPEST} AND c.removed_at IS NULL AND NOT c.trashed
      )
      SELECT TRUE FROM below b
      JOIN initiative_projects o ON o.initiative_id = b.id AND o.removed_at IS NULL AND o.archived_at IS NULL
      JOIN projects p ON p.id = o.project_id WHERE {PROJECT} AND {condition} LIMIT 1), FALSE)"""


def render_names_hidden(text: LiteralString) -> LiteralString:
    """Return the condition that a text that Linear made names a project, initiative, team or label that is not shown.

    It is one already where the name is a part of another word: better too little is read than too much.
    """

    def name(column: LiteralString) -> LiteralString:
        return f"{column} <> '' AND strpos(d.text, lower(replace({column}, '\\', ''))) > 0"

    return f"""EXISTS (
      SELECT FROM (SELECT lower(replace({text}, '\\', '')) AS text) d
      WHERE EXISTS (SELECT FROM projects p WHERE {name("p.name")} AND NOT ({PROJECT}))
         OR EXISTS (SELECT FROM initiatives n WHERE {name("n.name")} AND NOT ({render_initiative()}))
         OR EXISTS (SELECT FROM teams e WHERE {name("e.name")} AND NOT (e.id IN ({TEAMS})
              AND (%(viewer_group_ids)s::integer[] IS NULL OR e.id IN ({GROUP_TEAMS}))))
         OR EXISTS (SELECT FROM labels e WHERE {name("e.name")}
              AND (e.is_offered IS NOT TRUE OR e.id IN ({_HIDDEN_LABELS}))))"""


def build_params(scope: Scope) -> Mapping[str, object]:
    """Return the parameters of the fragments."""
    return {"viewer_group_ids": scope.group_ids}


def render_shown(scope: Scope) -> LiteralString:
    """Return the CTEs of a statement that reads items in several ways; `shown` are those that may be shown.

    The planner puts its conditions wherever it is read, and so finds the indexes of the items. The others are lists
    of ids, each read once: `shown_teams`, and for viewer groups `group_teams` and `group_projects`.
    """
    tables: LiteralString = f"""shown_teams AS MATERIALIZED ({TEAMS}),
hidden_projects AS MATERIALIZED ({HIDDEN_PROJECTS}),
hidden_labels AS MATERIALIZED ({_HIDDEN_LABELS}),"""
    condition: LiteralString = f"""{IN_LINEAR}
    AND {_share("TABLE shown_teams", "TABLE hidden_projects", "TABLE hidden_labels")}"""
    if scope.viewer_group_ids is not None:
        tables = f"""{tables}
group_rules AS MATERIALIZED ({_GROUP_RULES}),
group_teams (id) AS MATERIALIZED ({_list_entities(_READ, "team")}),
group_projects (id) AS MATERIALIZED ({_list_entities(_READ, "project")}),
group_labels (id) AS MATERIALIZED ({_list_labels(_READ)}),"""
        condition = f"""{condition}
    AND ({_share_with_group("TABLE group_teams", "TABLE group_projects", "TABLE group_labels")})"""
    if scope.is_nothing:
        condition = "false"
    return f"""{tables}
shown AS NOT MATERIALIZED (
  SELECT i.* FROM backlog_items i WHERE {condition})"""
