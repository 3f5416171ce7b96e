"""Read and change what a person sees, and what newcomers are given before anybody chooses."""

from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope, build_scope
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


def render_group_ids(user: LiteralString) -> LiteralString:
    """Return the expression of the ids of a person's groups in order; `user` is the alias of the table of people."""
    return f"ARRAY(SELECT m.viewer_group_id FROM viewer_group_members m WHERE m.user_id = {user}.id ORDER BY 1)"


def render_group_names(user: LiteralString) -> LiteralString:
    """Return the expression of the names of a person's groups by alphabet."""
    return f"""ARRAY(
          SELECT g.name FROM viewer_group_members m JOIN viewer_groups g ON g.id = m.viewer_group_id
          WHERE m.user_id = {user}.id ORDER BY lower(g.name), g.id
        )"""


def render_scope(user: LiteralString) -> LiteralString:
    """Return the expression of the ids of the groups by which a person sees what they see, NULL for everything.

    Admins see everything that is shown, as they decide what that is.
    """
    return f"CASE WHEN {user}.is_admin OR {user}.sees_everything THEN NULL ELSE {render_group_ids(user)} END"


async def set_scope(transaction: Transaction, user_id: int, scope: Scope) -> None:
    """Give a person, whose row has to be locked, this to see, and nothing else. The groups have to be there."""
    await transaction.query(
        """
        WITH seen AS (
          UPDATE users SET sees_everything = %(ids)s::integer[] IS NULL, updated_at = now() WHERE id = %(user_id)s
        ), gone AS (
          DELETE FROM viewer_group_members
          WHERE user_id = %(user_id)s AND (viewer_group_id = ANY (%(ids)s::integer[])) IS NOT TRUE
        )
        INSERT INTO viewer_group_members (user_id, viewer_group_id)
        SELECT %(user_id)s, id FROM unnest(%(ids)s::integer[]) AS id ON CONFLICT DO NOTHING
        """,
        {"user_id": user_id, "ids": scope.group_ids},
    )


async def read_newcomer_scope() -> tuple[Scope, list[str]]:
    """Return what newcomers are given, and the names of its groups."""
    return _build_newcomer_scope(await query(_NEWCOMERS))


async def read_locked_newcomer_scope(transaction: Transaction) -> tuple[Scope, list[str]]:
    """Return the same to a transaction that has locked the sharing settings in order to change it."""
    return _build_newcomer_scope(await transaction.query(_NEWCOMERS))


async def count_open_readers(transaction: Transaction) -> tuple[int, int]:
    """Return how many readers are active, admins apart, and how many of them see everything that is shown."""
    [(readers, open_readers)] = await transaction.query(
        "SELECT count(*), count(*) FILTER (WHERE sees_everything) FROM users"
        " WHERE is_approved AND NOT is_disabled AND NOT is_admin"
    )
    return readers, open_readers


async def set_newcomer_scope(transaction: Transaction, scope: Scope) -> None:
    """Let newcomers be given this from now on, as another version of the sharing settings."""
    params = {"ids": scope.group_ids}
    await transaction.query(
        "UPDATE sharing_settings SET newcomers_see_everything = %(ids)s::integer[] IS NULL,"
        " version = version + 1, updated_at = now()",
        params,
    )
    await transaction.query(
        "UPDATE viewer_groups SET is_for_newcomers = NOT is_for_newcomers"
        " WHERE is_for_newcomers <> coalesce(id = ANY (%(ids)s::integer[]), false)",
        params,
    )


_NEWCOMERS: LiteralString = """
    SELECT newcomers_see_everything,
           ARRAY(SELECT id FROM viewer_groups WHERE is_for_newcomers),
           ARRAY(SELECT name FROM viewer_groups WHERE is_for_newcomers ORDER BY lower(name), id)
    FROM sharing_settings
"""


def _build_newcomer_scope(found: list[tuple[bool, list[int], list[str]]]) -> tuple[Scope, list[str]]:
    [(sees_everything, group_ids, names)] = found
    return build_scope(None if sees_everything else group_ids), names
