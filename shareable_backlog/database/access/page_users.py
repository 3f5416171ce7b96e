"""Find out by one statement who asks, and all that their pages have around their content."""

from datetime import datetime
from typing import Any, LiteralString

from msgspec import Struct

from shareable_backlog.database.access import user_scopes, users
from shareable_backlog.database.access.users import UserState
from shareable_backlog.database.account import published_views, user_preferences
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.standby.request_version import note_version
from shareable_backlog.database.mirror import freshness


class SignedInUserRow(Struct, frozen=True):
    """A session with its person; the `viewing_…` columns are those of the person whose view is looked at.

    `group_ids` are None for whoever sees everything.

    `waiting` counts the people who wait for an admin, 0 for who is none; `version` is another one after each change
    to the mirror and to what is shared, and whatever is read later is at least as new as it.
    """

    session_id: int
    method: str
    is_proven: bool
    """Whether they signed in within ten minutes; a proxy's people prove themselves to it, which can't be asked."""
    user_id: int
    email: str
    display_name: str | None
    state: UserState
    is_admin: bool
    is_team_member: bool
    """Whether the person in whose view it is works in Linear too."""
    pages_off: list[str]
    """What is switched off for everybody, or for the person in whose view it is."""
    group_ids: list[int] | None
    viewing_as: str | None
    viewing_group_ids: list[int] | None
    approver: str | None
    """Who let the person in whose view it is, for as long as they are an admin."""
    is_due: bool
    """Whether `sessions.touch_session` should note that it is in use."""
    theme: str | None
    density: str | None
    time_zone: str | None
    locale: str | None
    columns: object
    shortcuts: str | None
    views: list[dict[str, Any]]
    """The fields of each `OfferedView`, in their order."""
    start_view_id: int | None
    """The published view with which the backlog opens for who has chosen none: that of a group, or of all."""
    as_of: datetime | None
    failure: str | None
    is_sample: bool
    failure_code: str | None
    waiting: int
    version: str
    settings_mark: str
    """Another one after each change to the settings."""
    seen_until: datetime | None
    """With `seen_ids` the SeenMark of the person whose view it is; None when they were never here."""
    seen_ids: list[str] | None


_START_VIEW: LiteralString = """coalesce((
  SELECT g.start_view_id FROM viewer_group_members m JOIN viewer_groups g ON g.id = m.viewer_group_id
  WHERE m.user_id = coalesce(v.id, u.id) AND g.start_view_id IS NOT NULL ORDER BY g.id LIMIT 1
), (SELECT start_view_id FROM settings))"""
_APPROVER: LiteralString = """(
  SELECT a.email FROM users a WHERE a.id = CASE WHEN v.id IS NULL THEN u.approved_by ELSE v.approved_by END
    AND a.is_admin AND a.is_approved AND NOT a.is_disabled
)"""
_FIND_BY_TOKEN: LiteralString = f"""
SELECT s.id AS session_id, s.method,
  s.method = 'proxy' OR s.created_at > now() - interval '10 minutes' AS is_proven,
  u.id AS user_id, u.email, u.display_name, {users.STATE} AS state, u.is_admin,
  coalesce(v.is_team_member, u.is_team_member) AS is_team_member,
  coalesce(v.pages_off, u.pages_off) || (SELECT pages_off FROM settings) AS pages_off,
  {user_scopes.render_scope("u")} AS group_ids,
  v.email AS viewing_as, {user_scopes.render_scope("v")} AS viewing_group_ids,
  {_APPROVER} AS approver,
  s.last_seen_at < now() - interval '1 minute' OR u.last_access_at IS NULL AS is_due,
  {user_preferences.COLUMNS}, ({published_views.render_offered_views("u.id")}) AS views,
  {_START_VIEW} AS start_view_id,
  {freshness.COLUMNS},
  CASE WHEN u.is_admin THEN ({users.WAITING}) ELSE 0 END AS waiting,
  (SELECT version::text FROM mirror_versions) AS version,
  (SELECT xmin::text FROM settings) AS settings_mark,
  k.seen_until, k.item_ids AS seen_ids
FROM sessions s
JOIN users u ON u.id = s.user_id
LEFT JOIN users v ON v.id = s.viewing_as_user_id AND u.is_admin
LEFT JOIN user_preferences p ON p.user_id = u.id
LEFT JOIN seen_marks k ON k.user_id = coalesce(v.id, u.id)
{freshness.LAST_FAILURE}WHERE s.token_hash = %(token_hash)s AND NOT u.is_disabled
  AND s.last_seen_at > now() - make_interval(hours => %(idle_hours)s)
  AND s.created_at > now() - make_interval(days => %(max_days)s)
"""
"""Each page sends it. The driver keeps what it makes of a statement's text up to 4,096 characters."""


async def find_by_token(token_hash: bytes, idle_hours: int, max_days: int) -> SignedInUserRow | None:
    """Return whose live session a token is; None when there is none, it is too old, or its person was disabled."""
    found = await query(
        _FIND_BY_TOKEN,
        {
            "token_hash": token_hash,
            "idle_hours": idle_hours,
            "max_days": max_days,
            "sample": freshness.SAMPLE_PREFIX,
        },
        row=SignedInUserRow,
    )
    if not found:
        return None
    note_version(found[0].version)
    return found[0]
