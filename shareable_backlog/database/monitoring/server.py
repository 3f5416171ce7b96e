"""Tell which PostgreSQL it is, and how the program's connection to it is made."""

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.migrate import invalid_indexes


class ServerFacts(Struct, frozen=True, kw_only=True):
    """The server's version, as it says it and its major number; the database's encoding.

    `tls` is its version where the connection is encrypted, None where it is not; `is_here` is whether both ends of it
    are on one machine.
    """

    version: str
    major: int
    encoding: str
    tls: str | None
    is_here: bool


async def inspect_server() -> ServerFacts:
    """Return what the server says of itself."""
    [found] = await query(
        """
        SELECT current_setting('server_version') AS version,
               current_setting('server_version_num')::int / 10000 AS major,
               current_setting('server_encoding') AS encoding,
               (SELECT s.version FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid() AND s.ssl) AS tls,
               coalesce(inet_client_addr() = inet_server_addr() OR inet_client_addr() <<= '127.0.0.0/8'
                        OR inet_client_addr() = '::1', true) AS is_here
        """,
        row=ServerFacts,
    )
    return found


async def list_invalid_indexes() -> list[str]:
    """Return the names of the indexes that are not valid."""
    return [name for (name,) in await query(invalid_indexes.SELECT_INVALID)]
