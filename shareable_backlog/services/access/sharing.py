"""Let admins choose what is shown, and tell viewers what it is."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access import sharing_settings
from shareable_backlog.database.access.sharing import (
    EVERYTHING,
    NOTHING,
    Entity,
    EntityKind,
    Scope,
    SharedFields,
    SharingChoice,
    SharingSettings,
    build_scope,
)
from shareable_backlog.database.access.sharing_settings import ItemDifference
from shareable_backlog.database.backlog.counts import item_totals
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.projects import teams
from shareable_backlog.database.projects.teams import ShownTeam
from shareable_backlog.errors import Conflict
from shareable_backlog.services.access import notices
from shareable_backlog.services.account import published_views
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import NO_MAILS, Outbox

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Entity",
    "EntityKind",
    "Scope",
    "SharedFields",
    "SharingChoice",
    "build_scope",
]

KINDS: tuple[EntityKind, ...] = ("team", "project", "label")
MOST_LISTED = 100
_MOST_NAMED = 5


class EntityList(Struct, frozen=True):
    """Teams, projects or labels; `has_more` when a narrower search would be needed to see all."""

    kind: EntityKind
    listed: list[Entity]
    has_more: bool


class SharingPreview(Struct, frozen=True):
    """What a change of the settings would do; each field stands with whether it would be shown.

    `withdrawn` names the published views that nobody would be offered any more, as they name what would be hidden.
    """

    fields: list[tuple[str, bool]]
    entities: list[Entity]
    appearing: ItemDifference
    vanishing: ItemDifference
    withdrawn: list[str]


class SharingSummary(Struct, frozen=True):
    """What a viewer is told of what is shown; `is_part` when their groups see only a part of it."""

    fields: SharedFields
    teams: list[ShownTeam]
    items: ItemTotal
    is_part: bool


async def read_settings() -> SharingSettings:
    """Return the settings but for what is shown as a whole."""
    return await sharing_settings.read_settings()


async def list_entities(text: str) -> list[EntityList]:
    """Return the teams, projects and labels whose name has `text` in it, up to 100 of each."""
    found: list[EntityList] = []
    for kind in KINDS:
        listed = await sharing_settings.list_entities(kind, text, MOST_LISTED + 1)
        found.append(EntityList(kind, listed[:MOST_LISTED], len(listed) > MOST_LISTED))
    return found


async def preview_settings(version: int, fields: SharedFields, choices: Sequence[SharingChoice]) -> SharingPreview:
    """Return what saving this would change for who sees everything. Raises Conflict as `save_settings` does."""
    before = await sharing_settings.read_settings()
    require_version(before, version)
    appearing, vanishing = await sharing_settings.compute_difference(choices, _MOST_NAMED)
    changed = [
        (name, is_shown) for name, is_shown in asdict(fields).items() if is_shown != getattr(before.fields, name)
    ]
    withdrawn = await published_views.list_withdrawn(choices, shows_assignees=fields.assignees)
    return SharingPreview(changed, await _list_chosen(choices), appearing, vanishing, withdrawn)


async def save_settings(
    actor: Actor,
    version: int,
    fields: SharedFields,
    choices: Sequence[SharingChoice],
    outbox: Outbox = NO_MAILS,
) -> None:
    """Store what is shown, with a record of it, unless it was changed since `version`; tell admins of more by mail.

    `choices` are only those that are to change. Raises Conflict, and changes nothing, when somebody was faster or
    something chosen is not there any more.
    """
    entities = await _list_chosen(choices)
    names = {(one.kind, one.id): one.name for one in entities}
    async with transaction() as tx:
        before = await sharing_settings.lock_settings(tx)
        require_version(before, version)
        await sharing_settings.save_settings(tx, fields, choices)
        shown_before = {
            name: value for name, value in asdict(before.fields).items() if value != getattr(fields, name)
        }
        chosen = {f"{one.kind} {names[one.kind, one.id]} ({one.id})": one.is_shown for one in choices}
        await audit_actions.record(
            tx,
            actor,
            Action.SHARING_CHANGED,
            resource="sharing",
            details={
                "before": shown_before | {name: not is_shown for name, is_shown in chosen.items()},
                "after": {name: not value for name, value in shown_before.items()} | chosen,
            },
        )
        appeared = [describe_field(name) for name, was_shown in shown_before.items() if not was_shown]
        await notices.announce_widening(tx, outbox, actor, appeared + _list_appearing(entities, choices))


async def read_summary(scope: Scope) -> SharingSummary:
    """Tell a viewer what is shown to them."""
    current = await sharing_settings.read_settings()
    selection = await select_items(scope, ItemQuery(Filters(with_archived=True), "updated", clock.read_time()))
    return SharingSummary(
        current.fields,
        await teams.list_teams(scope),
        await item_totals.count_items(selection),
        scope.viewer_group_ids is not None,
    )


def describe_field(name: str) -> str:
    """Return what a field of the settings shows or hides: descriptions of items."""
    return "updates of projects and initiatives" if name == "updates" else f"{name} of items"


def require_version(settings: SharingSettings, version: int) -> None:
    """Raise Conflict when somebody else has changed the settings since `version`."""
    if settings.version != version:
        raise Conflict(
            "Somebody else changed the sharing settings in the meantime, so nothing was saved."
            " Reload the page and choose again."
        )


def _list_appearing(entities: Sequence[Entity], choices: Sequence[SharingChoice]) -> list[str]:
    """Return what is chosen to be shown and was not, as a mail says it."""
    shown = {(one.kind, one.id) for one in choices if one.is_shown}
    return [
        f"{one.kind} “{one.name}”{', which is private in Linear' if one.is_private else ''}"
        for one in entities
        if (one.kind, one.id) in shown and not one.is_shown
    ]


async def _list_chosen(choices: Sequence[SharingChoice]) -> list[Entity]:
    """Return what the choices are about, in their order of kinds. Raises Conflict when one of them has gone."""
    found = [
        one
        for kind in KINDS
        for one in await sharing_settings.list_entities_by_id(
            kind, [choice.id for choice in choices if choice.kind == kind]
        )
    ]
    if len(found) != len({(choice.kind, choice.id) for choice in choices}):
        raise Conflict("Something you chose no longer exists in Linear, so nothing was saved. Reload the settings.")
    return found
