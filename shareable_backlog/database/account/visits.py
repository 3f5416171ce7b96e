"""Keep when somebody last looked at what changed, in their preferences, beside whatever else stands there.

A visit is `{"at": …, "mirrored": …}`, in seconds since 1970: when it was, and how much of Linear was mirrored then.
"""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.mirror.freshness import NOT_ADOPTED

_NOW: LiteralString = f"""
    jsonb_build_object(
      'at', extract(epoch FROM %(at)s::timestamptz),
      'mirrored', extract(epoch FROM least(
        %(at)s::timestamptz,
        (SELECT max(started_at) FROM sync_history WHERE status IN ('succeeded', 'partial') AND {NOT_ADOPTED})
      ))
    )
"""
# Whoever wrote it: what stands there need be neither an object nor a time.
_OBJECT: LiteralString = "CASE jsonb_typeof(p.preferences) WHEN 'object' THEN p.preferences ELSE '{}' END"


def _render_time(path: LiteralString) -> LiteralString:
    """Return the time at a path of the preferences `p`; null when there is none, or one that is far ahead.

    A little ahead it may be: a request that began later has overtaken this one, or another process's clock is fast.
    """
    return f"""
        CASE WHEN jsonb_typeof(p.preferences #> '{path}') = 'number'
          AND (p.preferences #>> '{path}')::numeric
            BETWEEN 0 AND extract(epoch FROM %(at)s::timestamptz) + %(pause_s)s
        THEN to_timestamp((p.preferences #>> '{path}')::float8) END
    """


_BEFORE: LiteralString = (
    f"{_render_time('{visits,before,at}')} AS at, {_render_time('{visits,before,mirrored}')} AS mirrored"
)


class Visit(Struct, frozen=True):
    """When somebody looked, and up to when the mirror held what had happened; None if that is not known."""

    at: datetime | None
    mirrored: datetime | None


async def record_visit(user_id: int, at: datetime, pause_s: int) -> Visit:
    """Note that somebody looks at `at`, and return the visit before this one, which has no time if there was none.

    It is the same visit as long as there are no more than `pause_s` between two looks.
    """
    last = _render_time("{visits,last,at}")
    [found] = await query(
        f"""
        INSERT INTO user_preferences AS p (user_id, preferences)
        VALUES (%(user_id)s, jsonb_build_object('visits', jsonb_build_object('last', {_NOW})))
        ON CONFLICT (user_id) DO UPDATE SET updated_at = now(), preferences =
          {_OBJECT} || jsonb_build_object(
            'visits',
            CASE
              WHEN {last} IS NULL THEN '{{}}'
              WHEN {last} < %(at)s::timestamptz - make_interval(secs => %(pause_s)s)
              THEN jsonb_build_object('before', p.preferences #> '{{visits,last}}')
              ELSE p.preferences -> 'visits'
            END || jsonb_build_object('last', {_NOW})
          )
        RETURNING {_BEFORE}
        """,
        {"user_id": user_id, "at": at, "pause_s": pause_s},
        row=Visit,
    )
    return found


async def mark_seen(user_id: int, at: datetime) -> None:
    """Note that somebody has seen all that had changed at `at`."""
    await query(
        f"""
        INSERT INTO user_preferences AS p (user_id, preferences)
        VALUES (%(user_id)s, jsonb_build_object('visits', jsonb_build_object('before', {_NOW}, 'last', {_NOW})))
        ON CONFLICT (user_id) DO UPDATE SET updated_at = now(), preferences = {_OBJECT} || excluded.preferences
        """,
        {"user_id": user_id, "at": at},
    )
