"""Find out who asks by their session, and all that their pages have around their content, at once."""

from contextlib import suppress

from msgspec import Struct

from shareable_backlog.database.access import page_users, sessions
from shareable_backlog.database.access.page_users import SignedInUserRow
from shareable_backlog.database.access.sharing import build_scope
from shareable_backlog.database.account.user_preferences import StoredPreferences
from shareable_backlog.database.mirror.freshness import MirrorAge
from shareable_backlog.errors import DatabaseReadOnly
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits, hash_token
from shareable_backlog.services.account import preferences, views
from shareable_backlog.services.account.preferences import Preferences
from shareable_backlog.services.account.views import OfferedViews
from shareable_backlog.services.backlog import unseen
from shareable_backlog.services.backlog.unseen import SeenMark
from shareable_backlog.services.mirror import freshness
from shareable_backlog.services.mirror.freshness import Freshness


class PageUser(Struct, frozen=True):
    """A visitor who came by a session, with what they chose, the views they may open and how old the mirror is.

    `waiting` counts the people who wait for an admin, 0 for who is none; `version` is another one after each change
    to the mirror and to what is shared, and whatever is read later is at least as new as it. `unseen` are the items
    that they have not seen.
    """

    user: CurrentUser
    preferences: Preferences
    views: OfferedViews
    mirror: Freshness
    waiting: int
    version: str
    settings_mark: str
    unseen: tuple[str, ...]
    approver: str | None
    """Whom to ask for more: the admin who let in the person whose view it is; None when they are none any more."""
    start_view_id: int | None = None
    """The published view to begin with for who has chosen none."""


async def find_page_user(token: str, limits: SessionLimits) -> PageUser | None:
    """Return whose session the token is, and note that it is in use; None when there is no live one."""
    found = await page_users.find_by_token(hash_token(token), limits.idle_hours, limits.max_days)
    if found is None:
        return None
    if found.is_due:
        with suppress(DatabaseReadOnly):  # who only reads is let in all the same
            await sessions.touch_session(found.session_id)
    scope = build_scope(found.viewing_group_ids if found.viewing_as else found.group_ids)
    visitor = CurrentUser(
        found.user_id,
        found.email,
        found.display_name,
        found.state,
        found.is_admin and found.state == "active",
        found.method,
        found.session_id,
        scope,
        found.viewing_as,
        is_proven=found.is_proven,
        is_team_member=found.is_team_member,
        pages_off=frozenset(found.pages_off),
    )
    stored = StoredPreferences(
        found.theme, found.density, found.time_zone, found.locale, found.columns, found.shortcuts
    )
    return PageUser(
        visitor,
        preferences.parse_preferences(stored),
        await views.parse_offered(found.views, scope, found.version),
        freshness.judge_age(MirrorAge(found.as_of, found.failure, found.is_sample, found.failure_code)),
        found.waiting if visitor.is_admin else 0,
        found.version,
        found.settings_mark,
        await _find_unseen(found, visitor),
        found.approver,
        found.start_view_id,
    )


async def _find_unseen(found: SignedInUserRow, visitor: CurrentUser) -> tuple[str, ...]:
    """Return what the person has not seen, or whose view they look at; who is here first has seen what there is."""
    if visitor.state != "active":
        return ()
    if found.seen_until is not None:
        mark = SeenMark(found.seen_until, found.seen_ids or ())
        return await unseen.find_unseen(visitor.scope, found.version, mark)
    if visitor.viewing_as is None:
        with suppress(DatabaseReadOnly):  # who only reads has seen nothing less
            await unseen.begin_mark(found.user_id, visitor.scope, found.version, found.as_of)
    return ()
