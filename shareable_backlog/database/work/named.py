"""Read labels and people by their names, which several of them may have."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class LabelFacts(Struct, frozen=True):
    """The labels of a name that a shown item has, with the description of one; None also where none is shown.

    `ids` are those that have this very name: a filter by it finds also what is in a group that is called so.
    """

    name: str
    color: str | None
    description: str | None
    ids: list[str]


class PersonFacts(Struct, frozen=True):
    """The people of a name, of whom nothing else is told; they are active if one of those with shown items is."""

    name: str
    is_active: bool


async def find_label(scope: Scope, name: str) -> LabelFacts | None:
    """Return the labels of this name, in any case, that are let through and that an item has which may be shown.

    A group has what its labels have. None when there are none; items may be archived.
    """
    # By the index of labels, one after the other: a join would try all items that have any.
    found = await query(
        f"""
        SELECT min(l.name COLLATE "C") AS name, min(l.color) AS color, array_agg(l.id ORDER BY l.id) AS ids,
               CASE WHEN {visibility.DESCRIPTIONS} THEN min(nullif(l.description, '')) END AS description
        FROM labels l WHERE lower(l.name) = lower(%(name)s) AND l.is_offered AND l.removed_at IS NULL
          AND coalesce((
            SELECT TRUE FROM labels e CROSS JOIN LATERAL (
              SELECT FROM backlog_items i
              WHERE i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[e.id COLLATE "default"] AND {visibility.ITEM}
              LIMIT 1
            ) i WHERE (e.id = l.id OR e.parent_id = l.id) AND e.is_offered LIMIT 1
          ), FALSE)
        HAVING count(*) > 0
        """,
        {**visibility.build_params(scope), "name": name},
        row=LabelFacts,
    )
    return found[0] if found else None


async def find_person(scope: Scope, name: str) -> PersonFacts | None:
    """Return the people of this name, in any case, or called so for short, who have an item that may be shown.

    None when there are none, or people are not shown; items may be archived.
    """
    found = await query(
        f"""
        SELECT p.name, p.active AS is_active FROM people p
        WHERE (lower(p.name) = lower(%(name)s) OR lower(p.display_name) = lower(%(name)s)) AND {visibility.ASSIGNEES}
          AND coalesce((SELECT TRUE FROM (
            SELECT * FROM backlog_items WHERE assignee_id = p.id AND archived_at IS NULL
            UNION ALL SELECT * FROM backlog_items WHERE assignee_id = p.id AND archived_at IS NOT NULL
          ) i WHERE {visibility.ITEM} LIMIT 1), FALSE)
        ORDER BY lower(p.name) = lower(%(name)s) DESC, p.active DESC, p.name COLLATE "C" LIMIT 1
        """,
        {**visibility.build_params(scope), "name": name},
        row=PersonFacts,
    )
    return found[0] if found else None
