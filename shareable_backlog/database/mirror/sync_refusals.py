"""Keep what Linear refused: why, since when, and when it is to be asked for again, by the clock of the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString, TypeAlias

import msgspec
from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror.mirror import encode_rows

RefusalKey: TypeAlias = tuple[str, str, str]
"""A stream, what is refused of it (list, field, node, hole), and the name of the field or node."""


class NewRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """What a run could not have: a row of `sync_refusals` as far as the run knows it."""

    stream: str
    kind: str
    name: str
    reason: str
    remedy: str
    path: str
    retry_from: datetime | None


class StoredRefusal(Struct, frozen=True, kw_only=True):
    """A row of `sync_refusals`.

    `kind` is list, field, node or hole, a node that has not told its id; `name` is the field's or the node's.
    `reason` and `remedy` say in words why it can't be had, and who can mend that. It was first refused at
    `first_at`, in `tries` runs by now, and `is_due` again from `next_at` on. `retry_from` is from where on the list
    has to be read once more to find it, None for all of it.
    """

    stream: str
    kind: str
    name: str
    reason: str
    remedy: str
    path: str
    tries: int
    first_at: datetime
    next_at: datetime
    retry_from: datetime | None
    is_due: bool

    @property
    def key(self) -> RefusalKey:
        """Return what tells it from others."""
        return self.stream, self.kind, self.name


async def list_refusals() -> list[StoredRefusal]:
    """Return all that Linear refused when it was last asked for, lists first."""
    return await query(
        """
        SELECT stream, kind, name, reason, remedy, path, tries, first_at, next_at, retry_from,
               next_at <= now() AS is_due
        FROM sync_refusals ORDER BY array_position('{list,field,hole,node}', kind), stream, name
        """,
        row=StoredRefusal,
    )


def build_upsert(refusals: Sequence[NewRefusal], run_id: int) -> tuple[LiteralString, Mapping[str, object]]:
    """Return the statement that stores what the run `run_id` could not have.

    It is due again after five minutes, then ten, twenty …, at most a day.
    """
    return (
        """
        INSERT INTO sync_refusals (stream, kind, name, reason, remedy, path, last_run_id, next_at, retry_from)
        SELECT stream, kind, name, reason, remedy, path, %(run_id)s, now() + interval '5 minutes', retry_from
        FROM json_populate_recordset(NULL::sync_refusals, %(refusals)s::json)
        ON CONFLICT (stream, kind, name) DO UPDATE
        SET reason = excluded.reason, remedy = excluded.remedy, path = excluded.path, last_run_id = %(run_id)s,
            tries = sync_refusals.tries + (sync_refusals.last_run_id <> %(run_id)s)::integer,
            next_at = CASE WHEN sync_refusals.last_run_id = %(run_id)s THEN sync_refusals.next_at
              ELSE now() + least(interval '1 day', interval '5 minutes' * 2 ^ least(sync_refusals.tries, 20)) END,
            retry_from = CASE WHEN sync_refusals.retry_from < excluded.retry_from THEN sync_refusals.retry_from
              WHEN sync_refusals.retry_from >= excluded.retry_from THEN excluded.retry_from END
        """,
        {"refusals": encode_rows(refusals), "run_id": run_id},
    )


def build_delete(keys: Sequence[RefusalKey]) -> tuple[LiteralString, Mapping[str, object]]:
    """Return the statement that forgets refusals which are over."""
    streams, kinds, names = ([key[at] for key in keys] for at in range(3))
    return (
        """
        DELETE FROM sync_refusals r USING unnest(%(streams)s::text[], %(kinds)s::text[], %(names)s::text[])
          AS gone (stream, kind, name)
        WHERE (r.stream, r.kind, r.name) = (gone.stream, gone.kind, gone.name)
        """,
        {"streams": streams, "kinds": kinds, "names": names},
    )


async def delete_gone(transaction: Transaction, streams: Sequence[str]) -> None:
    """Forget the nodes that a sweep, which saw all of these streams, did not see any more."""
    await transaction.query(
        "DELETE FROM sync_refusals r WHERE stream = ANY(%(streams)s) AND kind = 'node' AND NOT EXISTS"
        " (SELECT 1 FROM sweep_entries s WHERE s.stream = r.stream AND s.id = r.name)",
        {"streams": list(streams)},
    )
