"""Read and change what is shown."""

import json
from collections.abc import Sequence
from typing import Any, LiteralString

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog.database.access.sharing import (
    EVERYTHING,
    Entity,
    EntityKind,
    Scope,
    SharedFields,
    SharingChoice,
    SharingSettings,
)
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

_SETTINGS: LiteralString = """
    SELECT version, shows_descriptions, shows_comments, shows_assignees, shows_estimates, shows_attachments,
           shows_updates
    FROM sharing_settings
"""
_LIVE: LiteralString = "FROM backlog_items i WHERE i.removed_at IS NULL AND NOT i.trashed"
# What has gone is still listed while a choice about it holds: it may come back.
_ENTITIES: dict[EntityKind, LiteralString] = {
    "team": f"""
        SELECT 'team' AS kind, e.id, e.name, e.key AS detail, e.private AS is_private,
               coalesce(r.is_shown, NOT e.private) AS is_shown, coalesce(c.items, 0) AS items
        FROM teams e LEFT JOIN sharing_rules r ON r.kind = 'team' AND r.entity_id = e.id
        LEFT JOIN (SELECT i.team_id, count(*) AS items {_LIVE} GROUP BY 1) c ON c.team_id = e.id
        WHERE (e.removed_at IS NULL OR r.is_shown IS NOT NULL)
    """,
    "project": f"""
        SELECT 'project' AS kind, e.id, e.name, NULL AS detail, false AS is_private,
               coalesce(r.is_shown, true) AS is_shown, coalesce(c.items, 0) AS items
        FROM projects e LEFT JOIN sharing_rules r ON r.kind = 'project' AND r.entity_id = e.id
        LEFT JOIN (SELECT i.project_id, count(*) AS items {_LIVE} GROUP BY 1) c ON c.project_id = e.id
        WHERE (e.removed_at IS NULL OR r.is_shown IS NOT NULL)
    """,
    "label": f"""
        SELECT 'label' AS kind, e.id, e.name, nullif(concat_ws(', ', g.name, t.name), '') AS detail,
               false AS is_private, coalesce(r.is_shown, true) AS is_shown, coalesce(c.items, 0) AS items
        FROM labels e LEFT JOIN sharing_rules r ON r.kind = 'label' AND r.entity_id = e.id
        LEFT JOIN labels g ON g.id = e.parent_id
        LEFT JOIN teams t ON t.id = e.team_id
        LEFT JOIN (
          SELECT label_id, count(*) AS items
          FROM (SELECT unnest(i.label_ids) AS label_id {_LIVE}) l GROUP BY 1
        ) c ON c.label_id = e.id
        WHERE (e.removed_at IS NULL OR r.is_shown IS NOT NULL)
    """,
}
_CHOSEN: LiteralString = """
    SELECT kind, id AS entity_id, is_shown
    FROM json_to_recordset(%(choices)s::json) AS chosen (kind text, id text, is_shown boolean)
"""

TRIED_RULES: LiteralString = f"""chosen AS ({_CHOSEN}), sharing_rules AS (
  SELECT s.kind, s.entity_id, s.is_shown FROM sharing_rules s
  WHERE NOT EXISTS (SELECT FROM chosen c WHERE (c.kind, c.entity_id) = (s.kind, s.entity_id))
  UNION ALL
  SELECT kind, entity_id, is_shown FROM chosen
)"""
"""The CTEs by which a statement reads the rules as if the parameter `choices` were saved."""


class ItemDifference(Struct, frozen=True):
    """Count the items that appear or vanish, with identifier and title of the newest of them."""

    count: int
    newest: list[tuple[str, str]]


async def read_settings() -> SharingSettings:
    """Return the settings."""
    return _build_settings(await query(_SETTINGS))


async def lock_settings(transaction: Transaction) -> SharingSettings:
    """Return the settings, locked until the transaction ends."""
    return _build_settings(await transaction.query(f"{_SETTINGS} FOR UPDATE"))


def _build_settings(found: Sequence[tuple[Any, ...]]) -> SharingSettings:
    [(version, *shows)] = found
    return SharingSettings(version, SharedFields(*shows))


async def list_entities(kind: EntityKind, text: str, limit: int) -> list[Entity]:
    """Return up to `limit` teams, projects or labels whose name or detail has `text` in it, by name."""
    return await query(
        f"""
        SELECT * FROM ({_ENTITIES[kind]}) e
        WHERE strpos(lower(concat_ws(' ', name, detail)), lower(%(text)s)) > 0
        ORDER BY lower(name), id LIMIT %(limit)s
        """,
        {"text": text, "limit": limit},
        row=Entity,
    )


async def list_entities_by_id(kind: EntityKind, ids: Sequence[str]) -> list[Entity]:
    """Return the teams, projects or labels of these ids; those that are not there are left out."""
    return await query(
        f"SELECT * FROM ({_ENTITIES[kind]} AND e.id = ANY (%(ids)s)) e ORDER BY lower(name), id",
        {"ids": list(ids)},
        row=Entity,
    )


async def save_settings(transaction: Transaction, fields: SharedFields, choices: Sequence[SharingChoice]) -> None:
    """Store what is shown from now on.

    A choice to show what is shown without one takes back the earlier choice; a choice to hide is kept in any case,
    so that a private team stays hidden when it ceases to be private.
    """
    await transaction.query(
        """
        UPDATE sharing_settings SET shows_descriptions = %(descriptions)s, shows_comments = %(comments)s,
               shows_assignees = %(assignees)s, shows_estimates = %(estimates)s,
               shows_attachments = %(attachments)s, shows_updates = %(updates)s,
               version = version + 1, updated_at = now()
        """,
        asdict(fields),
    )
    await transaction.query(
        f"""
        WITH chosen AS (
          SELECT c.*, NOT c.is_shown OR c.kind = 'team' AND EXISTS (
                   SELECT FROM teams t WHERE t.id = c.entity_id AND t.private
                 ) AS is_needed
          FROM ({_CHOSEN}) c
        ), taken_back AS (
          DELETE FROM sharing_rules r USING chosen c
          WHERE (r.kind, r.entity_id) = (c.kind, c.entity_id) AND NOT c.is_needed
        )
        INSERT INTO sharing_rules (kind, entity_id, is_shown)
        SELECT kind, entity_id, is_shown FROM chosen WHERE is_needed
        ON CONFLICT (kind, entity_id) DO UPDATE SET is_shown = excluded.is_shown, updated_at = now()
        """,
        {"choices": encode_choices(choices)},
    )


async def compute_difference(choices: Sequence[SharingChoice], limit: int) -> tuple[ItemDifference, ItemDifference]:
    """Return what would appear and what would vanish to who sees everything, with the `limit` newest of each."""
    # The choices are tried by the very condition that every read takes, over other rules of the same name.
    found = await query(
        f"""
        SELECT is_shown, count(*), (array_agg(ARRAY[identifier, title] ORDER BY updated_at DESC))[1:%(most)s]
        FROM (
          SELECT coalesce(a.id, b.id) AS id, b.id IS NULL AS is_shown
          FROM (
            WITH {TRIED_RULES} SELECT i.id FROM backlog_items i WHERE {visibility.ITEM}
          ) a
          FULL JOIN (SELECT i.id FROM backlog_items i WHERE {visibility.ITEM}) b ON b.id = a.id
          WHERE a.id IS NULL OR b.id IS NULL
        ) d JOIN backlog_items i USING (id) GROUP BY is_shown
        """,
        {**visibility.build_params(EVERYTHING), "choices": encode_choices(choices), "most": limit},
    )
    by_kind = {
        is_shown: ItemDifference(count, [(name, title) for name, title in newest])
        for is_shown, count, newest in found
    }
    nothing = ItemDifference(0, [])
    return by_kind.get(True, nothing), by_kind.get(False, nothing)


async def count_items(scope: Scope) -> int:
    """Count the items that `scope` sees, archived ones too."""
    [(items,)] = await query(
        f"SELECT count(*) FROM backlog_items i WHERE {visibility.ITEM}", visibility.build_params(scope)
    )
    return items


def encode_choices(choices: Sequence[SharingChoice]) -> str:
    """Return choices as the parameter of `TRIED_RULES`."""
    return json.dumps([asdict(choice) for choice in choices])
