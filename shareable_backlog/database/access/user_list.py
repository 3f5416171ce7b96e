"""List the people who may sign in: who waits, and everybody, the last seen first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access import user_scopes
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.access.unverified_emails import read_claimed_email
from shareable_backlog.database.access.users import STATE, UserState
from shareable_backlog.database.connection.query import query


class ListedUser(Struct, frozen=True):
    """What a list says of a person; `last_access_at` is None for one who was never here."""

    id: int
    email: str
    display_name: str | None
    state: UserState
    is_admin: bool
    is_team_member: bool
    sees_everything: bool
    groups: list[str]
    access_note: str | None
    access_until: datetime | None
    created_at: datetime
    approved_at: datetime | None
    last_access_at: datetime | None
    seen_at: datetime
    """Where the person stands in the order: `last_access_at`, or 1970."""

    @property
    def claimed_email(self) -> str | None:
        """What the person says their address is, though nobody vouches for it; None for a proven address."""
        return read_claimed_email(self.email)


class UserFilters(Struct, frozen=True):
    """Narrow the list; None leaves a filter out. `text` is a part of the mail address or the name.

    `scope` finds who sees everything, who sees nothing, or who is in one of its groups.
    """

    text: str | None = None
    state: str | None = None
    never_seen: bool = False
    scope: Scope | None = None


_LISTED: LiteralString = f"""
    SELECT u.id, u.email, u.display_name, {STATE} AS state, u.is_admin, u.is_team_member,
           u.is_admin OR u.sees_everything AS sees_everything, {user_scopes.render_group_names("u")} AS groups,
           u.access_note, u.access_until, u.created_at, u.approved_at, u.last_access_at,
           coalesce(u.last_access_at, 'epoch') AS seen_at
    FROM users u
"""


async def list_waiting(limit: int) -> list[ListedUser]:
    """Return up to `limit` people who wait for an admin, the longest waiting first."""
    return await query(
        f"{_LISTED} WHERE NOT u.is_approved AND NOT u.is_disabled ORDER BY u.created_at, u.id LIMIT %(limit)s",
        {"limit": limit},
        row=ListedUser,
    )


async def list_users(filters: UserFilters, after: tuple[datetime, int] | None, limit: int) -> list[ListedUser]:
    """Return up to `limit` people, the last seen first; `after` is (`seen_at`, `id`) of the last one before."""
    return await query(
        f"""
        {_LISTED}
        WHERE (%(text)s::text IS NULL OR strpos(lower(u.email), lower(%(text)s)) > 0
               OR strpos(lower(u.display_name), lower(%(text)s)) > 0)
          AND (%(state)s::text IS NULL OR {STATE} = %(state)s)
          AND (NOT %(never_seen)s OR u.last_access_at IS NULL)
          AND (NOT %(by_scope)s OR CASE
                 WHEN u.is_admin OR u.sees_everything THEN %(group_ids)s::integer[] IS NULL
                 WHEN %(group_ids)s::integer[] = '{{}}' THEN {user_scopes.render_group_ids("u")} = '{{}}'
                 ELSE coalesce({user_scopes.render_group_ids("u")} && %(group_ids)s::integer[], false)
               END)
          AND (%(after_at)s::timestamptz IS NULL
               OR (coalesce(u.last_access_at, 'epoch'), u.id) < (%(after_at)s, %(after_id)s::integer))
        ORDER BY coalesce(u.last_access_at, 'epoch') DESC, u.id DESC LIMIT %(limit)s
        """,
        {
            "text": filters.text,
            "state": filters.state,
            "never_seen": filters.never_seen,
            "by_scope": filters.scope is not None,
            "group_ids": filters.scope and filters.scope.group_ids,
            "after_at": after and after[0],
            "after_id": after and after[1],
            "limit": limit,
        },
        row=ListedUser,
    )


async def list_by_skeleton(skeletons: Collection[str]) -> list[tuple[int, str, str]]:
    """Return id, address and skeleton of everybody whose address looks like one of these, the first added first.

    The skeletons of ASCII addresses alone are known here: `services/access/lookalikes.py` has all of it.
    """
    found = await query(
        """
        SELECT id, email, skeleton FROM users
        CROSS JOIN LATERAL (
          SELECT replace(replace(translate(lower(email), '01|', 'oll'), 'rn', 'm'), 'vv', 'w') AS skeleton
        ) AS seen
        WHERE skeleton = ANY(%(skeletons)s) ORDER BY id
        """,
        {"skeletons": list(skeletons)},
    )
    return [(id_, email, skeleton) for id_, email, skeleton in found]


async def read_emails(ids: Sequence[str]) -> dict[str, str]:
    """Return the addresses of those people that there are, by their ids as texts."""
    return dict(await query("SELECT id::text, email FROM users WHERE id::text = ANY (%(ids)s)", {"ids": list(ids)}))
