"""Let admins decide which labels are named on items and offered as a filter: a new one waits until they have."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.access.label_offers import OfferedLabel
from shareable_backlog.errors import Conflict
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

__all__ = ["OfferedLabel"]

MOST_LISTED = 500
_MOST_RECORDED = 100


class LabelPage(Struct, frozen=True):
    """The labels that a search finds, those that wait first; `waiting` of all labels do."""

    labels: list[OfferedLabel]
    has_more: bool
    waiting: int


class LabelPreview(Struct, frozen=True):
    """What a decision would change: which labels people would read of, and which no longer; `kept` stay unread."""

    appearing: list[OfferedLabel]
    vanishing: list[OfferedLabel]
    kept: list[OfferedLabel]


async def list_labels(text: str) -> LabelPage:
    """Return up to 500 labels whose name has `text` in it."""
    found = await label_offers.list_labels(text, MOST_LISTED + 1)
    return LabelPage(found[:MOST_LISTED], len(found) > MOST_LISTED, await label_offers.count_waiting())


async def preview_offers(offers: Mapping[str, bool]) -> LabelPreview:
    """Return what it would change to decide so of labels, by their ids. Raises Conflict when one has gone."""
    found = await _list_chosen(offers)
    return LabelPreview(
        [one for one in found if offers[one.id] and not one.is_offered],
        [one for one in found if not offers[one.id] and one.is_offered],
        [one for one in found if not offers[one.id] and one.is_offered is None],
    )


async def save_offers(actor: Actor, offers: Mapping[str, bool]) -> None:
    """Let labels through, or not, by their ids, with a record of those that it changes. Raises Conflict."""
    names = {one.id: one.name for one in await _list_chosen(offers)}
    async with transaction() as tx:
        before = await label_offers.lock_offers(tx, names)
        changed = {id_: offers[id_] for id_ in names if before.get(id_) != offers[id_]}
        for is_offered in (True, False):
            ids = [id_ for id_, wanted in changed.items() if wanted == is_offered]
            if ids:
                await label_offers.save_offers(tx, ids, is_offered=is_offered)
        if changed:
            told = list(changed)[:_MOST_RECORDED]
            await audit_actions.record(
                tx,
                actor,
                Action.LABELS_REVIEWED,
                resource="labels",
                details={
                    "labels": len(changed),
                    "before": {names[id_]: _describe(before.get(id_)) for id_ in told},
                    "after": {names[id_]: _describe(changed[id_]) for id_ in told},
                },
            )


async def count_waiting() -> int:
    """Count the labels of which no admin has decided."""
    return await label_offers.count_waiting()


async def _list_chosen(offers: Mapping[str, bool]) -> Sequence[OfferedLabel]:
    found = await label_offers.list_labels_by_id(list(offers))
    if len(found) != len(offers):
        raise Conflict("A label you chose no longer exists in Linear, so nothing was saved. Reload the page.")
    return found


def _describe(is_offered: bool | None) -> str:  # noqa: FBT001 (one of three)
    return "waiting" if is_offered is None else "let through" if is_offered else "not let through"
