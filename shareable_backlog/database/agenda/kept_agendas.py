"""Keep agendas as they were: `kept_agendas`, and what each scope saw of one as a document."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope, build_scope
from shareable_backlog.database.access.user_scopes import render_scope
from shareable_backlog.database.access.users import STATE
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class KeptAgenda(Struct, frozen=True, kw_only=True):
    """An agenda that was kept on a `day`, the `number`th of it, and compares with the day `since`.

    `keeper` is the name of who kept it, None without one, and when they are gone.
    """

    id: int
    day: date
    number: int
    since: date
    keeper: str | None
    created_at: datetime


_KEPT: LiteralString = """
    SELECT k.id, k.day, k.number, k.since, nullif(u.display_name, '') AS keeper, k.created_at
    FROM kept_agendas k LEFT JOIN users u ON u.id = k.kept_by
"""


async def list_kept(limit: int) -> list[KeptAgenda]:
    """Return up to `limit` agendas that were kept, the latest first."""
    return await query(
        f"{_KEPT} ORDER BY k.day DESC, k.number DESC LIMIT %(limit)s", {"limit": limit}, row=KeptAgenda
    )


async def find_kept(day: date, number: int) -> KeptAgenda | None:
    """Return one of a day; None when there is none."""
    found = await query(
        f"{_KEPT} WHERE k.day = %(day)s AND k.number = %(number)s", {"day": day, "number": number}, row=KeptAgenda
    )
    return found[0] if found else None


async def list_scopes(user_id: int, limit: int) -> list[Scope]:
    """Return up to `limit` scopes of people who are active: one person's, everything, then those of most people."""
    found = await query(
        f"""
        SELECT s.group_ids
        FROM (SELECT u.id, {render_scope("u")} AS group_ids FROM users u WHERE {STATE} = 'active') s
        WHERE s.group_ids IS DISTINCT FROM '{{}}' GROUP BY s.group_ids
        ORDER BY bool_or(s.id = %(user_id)s) DESC, s.group_ids IS NULL DESC, count(*) DESC, s.group_ids
        LIMIT %(limit)s
        """,
        {"user_id": user_id, "limit": limit},
    )
    return [build_scope(group_ids) for (group_ids,) in found]


async def has_recent(tx: Transaction) -> bool:
    """Return whether one was kept less than a minute ago; others wait until the transaction is done."""
    await tx.query("LOCK TABLE kept_agendas IN SHARE ROW EXCLUSIVE MODE")
    found = await tx.query("SELECT FROM kept_agendas WHERE created_at > now() - interval '1 minute' LIMIT 1")
    return bool(found)


async def add_kept(tx: Transaction, day: date, since: date, kept_by: int | None) -> tuple[int, int]:
    """Store that an agenda is kept, and return its id and its number of the day; others wait until it is done."""
    await tx.query("LOCK TABLE kept_agendas IN SHARE ROW EXCLUSIVE MODE")
    [(id_, number)] = await tx.query(
        """
        INSERT INTO kept_agendas (day, number, since, kept_by)
        SELECT %(day)s, coalesce(max(number), 0) + 1, %(since)s, %(kept_by)s FROM kept_agendas WHERE day = %(day)s
        RETURNING id, number
        """,
        {"day": day, "since": since, "kept_by": kept_by},
    )
    return id_, number


async def add_contents(tx: Transaction, kept_id: int, contents: Mapping[Scope, str]) -> None:
    """Store what each scope saw, as JSON."""
    for scope, content in contents.items():
        await tx.query(
            """
            INSERT INTO kept_agenda_contents (kept_agenda_id, viewer_group_ids, content)
            VALUES (%(kept_id)s, %(viewer_group_ids)s, %(content)s::jsonb)
            """,
            {"kept_id": kept_id, "viewer_group_ids": scope.group_ids, "content": content},
        )


async def find_content(kept_id: int, scope: Scope) -> str | None:
    """Return what a scope saw, as JSON; None when that was not kept."""
    found = await query(
        """
        SELECT content::text FROM kept_agenda_contents
        WHERE kept_agenda_id = %(kept_id)s AND viewer_group_ids IS NOT DISTINCT FROM %(viewer_group_ids)s::integer[]
        """,
        {"kept_id": kept_id, "viewer_group_ids": scope.group_ids},
    )
    return found[0][0] if found else None


async def delete_kept(tx: Transaction, day: date, number: int) -> bool:
    """Delete one with all that was seen of it; False when there is none."""
    found = await tx.query(
        "DELETE FROM kept_agendas WHERE day = %(day)s AND number = %(number)s RETURNING id",
        {"day": day, "number": number},
    )
    return bool(found)
