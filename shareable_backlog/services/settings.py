"""Let admins change what counts for the whole place."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database import place_logos, settings, transaction
from shareable_backlog.database.access import viewer_groups
from shareable_backlog.database.account import published_views
from shareable_backlog.database.backlog.counts import label_groups
from shareable_backlog.database.backlog.counts.label_groups import LabelGroup
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.settings import GroupStart, PlaceSettings, RankOrder
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services import logos
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.vocabulary import PAGES

__all__ = ["GroupStart", "LabelGroup", "PlaceSettings", "RankOrder"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RANK_ORDERS: Mapping[RankOrder, str] = {
    "priority": "by priority, within it in Linear's manual order",
    "manual": "in Linear's manual order alone",
}


_LONGEST_NAME = 60


class _KeptSettings(Struct, frozen=True):
    """The settings, at least as new as a mark."""

    mark: str
    settings: PlaceSettings


_KEPT = ProcessState[_KeptSettings | None](lambda: None)


async def read_settings(mark: str | None = None) -> PlaceSettings:
    """Return the settings of the place, with the `mark` that whoever asks has found at them: those kept of it."""
    if mark is None:
        return await settings.read_settings()
    kept = _KEPT.value
    if kept is None or kept.mark != mark:
        kept = _KEPT.value = _KeptSettings(mark, await settings.read_settings())
    return kept.settings


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
    chosen: dict[str, Any] = {"place_name": words, "place_color": color}
    if logo or drops_logo:
        chosen["logo_hash"] = logo and hashlib.sha256(logo.content).hexdigest()[:12]

    async def save_logo(tx: Transaction) -> None:
        await place_logos.save_logo(tx, logo)

    await _save(actor, version, **chosen, also=save_logo if "logo_hash" in chosen else None)


async def save_pages(actor: Actor, version: int, pages: Collection[str]) -> None:
    """Switch all but these pages off for everybody, with a record of it. Raises Conflict."""
    await _save(actor, version, pages_off=[name for name in PAGES if name not in pages])


async def save_sync(actor: Actor, version: int, interval_s: int | None) -> None:
    """Store how long after a run the next one comes, None: the usual time. Raises Conflict."""
    await _save(actor, version, sync_interval_s=interval_s)


async def save_matrix(actor: Actor, version: int, label_group_id: str | None) -> None:
    """Let the matrix show importance by a group of labels, None: by priority, with a record of it.

    Raises NotFound for a group that is gone from Linear, and Conflict.
    """
    groups = await list_label_groups()
    if label_group_id is not None and label_group_id not in {one.id for one in groups if not one.is_removed}:
        raise NotFound("That group of labels is no longer in Linear. Nothing was saved.")
    names = {one.id: one.name for one in groups}
    await _save(actor, version, matrix_label_group_id=label_group_id, names=names)


async def list_label_groups() -> list[LabelGroup]:
    """Return the groups of labels by name, also those that are gone from Linear."""
    return await label_groups.list_label_groups()


async def save_start(actor: Actor, version: int, group_id: int | None, view_id: int | None) -> None:
    """Let the backlog open with a published view (None: the list) for a group, or for everybody (None).

    It counts for who has chosen no view to begin with. Raises NotFound for what is gone, and Conflict.
    """
    if view_id is not None and view_id not in {one.id for one in await published_views.list_views()}:
        raise NotFound("That view is no longer published. Nothing was saved.")
    if group_id is None:
        await _save(actor, version, start_view_id=view_id)
        return
    async with transaction() as tx:
        name = await viewer_groups.lock_group(tx, group_id)
        if name is None:
            raise NotFound("That group no longer exists. Nothing was saved.")
        before = await settings.set_group_start(tx, group_id, view_id)
        if before != view_id:
            await audit_actions.record(
                tx,
                actor,
                Action.GROUP_CHANGED,
                resource="group",
                resource_id=str(group_id),
                details={
                    "before": {"name": name, "start_view": before},
                    "after": {"name": name, "start_view": view_id},
                },
            )


async def list_starts() -> list[GroupStart]:
    """Return the groups by name, each with the view with which the backlog opens for it."""
    return await settings.list_group_starts()


async def choose_sync_interval_s(config: Settings) -> int:
    """Return how long after a run the next one comes: as the environment says, else as an admin chose."""
    if "SYNC_INTERVAL_S" in config.given:
        return config.sync_interval_s
    return (await settings.read_settings()).sync_interval_s or config.sync_interval_s


async def _save(
    actor: Actor,
    version: int,
    *,
    also: Callable[[Transaction], Awaitable[None]] | None = None,
    names: Mapping[str, str] = {},
    **chosen: object,
) -> None:
    """Store what was chosen of the settings, with a record of what is otherwise now; the rest stays as it is.

    `also` stores what belongs to a change but stands elsewhere; `names` are what the record calls ids.
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
                "before": {name: _describe_value(name, getattr(before, name), names) for name in changes},
                "after": {name: _describe_value(name, value, names) for name, value in changes.items()},
            },
        )


def _describe_value(name: str, value: object, names: Mapping[str, str]) -> object:
    """Return what the record says of a setting."""
    match name, value:
        case "meeting_weekday", int():
            return WEEKDAYS[value - 1]
        case "matrix_label_group_id", str():
            return names.get(value, value)
        case _:
            return value
