"""Find the PostgreSQL server to use: the one of DATABASE_URL, or the embedded one."""

from collections.abc import Generator
from contextlib import contextmanager

from shareable_backlog.config import Settings
from shareable_backlog.database.connection import conninfo
from shareable_backlog.errors import DatabaseUnavailable

NOTHING_YET = (
    "There is no database yet: `slb serve` makes the embedded server's, in SLB_DATA_DIR, at its first start."
)


def is_made(settings: Settings) -> bool:
    """Return whether there is a server to look at, of one's own or the embedded one with its data; make nothing."""
    if settings.database_url is not None:
        return True
    from shareable_backlog.database.embedded import embedded_server

    return embedded_server.inspect_server(settings.data_dir).version is not None


def require_made(settings: Settings) -> None:
    """Raise DatabaseUnavailable unless there is a server to look at: who only looks makes none."""
    if not is_made(settings):
        raise DatabaseUnavailable(NOTHING_YET)


@contextmanager
def use_server(settings: Settings) -> Generator[str]:
    """Yield the libpq connection string of the server in use, which lives at least as long as this context.

    Without DATABASE_URL it starts the embedded server, or joins it, and stops it at the end unless another
    process uses it. Raises ConfigurationInvalid or EmbeddedServerFailed.
    """
    if settings.database_url is not None:
        yield conninfo.parse_url(settings.database_url.reveal())
        return
    from shareable_backlog.database.embedded import embedded_server

    with embedded_server.run_server(settings.data_dir) as embedded_conninfo:
        yield embedded_conninfo
