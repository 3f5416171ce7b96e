"""Set the indexes of items aside while an empty mirror is filled, and build them of all rows at once.

Without them lists are slower, never wrong. What is set aside stands in a table, so the next run puts back what one
that was killed has left, and so does a migration. A role that does not own the table leaves the indexes as they are.
"""

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import transaction

_BUILT_WITHIN_S = 600.0


async def set_aside() -> bool:
    """Drop all indexes of items but the key's, noting them, and return whether that was done.

    It is not where the mirror has items, somebody goes on reading, or another role owns the table.
    """
    async with transaction() as tx:
        [(is_done,)] = await tx.query("SELECT set_indexes_aside()")
    return is_done


async def restore() -> None:
    """Build what is set aside, each index in a transaction of its own, in which nobody changes an item.

    Mostly there is nothing to do, which is found out within the time of one statement: a connection that falls silent
    would hold a run as long as an index may take. Two who do it at once take turns.
    """
    is_done = not await query("SELECT 1 FROM set_aside_indexes LIMIT 1")
    while not is_done:
        async with transaction(within_s=_BUILT_WITHIN_S) as tx:
            [(was_there,)] = await tx.query("SELECT restore_index()")
        is_done = not was_there
