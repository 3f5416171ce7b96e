"""Read one item of the backlog whole; what may be shown is stated in `database/backlog/visibility.py`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import vocabulary
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.counts.item_totals import SHOWN_ESTIMATE
from shareable_backlog.database.backlog.item_names import IS_ADVANCED
from shareable_backlog.database.backlog.news import item_changes
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.projects.project_names import MAY_HAVE_NAMESAKE, choose_word, has_namesake


class ItemDetails(Struct, frozen=True):
    """One item with the names of all that it refers to; a reference to what isn't mirrored is None."""

    id: str
    identifier: str
    title: str
    description: str | None
    url: str | None
    priority: int
    estimate: float | None
    issue_estimation_type: str | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None
    is_open: bool
    parent_id: str | None
    team_key: str | None
    team: str | None
    state_name: str | None
    state_type: str | None
    state_color: str | None
    state_is_advanced: bool
    assignee: str | None
    creator: str | None
    creator_is_person: bool
    """Whether the creator is one of Linear's people, and neither from outside nor a bot."""
    project: str | None
    milestone: str | None
    cycle_number: int | None
    cycle_name: str | None
    cycle_starts_at: datetime | None
    cycle_ends_at: datetime | None
    has_cycle_page: bool
    """Whether its cycle is one of its own team's."""
    labels: list[tuple[str, str | None]]
    releases: list[tuple[str, str | None]]
    """The names and versions of the releases that it is in."""
    shows_description: bool
    """Whether a description of None means that there is none, and not that descriptions are not shown."""
    shows_people: bool
    """The same for the assignee and the creator."""
    shows_comments: bool
    """Whether comments are shown, should there be any."""
    has_comments: bool
    """Whether comments are worth asking for: else there are none, shown or not. The next ones tell the same."""
    has_relations: bool
    has_sub_items: bool
    has_attachments: bool
    has_state_changes: bool
    has_item_changes: bool
    project_id: str | None = None
    """That of a project which has a page."""
    project_slug_id: str | None = None
    project_has_namesake: bool = False

    @property
    def size(self) -> str | None:
        """Return the estimate of a team that estimates in sizes of T-shirts."""
        return vocabulary.find_size(self.estimate, self.issue_estimation_type)

    @property
    def project_word(self) -> str | None:
        """Return the word by which the address of its project's page names that; None for one without a page."""
        if self.project is None or self.project_id is None:
            return None
        own_word = self.project_slug_id or self.project_id
        return choose_word(self.project, own_word, has_namesake=self.project_has_namesake)


_LABELS: LiteralString = """to_json(ARRAY(
  SELECT json_build_array(name, color) FROM unnest(i.label_ids) u (id) JOIN labels USING (id)
  WHERE removed_at IS NULL AND is_offered ORDER BY lower(name)
))"""
_AROUND: LiteralString = f"""
               EXISTS (SELECT FROM comments w WHERE w.issue_id = i.id) AS has_comments,
               EXISTS (SELECT FROM item_relations r WHERE r.issue_id = i.id)
                 OR EXISTS (SELECT FROM item_relations r WHERE r.related_issue_id = i.id) AS has_relations,
               EXISTS (SELECT FROM backlog_items b WHERE b.parent_id = i.id) AS has_sub_items,
               EXISTS (SELECT FROM attachments h WHERE h.issue_id = i.id) AS has_attachments,
               EXISTS (SELECT FROM field_changes h WHERE h.entity_id = i.id AND h.field = 'state')
                 AS has_state_changes,
               EXISTS (SELECT FROM field_changes h WHERE h.entity_id = i.id AND h.field IN {item_changes.FIELDS})
                 AS has_item_changes"""
_RELEASES: LiteralString = f"""(
  SELECT coalesce(jsonb_agg(jsonb_build_array(e.name, e.version) ORDER BY e.completed_at, e.id), '[]')
  FROM item_releases r JOIN releases e ON e.id = r.release_id
  WHERE r.issue_id = i.id AND {visibility.IN_RELEASE} AND {visibility.RELEASE}
)"""


async def find_item(scope: Scope, identifier: str) -> ItemDetails | None:
    """Return the item that has `identifier` now; None when there is none to show."""
    found = await query(
        f"""
        SELECT i.id, i.identifier, i.title, i.url, i.priority, i.due_date,
               i.created_at, i.updated_at, i.started_at, i.completed_at, i.canceled_at, i.archived_at, i.parent_id,
               i.completed_at IS NULL AND i.canceled_at IS NULL AS is_open,
               CASE WHEN {visibility.DESCRIPTIONS} THEN i.description END AS description,
               CASE WHEN {visibility.ASSIGNEES}
                 THEN coalesce(c.name, i.external_user_creator_name, i.bot_actor_name) END AS creator,
               c.name IS NOT NULL AS creator_is_person,
               CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS assignee,
               {SHOWN_ESTIMATE} AS estimate, t.issue_estimation_type,
               {visibility.DESCRIPTIONS} AS shows_description, {visibility.ASSIGNEES} AS shows_people,
               {visibility.COMMENTS} AS shows_comments,
               t.key AS team_key, t.name AS team, p.name AS project,
               CASE WHEN p.removed_at IS NULL AND NOT p.trashed THEN p.id END AS project_id,
               p.slug_id AS project_slug_id, {MAY_HAVE_NAMESAKE} AS project_has_namesake, m.name AS milestone,
               y.number AS cycle_number, y.name AS cycle_name,
               y.starts_at AS cycle_starts_at, y.ends_at AS cycle_ends_at,
               ((y.removed_at IS NULL AND y.team_id = t.id AND y.ends_at > y.starts_at)
                 IS TRUE) AS has_cycle_page,
               s.name AS state_name, s.type AS state_type, s.color AS state_color,
               {IS_ADVANCED} AS state_is_advanced,
               {_LABELS} AS labels, {_RELEASES} AS releases, {_AROUND}
        FROM backlog_items i
        LEFT JOIN workflow_states s ON s.id = i.state_id
        LEFT JOIN teams t ON t.id = i.team_id
        LEFT JOIN people a ON a.id = i.assignee_id
        LEFT JOIN people c ON c.id = i.creator_id
        LEFT JOIN projects p ON p.id = i.project_id
        LEFT JOIN project_milestones m ON m.id = i.project_milestone_id
        LEFT JOIN cycles y ON y.id = i.cycle_id
        WHERE i.identifier = %(identifier)s AND {visibility.ITEM}
        ORDER BY i.updated_at DESC LIMIT 1
        """,
        {**visibility.build_params(scope), "identifier": identifier},
        row=ItemDetails,
    )
    if not found:
        return None
    [item] = found
    # Whether that other project is shown is worth a look of its own, as there is hardly ever one.
    if item.project_has_namesake and item.project_id:
        return replace(item, project_has_namesake=await has_namesake(scope, item.project_id))
    return item


async def find_current_identifier(scope: Scope, previous: str) -> str | None:
    """Return the identifier that an item has now which once had `previous`; None when there is none to show."""
    found = await query(
        "SELECT i.identifier FROM backlog_items i WHERE i.previous_identifiers <> '{}'"
        " AND i.previous_identifiers @> ARRAY[%(previous)s]::text[] AND "
        + visibility.ITEM
        + " ORDER BY i.updated_at DESC LIMIT 1",
        {**visibility.build_params(scope), "previous": previous},
    )
    return found[0][0] if found else None


async def list_titles(scope: Scope, identifiers: Sequence[str]) -> dict[str, str]:
    """Return the titles of those of these identifiers that may be shown."""
    found = await query(
        f"SELECT i.identifier, i.title FROM backlog_items i"
        f" WHERE i.identifier = ANY (%(identifiers)s::text[]) AND {visibility.ITEM}",
        {**visibility.build_params(scope), "identifiers": list(identifiers)},
    )
    return dict(found)


async def list_descriptions(scope: Scope, ids: Sequence[str], most_chars: int) -> dict[str, str]:
    """Return by id the first `most_chars` characters of the descriptions that these items have and may be shown."""
    found = await query(
        f"""
        SELECT i.id, left(i.description, %(most_chars)s) FROM backlog_items i
        WHERE i.id = ANY (%(ids)s::text[]) AND i.description <> '' AND {visibility.DESCRIPTIONS} AND {visibility.ITEM}
        """,
        {**visibility.build_params(scope), "ids": list(ids), "most_chars": most_chars},
    )
    return dict(found)
