"""Read Linear's groups of labels, and the one by which the matrix shows importance."""

from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.selection.item_filters import LOOKUPS
from shareable_backlog.database.connection.query import query

_find_labels = LOOKUPS["label"]
# As its cells lead to lists, a row has all that a filter by its name finds.
_CHOSEN: LiteralString = f"""
    SELECT r.name AS value, r.name, ARRAY({_find_labels("ARRAY[r.key]")}) AS ids, NULL AS type, r.color
    FROM (
      SELECT min(l.name COLLATE "C") AS name, lower(l.name) AS key, min(l.color) AS color
      FROM labels l JOIN settings s ON s.matrix_label_group_id = l.parent_id
      WHERE l.removed_at IS NULL AND l.is_offered AND NOT l.is_group GROUP BY lower(l.name)
    ) r ORDER BY r.key
"""


class LabelGroup(Struct, frozen=True):
    """A group of labels; `detail` is its team, None where it is of the whole workspace."""

    id: str
    name: str
    detail: str | None
    is_removed: bool


class ChosenLabels(Struct, frozen=True):
    """The group by which the matrix shows importance: its name, the ids of its labels, and a row for each by name.

    They are those that an admin has let through.
    """

    name: str
    ids: list[str]
    rows: list[Group]


async def list_label_groups() -> list[LabelGroup]:
    """Return the groups of labels by name, also those that are gone from Linear."""
    return await query(
        """
        SELECT l.id, l.name, t.name AS detail, l.removed_at IS NOT NULL AS is_removed
        FROM labels l LEFT JOIN teams t ON t.id = l.team_id WHERE l.is_group ORDER BY lower(l.name), l.id
        """,
        row=LabelGroup,
    )


async def is_group_chosen() -> bool:
    """Return whether an admin has chosen a group for the matrix, be there anything left of it or not."""
    [(is_chosen,)] = await query("SELECT matrix_label_group_id IS NOT NULL FROM settings")
    return is_chosen


async def read_chosen_labels() -> ChosenLabels | None:
    """Return the group that was chosen for the matrix; None without one, or with nothing left of it that is read."""
    found = await query(
        f"""
        SELECT r.name, ARRAY({_find_labels("ARRAY[lower(r.name)]")}) AS ids
        FROM settings s JOIN labels r ON r.id = s.matrix_label_group_id WHERE r.removed_at IS NULL
        """
    )
    rows = await query(_CHOSEN, row=Group) if found else []
    return ChosenLabels(found[0][0], found[0][1], rows) if rows else None
