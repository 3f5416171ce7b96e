"""Read and change what admins choose for the whole place."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal, LiteralString, TypeAlias

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

RankOrder: TypeAlias = Literal["priority", "manual"]
"""By what items are ranked: by priority first, or by Linear's manual order alone."""

_SETTINGS: LiteralString = """
    SELECT version, rank_order, meeting_weekday, meeting_first_day, last_meeting_day,
           place_name, place_color, logo_hash
    FROM settings
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSettings:
    """The row of the settings; `version` is another one after each change.

    The meeting is every second week on `meeting_weekday`, from Monday, 1, to Sunday, 7 (None: there is none), counted
    from `meeting_first_day`. `last_meeting_day` is the last one as an admin pinned it, None for the regular one.
    `place_color` is `#rrggbb` as it was chosen, None for the product's own; `logo_hash` is None without a logo.
    """

    version: int
    rank_order: RankOrder
    meeting_weekday: int | None
    meeting_first_day: date
    last_meeting_day: date | None
    place_name: str
    place_color: str | None
    logo_hash: str | None


async def read_settings() -> PlaceSettings:
    """Return the settings."""
    return _get_only(await query(_SETTINGS, row=PlaceSettings))


async def lock_settings(tx: Transaction) -> PlaceSettings:
    """Return the settings, which nobody else changes until the transaction ends."""
    return _get_only(await tx.query(f"{_SETTINGS} FOR UPDATE", row=PlaceSettings))


def _get_only(found: Sequence[PlaceSettings]) -> PlaceSettings:
    [only] = found
    return only


async def save_settings(tx: Transaction, settings: PlaceSettings) -> None:
    """Store the settings; their version becomes the next one, whatever they say of it."""
    await tx.query(
        """
        UPDATE settings SET rank_order = %(rank_order)s, meeting_weekday = %(meeting_weekday)s,
               meeting_first_day = %(meeting_first_day)s, last_meeting_day = %(last_meeting_day)s,
               place_name = %(place_name)s, place_color = %(place_color)s, logo_hash = %(logo_hash)s,
               version = version + 1, updated_at = now()
        """,
        asdict(settings),
    )
