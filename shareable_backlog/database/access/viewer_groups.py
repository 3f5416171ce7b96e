"""Read and change the groups of viewers, who see only a part of what is shown."""

import json
from collections.abc import Collection

from msgspec import Struct

from shareable_backlog.database.access.sharing import EntityKind
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

Rule = tuple[EntityKind, str]
"""Name a team, project or label by its kind and its id."""


class ViewerGroup(Struct, frozen=True):
    """A group with the number of its people and of its rules."""

    id: int
    name: str
    people: int
    rules: int


class Member(Struct, frozen=True):
    """What a group's page says of a person."""

    id: int
    email: str
    display_name: str | None
    has_nothing_else: bool
    """Whether the person would see nothing without the group."""


async def list_groups() -> list[ViewerGroup]:
    """Return all groups by name."""
    return await query(
        """
        SELECT g.id, g.name,
               (SELECT count(*) FROM viewer_group_members m WHERE m.viewer_group_id = g.id) AS people,
               (SELECT count(*) FROM viewer_group_rules r WHERE r.viewer_group_id = g.id) AS rules
        FROM viewer_groups g ORDER BY lower(g.name), g.id
        """,
        row=ViewerGroup,
    )


async def list_rules(group_id: int) -> set[Rule]:
    """Return what the group sees."""
    found = await query(
        "SELECT kind, entity_id FROM viewer_group_rules WHERE viewer_group_id = %(group_id)s", {"group_id": group_id}
    )
    return {(kind, id_) for kind, id_ in found}


async def list_members(transaction: Transaction, group_id: int) -> list[Member]:
    """Return the people of a group by mail address."""
    return await transaction.query(
        """
        SELECT u.id, u.email, u.display_name,
               NOT u.is_admin AND NOT EXISTS (
                 SELECT FROM viewer_group_members o WHERE o.user_id = u.id AND o.viewer_group_id <> %(group_id)s
               ) AS has_nothing_else
        FROM viewer_group_members m JOIN users u ON u.id = m.user_id
        WHERE m.viewer_group_id = %(group_id)s ORDER BY lower(u.email), u.id
        """,
        {"group_id": group_id},
        row=Member,
    )


async def find_ids(names: Collection[str]) -> dict[str, int]:
    """Return the ids of the groups of these names, by name; a name that no group has is left out."""
    return dict(
        await query("SELECT name, id FROM viewer_groups WHERE name = ANY (%(names)s::text[])", {"names": list(names)})
    )


async def lock_group(transaction: Transaction, group_id: int) -> str | None:
    """Return the name of a group, locked until the transaction ends; None when there is no such group."""
    found = await transaction.query(
        "SELECT name FROM viewer_groups WHERE id = %(group_id)s FOR UPDATE", {"group_id": group_id}
    )
    return found[0][0] if found else None


async def create_group(transaction: Transaction, name: str) -> int | None:
    """Add a group that sees nothing and return its id; None when one of that name is there."""
    found = await transaction.query(
        "INSERT INTO viewer_groups (name) VALUES (%(name)s) ON CONFLICT (name) DO NOTHING RETURNING id",
        {"name": name},
    )
    return found[0][0] if found else None


async def rename_group(transaction: Transaction, group_id: int, name: str) -> bool:
    """Return a group another name; False, and nothing done, when another group has it."""
    # Of two who take one name at once, each would find it free.
    await transaction.query("LOCK TABLE viewer_groups IN SHARE ROW EXCLUSIVE MODE")
    found = await transaction.query(
        """
        UPDATE viewer_groups SET name = %(name)s, updated_at = now()
        WHERE id = %(group_id)s
          AND NOT EXISTS (SELECT FROM viewer_groups WHERE name = %(name)s AND id <> %(group_id)s)
        RETURNING id
        """,
        {"group_id": group_id, "name": name},
    )
    return bool(found)


async def delete_group(transaction: Transaction, group_id: int) -> None:
    """Delete a group with its rules; who was in it sees what their other groups see, or nothing."""
    await transaction.query("DELETE FROM viewer_groups WHERE id = %(group_id)s", {"group_id": group_id})


async def update_rules(
    transaction: Transaction, group_id: int, *, added: Collection[Rule], removed: Collection[Rule]
) -> None:
    """Let a group see what is in `added`, and no more what is in `removed`."""
    await transaction.query(
        """
        WITH gone AS (
          DELETE FROM viewer_group_rules r USING json_array_elements(%(removed)s::json) one
          WHERE r.viewer_group_id = %(group_id)s AND r.kind = one ->> 0 AND r.entity_id = one ->> 1
        )
        INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id)
        SELECT %(group_id)s, one ->> 0, one ->> 1 FROM json_array_elements(%(added)s::json) one
        ON CONFLICT DO NOTHING
        """,
        {"group_id": group_id, "added": json.dumps(list(added)), "removed": json.dumps(list(removed))},
    )
