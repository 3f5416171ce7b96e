"""Let admins change what counts for the whole place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from shareable_backlog.database import settings, transaction
from shareable_backlog.database.settings import PlaceSettings, RankOrder
from shareable_backlog.errors import Conflict, InvalidInput
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

__all__ = ["PlaceSettings", "RankOrder"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RANK_ORDERS: Mapping[RankOrder, str] = {
    "priority": "by priority, within it in Linear's manual order",
    "manual": "in Linear's manual order alone",
}


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


async def _save(actor: Actor, version: int, **chosen: object) -> None:
    """Store what was chosen of the settings, with a record of what is otherwise now; the rest stays as it is."""
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
