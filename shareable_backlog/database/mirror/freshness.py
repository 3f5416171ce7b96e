"""Read how old the mirror is."""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.mirror.mirror import SAMPLE_PREFIX

__all__ = ["SAMPLE_PREFIX"]


class MirrorAge(Struct, frozen=True):
    """When the mirror was last brought up to date, None when it never was; not after Linear began to refuse issues.

    `failure` is why the newest run failed, None when it did not; `is_sample` when the sample backlog is there;
    `failure_code` is what programs call that failure, None also for one of an older version.
    """

    as_of: datetime | None
    failure: str | None
    is_sample: bool
    failure_code: str | None = None


NOT_ADOPTED: LiteralString = "id > coalesce((SELECT max(sync_history_id) FROM adopted_runs), 0)"
"""Tell whether a row of `sync_history` is of this program: the Node service filled another mirror."""


COLUMNS: LiteralString = f"""
  least(
    (SELECT completed_at FROM sync_history
    WHERE status IN ('succeeded', 'partial') AND completed_at IS NOT NULL AND {NOT_ADOPTED}
    ORDER BY started_at DESC, id DESC LIMIT 1),
    (SELECT first_at FROM sync_refusals WHERE (stream, kind, name) = ('issues', 'list', ''))
  ) AS as_of,
  f.failure, EXISTS (SELECT FROM teams WHERE starts_with(id, %(sample)s)) AS is_sample, f.failure_code
"""
"""The columns of `MirrorAge`, beside LAST_FAILURE, with the parameter `sample`, which is SAMPLE_PREFIX."""
LAST_FAILURE: LiteralString = f"""
  LEFT JOIN (
    SELECT error_message AS failure, error_code AS failure_code FROM (
      SELECT * FROM sync_history
      WHERE completed_at IS NOT NULL AND {NOT_ADOPTED} ORDER BY started_at DESC, id DESC LIMIT 1
    ) AS run WHERE status = 'failed'
  ) AS f ON true
"""
"""Join the failure of the newest run; one comes after the other, so the one that began last has ended last."""


async def read_age() -> MirrorAge:
    """Return all that tells how old the mirror is."""
    [found] = await query(
        f"SELECT {COLUMNS} FROM (SELECT) AS nothing {LAST_FAILURE}", {"sample": SAMPLE_PREFIX}, row=MirrorAge
    )
    return found
