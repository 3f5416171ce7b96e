"""Read and change what admins choose for the whole place."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

RankOrder: TypeAlias = Literal["priority", "manual"]
"""By what items are ranked: by priority first, or by Linear's manual order alone."""

_SETTINGS: LiteralString = """
    SELECT version, rank_order, meeting_weekday, meeting_first_day, last_meeting_day,
           place_name, place_color, logo_hash, pages_off, sync_interval_s, start_view_id,
           matrix_label_group_id
    FROM settings
"""


class PlaceSettings(Struct, frozen=True, kw_only=True):
    """The row of the settings; `version` is another one after each change.

    The meeting is every second week on `meeting_weekday`, from Monday, 1, to Sunday, 7 (None: there is none), counted
    from `meeting_first_day`. `last_meeting_day` is the last one as an admin pinned it, None for the regular one.
    `place_color` is `#rrggbb` as it was chosen, None for the product's own; `logo_hash` is None without a logo.
    `pages_off` are switched off for everybody. `sync_interval_s` is None for the usual one, and counts only where the
    environment says nothing. `start_view_id` is the published view to begin with, None for the list.
    `matrix_label_group_id` is the group of labels that the matrix goes by, None for priorities.
    """

    version: int
    rank_order: RankOrder
    meeting_weekday: int | None
    meeting_first_day: date
    last_meeting_day: date | None
    place_name: str
    place_color: str | None
    logo_hash: str | None
    pages_off: list[str]
    sync_interval_s: int | None
    start_view_id: int | None
    matrix_label_group_id: str | None


async def read_settings() -> PlaceSettings:
    """Return the settings."""
    return _get_only(await query(_SETTINGS, row=PlaceSettings))


async def lock_settings(tx: Transaction) -> PlaceSettings:
    """Return the settings, which nobody else changes until the transaction ends."""
    return _get_only(await tx.query(f"{_SETTINGS} FOR UPDATE", row=PlaceSettings))


def _get_only(found: Sequence[PlaceSettings]) -> PlaceSettings:
    [only] = found
    return only


class GroupStart(Struct, frozen=True):
    """A group of viewers, and the published view with which the backlog opens for it, None: that of everybody."""

    id: int
    name: str
    start_view_id: int | None


async def list_group_starts() -> list[GroupStart]:
    """Return the groups of viewers by name."""
    return await query("SELECT id, name, start_view_id FROM viewer_groups ORDER BY lower(name), id", row=GroupStart)


async def set_group_start(tx: Transaction, group_id: int, view_id: int | None) -> int | None:
    """Let the backlog open with a view for a group, whose row is locked, and return the view before."""
    [(before,)] = await tx.query(
        """
        WITH was AS (SELECT start_view_id FROM viewer_groups WHERE id = %(group_id)s)
        UPDATE viewer_groups SET start_view_id = %(view_id)s, updated_at = now() FROM was
        WHERE id = %(group_id)s RETURNING was.start_view_id
        """,
        {"group_id": group_id, "view_id": view_id},
    )
    return before


async def save_settings(tx: Transaction, settings: PlaceSettings) -> None:
    """Store the settings; their version becomes the next one, whatever they say of it."""
    await tx.query(
        """
        UPDATE settings SET rank_order = %(rank_order)s, meeting_weekday = %(meeting_weekday)s,
               meeting_first_day = %(meeting_first_day)s, last_meeting_day = %(last_meeting_day)s,
               place_name = %(place_name)s, place_color = %(place_color)s, logo_hash = %(logo_hash)s,
               pages_off = %(pages_off)s, sync_interval_s = %(sync_interval_s)s, start_view_id = %(start_view_id)s,
               matrix_label_group_id = %(matrix_label_group_id)s,
               version = version + 1, updated_at = now()
        """,
        asdict(settings),
    )


async def begin_meetings(first_day: date) -> None:
    """Let the meetings be counted from a day and its weekday, unless an admin has changed any setting."""
    await query(
        """
        UPDATE settings SET meeting_first_day = %(day)s, meeting_weekday = extract(ISODOW FROM %(day)s::date)
        WHERE version = 1
        """,
        {"day": first_day},
    )
