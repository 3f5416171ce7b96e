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
    WHERE t.removed_at IS NULL AND t.archived_at IS NULL AND coalesce(r.is_shown, NOT t.private)
"""
_HIDDEN_PROJECTS: LiteralString = "SELECT entity_id FROM sharing_rules WHERE kind = 'project' AND NOT is_shown"
# Who speaks of a group of labels means the labels in it: no item has the group itself.
_HIDDEN_LABELS: LiteralString = """
    SELECT r.entity_id FROM sharing_rules r WHERE r.kind = 'label' AND NOT r.is_shown
    UNION ALL
    SELECT l.id FROM sharing_rules r JOIN labels l ON l.parent_id = r.entity_id
    WHERE r.kind = 'label' AND NOT r.is_shown
"""
_OF_GROUP: LiteralString = "FROM viewer_group_rules r WHERE r.viewer_group_id = %(viewer_group_id)s"
GROUP_TEAMS: LiteralString = f"SELECT r.entity_id {_OF_GROUP} AND r.kind = 'team'"
GROUP_PROJECTS: LiteralString = f"SELECT r.entity_id {_OF_GROUP} AND r.kind = 'project'"
GROUP_LABELS: LiteralString = f"""
    SELECT r.entity_id {_OF_GROUP} AND r.kind = 'label'
    UNION ALL
    SELECT l.id FROM labels l WHERE l.parent_id IN (SELECT r.entity_id {_OF_GROUP} AND r.kind = 'label')
"""

# With the column's own collation an index of teams might be read whole for it.
_TO_SOMEBODY: LiteralString = f"""
    i.team_id COLLATE "default" = ANY (ARRAY({TEAMS}))
    AND (i.project_id IS NULL OR i.project_id <> ALL (ARRAY({_HIDDEN_PROJECTS})))
    AND NOT i.label_ids && ARRAY({_HIDDEN_LABELS})
"""
SHARED: LiteralString = f"""
    {_TO_SOMEBODY}
    AND (
      %(viewer_group_id)s::integer IS NULL
      OR i.team_id = ANY (ARRAY({GROUP_TEAMS}))
      OR i.project_id = ANY (ARRAY({GROUP_PROJECTS}))
      OR i.label_ids && ARRAY({GROUP_LABELS})
    )
"""
"""Tell whether an item is shared, be it still in Linear or gone from there."""

ITEM: LiteralString = f"i.removed_at IS NULL AND NOT i.trashed AND {SHARED}"
"""Tell whether an item may be shown, be it in a list, by itself, as a parent, or counted."""

DESCRIPTIONS: LiteralString = "(SELECT shows_descriptions FROM sharing_settings)"
COMMENTS: LiteralString = "(SELECT shows_comments FROM sharing_settings)"
ASSIGNEES: LiteralString = "(SELECT shows_assignees FROM sharing_settings)"
ESTIMATES: LiteralString = "(SELECT shows_estimates FROM sharing_settings)"
ATTACHMENTS: LiteralString = "(SELECT shows_attachments FROM sharing_settings)"


def build_params(scope: Scope) -> Mapping[str, object]:
    """Return the parameters of the fragments."""
    return {"viewer_group_id": scope.viewer_group_id}
