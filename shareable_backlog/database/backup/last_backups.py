"""Remember when the newest backup was made, for whoever watches that there is one."""

from datetime import datetime

import psycopg

from shareable_backlog import logs
from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.database.connection.query import query

_LOG = logs.get_logger(__name__)


def remember_backup(conninfo: str, made_at: datetime) -> None:
    """Note when a backup was made; where that can't be written, as on a standby, the log says so."""
    try:
        with session_options.connect(conninfo) as connection:
            connection.execute(
                """
                INSERT INTO last_backups (made_at) VALUES (%s)
                ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at
                """,
                [made_at],
            )
    except psycopg.Error as error:
        _LOG.warning("backup_not_remembered", reason=faults.describe_to_operator(error))


async def read_backup_age_s() -> float | None:
    """Return how many seconds ago the newest backup was made; None if none ever was by this program."""
    found = await query("SELECT extract(epoch FROM now() - made_at)::float8 FROM last_backups")
    return found[0][0] if found else None
