"""Note what moved in the sample backlog, as if the mirror had seen it."""

from collections.abc import Mapping, Sequence

import msgspec

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.mirror.mirror import SAMPLE_PREFIX


async def replace_moves(moves: Sequence[Mapping[str, object]]) -> None:
    """Note these moves of the sample, each with `id`, `field`, `from` and `changedAt`, in place of all that is noted.

    What is noted else is only that its dates were counted from another day.
    """
    await query(
        """
        WITH gone AS (DELETE FROM field_changes WHERE starts_with(entity_id, %(prefix)s))
        INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
        SELECT m.id, m.field, m."from", CASE m.field
                 WHEN 'state' THEN i.state_id
                 WHEN 'priority' THEN i.priority::text
                 WHEN 'priority_sort_order' THEN i.priority_sort_order::text
                 WHEN 'due_date' THEN i.due_date::text
                 WHEN 'project' THEN i.project_id
                 WHEN 'estimate' THEN i.estimate::text
                 ELSE p.target_date::text
               END, m."changedAt"
        FROM json_to_recordset(%(moves)s::json) m (id text, field text, "from" text, "changedAt" timestamptz)
        LEFT JOIN backlog_items i ON i.id = m.id LEFT JOIN projects p ON p.id = m.id
        ORDER BY m."changedAt"
        """,
        {"prefix": SAMPLE_PREFIX, "moves": msgspec.json.encode(moves).decode()},
    )
