"""Tell what happened to an item, as far as the mirror knows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import state_changes
from shareable_backlog.database.backlog.item_details import ItemDetails
from shareable_backlog.database.backlog.news.item_changes import ItemChange
from shareable_backlog.database.backlog.state_changes import LatestChange, StateChange


class ItemEvent(Struct, frozen=True):
    """Something that happened: created, moved, started, completed, canceled or archived.

    `change` is there when it moved from one state to another, `move` when another field of it changed.
    """

    kind: str
    at: datetime
    change: StateChange | None = None
    move: ItemChange | None = None


def build_history(item: ItemDetails, changes: Iterable[StateChange], moves: Iterable[ItemChange]) -> list[ItemEvent]:
    """Return what happened, the oldest first; a change of state that the mirror saw stands for the date it left."""
    moved = [ItemEvent("moved", change.changed_at, change) for change in changes]
    seen = {event.at for event in moved}
    moved += [ItemEvent("moved", move.changed_at, move=move) for move in moves]
    dates = {"started": item.started_at, "completed": item.completed_at, "canceled": item.canceled_at}
    events = [ItemEvent(kind, at) for kind, at in dates.items() if at is not None and at not in seen]
    events += [ItemEvent("archived", item.archived_at)] if item.archived_at else []
    return [ItemEvent("created", item.created_at), *sorted([*moved, *events], key=lambda event: event.at)]


async def list_latest_changes(scope: Scope, item_ids: Sequence[str]) -> dict[str, LatestChange]:
    """Return the newest change of state that the mirror saw, by the id of the item."""
    return {one.item_id: one for one in await state_changes.list_latest_changes(scope, item_ids)}
