"""Tell whether what is shown has changed."""

from shareable_backlog.database.query import query


async def current() -> str:
    """Give a mark that is another one after each change to the mirror and to what is shared.

    What is read after it is at least as new as it.
    """
    [(version,)] = await query("SELECT version FROM mirror_versions")
    return str(version)
