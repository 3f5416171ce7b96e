"""Let admins give views to everybody who may be told what they name; each sees through one what is shown to them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import viewer_groups
from shareable_backlog.database.access.sharing import EVERYTHING, SharingChoice, build_scope
from shareable_backlog.database.account import published_views
from shareable_backlog.database.account.published_views import PublishedView
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import Conflict, NotFound
from shareable_backlog.services.account import offered_views, views
from shareable_backlog.services.account.views import StoredView
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor


class PublishedViewState(Struct, frozen=True):
    """A published view as an admin sees it: `names` are those it tells that are hidden from `not_offered_to`.

    `is_hidden` when that is everybody: then no viewer group is named.
    """

    view: PublishedView
    names: list[str]
    not_offered_to: list[str]
    is_hidden: bool


_NAME_IS_TAKEN = "There is already a published view with that name. Choose another name."


async def list_views() -> list[PublishedViewState]:
    """Return all published views in their order, with whom each is not offered to."""
    published = await published_views.list_views()
    hidden = await offered_views.list_hidden_names(EVERYTHING, published)
    groups = [
        (group.name, await offered_views.list_hidden_names(build_scope([group.id]), published))
        for group in await viewer_groups.list_groups()
    ]
    return [
        PublishedViewState(
            view,
            hidden.get(view.id) or sorted({name for _, names in groups for name in names.get(view.id, ())}),
            [] if view.id in hidden else [group for group, names in groups if view.id in names],
            view.id in hidden,
        )
        for view in published
    ]


async def list_withdrawn(choices: Sequence[SharingChoice], *, shows_assignees: bool) -> list[str]:
    """Return the names of the published views that nobody would be offered any more if this were saved."""
    published = await published_views.list_views()
    before = await offered_views.list_hidden_names(EVERYTHING, published)
    after = await offered_views.list_hidden_names(EVERYTHING, published, choices, shows_assignees=shows_assignees)
    return [view.name for view in published if view.id in after and view.id not in before]


async def publish_view(actor: Actor, user_id: int, name: str) -> None:
    """Give a copy of a person's own view to everybody. Raises NotFound, InvalidInput, and Conflict."""
    view = await views.read_own_view(user_id, name)
    title, layout = views.parse_name(view.name), views.parse_layout(view.layout)
    query = views.normalise_query(view.query, layout)
    async with transaction() as tx:
        await add_view(tx, actor, user_id, StoredView(title, query, layout))


async def add_view(tx: Transaction, actor: Actor, user_id: int, view: StoredView, **details: object) -> int:
    """Give a view to everybody in a transaction and return its id; `details` are for the record. Raises Conflict."""
    if len(await published_views.lock_views(tx)) >= views.MOST_VIEWS:
        raise Conflict(
            f"{views.MOST_VIEWS} views are published, which is the most there can be. Unpublish one first."
        )
    view_id = await published_views.create_view(
        tx, name=view.name, query=view.query, layout=view.layout, created_by=user_id
    )
    if view_id is None:
        raise Conflict(_NAME_IS_TAKEN)
    shown = {"name": view.name, "query": view.query, "layout": view.layout}
    await _record(tx, actor, Action.VIEW_PUBLISHED, view_id, {**shown, **details})
    return view_id


async def rename_view(actor: Actor, view_id: int, name: str) -> None:
    """Give a published view another name. Raises NotFound, InvalidInput, and Conflict for a name in use."""
    name = views.parse_name(name)
    async with transaction() as tx:
        view = _require_view(await published_views.lock_views(tx), view_id)
        if view.name == name:
            return
        if not await published_views.rename_view(tx, view_id, name):
            raise Conflict(_NAME_IS_TAKEN)
        details = {"before": {"name": view.name}, "after": {"name": name}}
        await _record(tx, actor, Action.VIEW_CHANGED, view_id, details)


async def move_view(actor: Actor, view_id: int, *, is_up: bool) -> None:
    """Let a published view change places with the one before, or after; at the end it stays. Raises NotFound."""
    async with transaction() as tx:
        found = await published_views.lock_views(tx)
        view = _require_view(found, view_id)
        place, ids = found.index(view), [one.id for one in found]
        other = place + (-1 if is_up else 1)
        if not 0 <= other < len(ids):
            return
        ids[place], ids[other] = ids[other], ids[place]
        await published_views.arrange_views(tx, ids)
        details = {"name": view.name, "before": {"place": place + 1}, "after": {"place": other + 1}}
        await _record(tx, actor, Action.VIEW_CHANGED, view_id, details)


async def unpublish_view(actor: Actor, view_id: int) -> None:
    """Take a view from everybody; copies that people made stay theirs. Raises NotFound."""
    async with transaction() as tx:
        view = _require_view(await published_views.lock_views(tx), view_id)
        await published_views.delete_view(tx, view_id)
        details = {"name": view.name, "query": view.query, "layout": view.layout}
        await _record(tx, actor, Action.VIEW_UNPUBLISHED, view_id, details)


def _require_view(published: list[PublishedView], view_id: int) -> PublishedView:
    view = next((one for one in published if one.id == view_id), None)
    if view is None:
        raise NotFound("That view is no longer published.")
    return view


async def _record(tx: Transaction, actor: Actor, action: Action, view_id: int, details: Mapping[str, object]) -> None:
    await audit_actions.record(tx, actor, action, resource="view", resource_id=str(view_id), details=details)
