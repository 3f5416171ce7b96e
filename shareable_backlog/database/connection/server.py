"""Find the PostgreSQL server to use: the one of DATABASE_URL, or the embedded one."""

from collections.abc import Generator
from contextlib import contextmanager

from shareable_backlog.config import Settings
from shareable_backlog.database.connection import conninfo


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
