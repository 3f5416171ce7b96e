"""Let admins change what counts for the whole place."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from shareable_backlog.database import place_logos, settings, transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.settings import PlaceSettings, RankOrder
from shareable_backlog.errors import Conflict, InvalidInput
from shareable_backlog.services import logos
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

__all__ = ["PlaceSettings", "RankOrder"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RANK_ORDERS: Mapping[RankOrder, str] = {
    "priority": "by priority, within it in Linear's manual order",
    "manual": "in Linear's manual order alone",
}


_LONGEST_NAME = 60


async def read_settings() -> PlaceSettings:
    """Return the settings of the place."""
    return await settings.read_settings()


async def save_meeting(
    actor: Actor,
    version: int,
    today: date,
    *,
    rank_order: RankOrder,
    weekday: int | None,
    first_day: date,
    last_day: date | None,
) -> None:
    """Store how items are ranked and when the meeting is, with a record of it.

    Raises InvalidInput for a last meeting after `today`, and Conflict when the settings were changed since `version`.
    """
    if last_day is not None and last_day > today:
        raise InvalidInput("The last meeting can't be on a day to come, so nothing was saved. Choose an earlier day.")
    await _save(
        actor,
        version,
        rank_order=rank_order,
        meeting_weekday=weekday,
        meeting_first_day=first_day,
        last_meeting_day=last_day,
    )


async def save_place(
    actor: Actor, version: int, *, name: str, color: str | None, upload: bytes = b"", drops_logo: bool = False
) -> None:
    """Store what the place is called and how it looks, with a record of it.

    `color` is `#rrggbb`, None for the product's own. Without an `upload` the logo stays, unless `drops_logo`. Raises
    InvalidInput, and Conflict when the settings were changed since `version`.
    """
    words = " ".join(name.split())
    if not words.isprintable() or not 0 < len(words) <= _LONGEST_NAME:
        raise InvalidInput(f"The place needs a name of up to {_LONGEST_NAME} characters. Nothing was saved.")
    if color is not None and not re.fullmatch(r"#[0-9a-f]{6}", color := color.lower()):
        raise InvalidInput("A color looks like #22664f. Nothing was saved.")
    logo = logos.clean_logo(upload) if upload else None
    chosen: dict[str, object] = {"place_name": words, "place_color": color}
    if logo or drops_logo:
        chosen["logo_hash"] = logo and hashlib.sha256(logo.content).hexdigest()[:12]

    async def save_logo(tx: Transaction) -> None:
        await place_logos.save_logo(tx, logo)

    await _save(actor, version, **chosen, also=save_logo if "logo_hash" in chosen else None)


async def _save(
    actor: Actor, version: int, *, also: Callable[[Transaction], Awaitable[None]] | None = None, **chosen: object
) -> None:
    """Store what was chosen of the settings, with a record of what is otherwise now; the rest stays as it is.

    `also` stores what belongs to a change but stands elsewhere.
    """
    async with transaction() as tx:
        before = await settings.lock_settings(tx)
        if before.version != version:
            raise Conflict(
                "Somebody else changed the settings in the meantime, so nothing was saved."
                " Reload the page and choose again."
            )
        changes: dict[str, Any] = {name: value for name, value in chosen.items() if value != getattr(before, name)}
        if not changes:
            return
        await settings.save_settings(tx, replace(before, **changes))
        if also is not None:
            await also(tx)
        await audit_actions.record(
            tx,
            actor,
            Action.SETTINGS_CHANGED,
            resource="settings",
            details={
                "before": {name: _describe_value(name, getattr(before, name)) for name in changes},
                "after": {name: _describe_value(name, value) for name, value in changes.items()},
            },
        )


def _describe_value(name: str, value: object) -> object:
    """Return what the record says of a setting."""
    match name, value:
        case "meeting_weekday", int():
            return WEEKDAYS[value - 1]
        case _:
            return value
