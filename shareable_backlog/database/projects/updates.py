"""Read what teams wrote about the progress of projects and initiatives, the latest first."""

import heapq
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query_all
from shareable_backlog.database.projects.initiatives import HAS_INITIATIVE_NAMESAKE
from shareable_backlog.database.projects.project_names import HAS_NAMESAKE, choose_word

PlanKind: TypeAlias = Literal["project", "initiative"]

_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)


class UpdatesQuery(Struct, frozen=True, kw_only=True):
    """Which updates are wanted: those of one project or initiative, health or team (by key); None is any.

    `ids` are those of updates, None any. They were written since `since`, and have the `words` of a tsquery.
    """

    project_id: str | None = None
    initiative_id: str | None = None
    health: str | None = None
    team_key: str | None = None
    ids: tuple[str, ...] | None = None
    since: datetime = _FIRST_DAY
    words: str | None = None


class ShownUpdate(Struct, frozen=True, kw_only=True):
    """An update of a project or initiative, whose id, slug and name these are; `health` is what it was then.

    `diff` is markdown that says what changed since the update before: None for none, where somebody hid it in Linear,
    where it names what is not shown, and where people are not, as it may name them. So is `author` then.
    """

    id: str
    kind: PlanKind
    plan_id: str
    slug_id: str | None
    name: str
    has_namesake: bool
    health: str | None
    author: str | None
    body: str
    diff: str | None
    url: str | None
    created_at: datetime
    edited_at: datetime | None

    @property
    def word(self) -> str:
        """Return the word by which the address of its project's page names that."""
        return choose_word(self.name, self.slug_id or self.plan_id, has_namesake=self.has_namesake)


_OF_TEAM: LiteralString = f"""(%(team_key)s::text IS NULL OR (
  SELECT TRUE FROM backlog_items i WHERE i.project_id = p.id AND i.archived_at IS NULL AND {visibility.ITEM}
    AND i.team_id = ANY (ARRAY(SELECT t.id FROM teams t WHERE t.key = %(team_key)s)) LIMIT 1))"""
_WANTED: LiteralString = """u.removed_at IS NULL AND u.archived_at IS NULL
  AND (u.created_at, u.id) < (%(after_at)s::timestamptz, %(after_id)s) AND u.created_at >= %(since)s
  AND (%(health)s::text IS NULL OR u.health = %(health)s)
  AND (%(ids)s::text[] IS NULL OR u.id = ANY (%(ids)s::text[]))
  AND (%(words)s::text IS NULL OR EXISTS (
    SELECT FROM update_entries e WHERE e.update_id = u.id AND e.words @@ %(words)s::tsquery))"""
_TOLD: LiteralString = f"""u.health, CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS author, u.body,
  CASE WHEN {visibility.ASSIGNEES} AND NOT u.is_diff_hidden
    AND NOT {visibility.render_names_hidden("u.diff_markdown")} THEN nullif(u.diff_markdown, '') END AS diff,
  u.url, u.created_at, u.edited_at"""
# From the latest on each is looked at by itself until there are enough: to find out which of all projects are shown
# would take a look at the items of each.
_PROJECT_UPDATES: LiteralString = f"""
SELECT u.id, 'project' AS kind, p.id AS plan_id, p.slug_id, p.name, {HAS_NAMESAKE} AS has_namesake, {_TOLD}
FROM (
  SELECT u.id FROM project_updates u CROSS JOIN LATERAL (
    SELECT FROM projects p WHERE p.id = u.project_id AND {visibility.PROJECT} AND {_OF_TEAM} LIMIT 1
  ) p
  WHERE {_WANTED} AND {visibility.UPDATES} AND (%(project_id)s::text IS NULL OR u.project_id = %(project_id)s)
  ORDER BY u.created_at DESC, u.id DESC LIMIT %(limit)s
) w JOIN project_updates u ON u.id = w.id JOIN projects p ON p.id = u.project_id
LEFT JOIN people a ON a.id = u.user_id
ORDER BY u.created_at DESC, u.id DESC"""
_INITIATIVE_UPDATES: LiteralString = f"""
SELECT u.id, 'initiative' AS kind, n.id AS plan_id, n.slug_id, n.name,
  {HAS_INITIATIVE_NAMESAKE} AS has_namesake, {_TOLD}
FROM (
  SELECT u.id FROM initiative_updates u CROSS JOIN LATERAL (
    SELECT FROM initiatives n WHERE n.id = u.initiative_id AND {visibility.render_initiative(_OF_TEAM)} LIMIT 1
  ) n
  WHERE {_WANTED} AND {visibility.UPDATES}
    AND (%(initiative_id)s::text IS NULL OR u.initiative_id = %(initiative_id)s)
  ORDER BY u.created_at DESC, u.id DESC LIMIT %(limit)s
) w JOIN initiative_updates u ON u.id = w.id JOIN initiatives n ON n.id = u.initiative_id
LEFT JOIN people a ON a.id = u.user_id
ORDER BY u.created_at DESC, u.id DESC"""


async def list_updates(
    scope: Scope, wanted: UpdatesQuery, after: tuple[datetime, str] | None, limit: int
) -> list[ShownUpdate]:
    """Return up to `limit` updates, the latest first; `after` is (`created_at`, `id`) of the last one before."""
    params = _build_params(scope, wanted, after, limit)
    statements: list[LiteralString] = [
        *([_PROJECT_UPDATES] if wanted.initiative_id is None else []),
        *([_INITIATIVE_UPDATES] if wanted.project_id is None else []),
    ]
    found = await query_all([(one, params) for one in statements], row=ShownUpdate)
    return list(islice(heapq.merge(*found, key=lambda one: (one.created_at, one.id), reverse=True), limit))


def _build_params(
    scope: Scope, wanted: UpdatesQuery, after: tuple[datetime, str] | None, limit: int
) -> Mapping[str, object]:
    after_at, after_id = after or ("infinity", "")
    return {
        **visibility.build_params(scope),
        "project_id": wanted.project_id,
        "initiative_id": wanted.initiative_id,
        "health": wanted.health,
        "team_key": wanted.team_key,
        "ids": None if wanted.ids is None else list(wanted.ids),
        "since": wanted.since,
        "words": wanted.words,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
