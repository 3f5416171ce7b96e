"""Keep how far each stream of the mirror has come, by the clock of Linear."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

import msgspec
from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class StreamCursor(Struct, frozen=True):
    """A row of `sync_cursors`.

    `complete_until`: every change before it is mirrored; None: the stream was never read to its end.
    `window_until` and `window_reached`: a window under way makes the stream complete until the first, and all that
    changed since the second is stored already; None: no window is under way. `workspace_id` is Linear's.
    """

    stream: str
    complete_until: datetime | None
    window_until: datetime | None
    window_reached: datetime | None
    workspace_id: str | None = None


async def list_by_stream() -> dict[str, StreamCursor]:
    """Return the cursor of every stream that has one."""
    found = await query(
        "SELECT stream, complete_until, window_until, window_reached, workspace_id FROM sync_cursors",
        row=StreamCursor,
    )
    return {cursor.stream: cursor for cursor in found}


def build_upsert(cursors: Sequence[StreamCursor], run_id: int) -> tuple[LiteralString, Mapping[str, object]]:
    """Return the statement that stores the cursors of several streams, written by the run `run_id`."""
    return (
        """
        INSERT INTO sync_cursors
          (stream, complete_until, window_until, window_reached, workspace_id, sync_history_id, updated_at)
        SELECT stream, complete_until, window_until, window_reached, workspace_id, %(run_id)s, now()
        FROM json_populate_recordset(NULL::sync_cursors, %(cursors)s::json)
        ON CONFLICT (stream) DO UPDATE
        SET complete_until = excluded.complete_until, window_until = excluded.window_until,
            window_reached = excluded.window_reached, workspace_id = excluded.workspace_id,
            sync_history_id = excluded.sync_history_id,
            updated_at = excluded.updated_at
        """,
        {"cursors": msgspec.json.encode(cursors).decode(), "run_id": run_id},
    )


async def delete_all(transaction: Transaction) -> None:
    """Forget all: the next run reads everything."""
    await transaction.query("DELETE FROM sync_cursors")
