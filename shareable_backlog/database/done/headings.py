"""Keep what admins call a week, a project, a label or a release of what was done: `done_headings`."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

DoneKind: TypeAlias = Literal["week", "project", "label", "release"]
"""By what that which was done is sorted."""


async def read_headings(kind: DoneKind, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the headings of those that have one, by their keys."""
    found = await query(
        "SELECT key, heading FROM done_headings WHERE kind = %(kind)s AND key = ANY (%(keys)s)",
        {"kind": kind, "keys": list(keys)},
    )
    return dict(found)


async def save_heading(tx: Transaction, kind: DoneKind, key: str, heading: str | None) -> str | None:
    """Store a heading, None for none, and return the one before."""
    params = {"kind": kind, "key": key, "heading": heading}
    before = await tx.query(
        "SELECT heading FROM done_headings WHERE kind = %(kind)s AND key = %(key)s FOR UPDATE", params
    )
    if heading is None:
        await tx.query("DELETE FROM done_headings WHERE kind = %(kind)s AND key = %(key)s", params)
    else:
        await tx.query(
            """
            INSERT INTO done_headings (kind, key, heading) VALUES (%(kind)s, %(key)s, %(heading)s)
            ON CONFLICT (kind, key) DO UPDATE SET heading = excluded.heading, updated_at = now()
            """,
            params,
        )
    return before[0][0] if before else None
