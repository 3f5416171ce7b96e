"""List the views made in Linear, publish them here, and let what is published follow them."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database import transaction
from shareable_backlog.database.linear_views import followed_views, view_names
from shareable_backlog.database.linear_views.followed_views import LinearView
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.account import published_views, views
from shareable_backlog.services.account.views import StoredView
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.linear_views.translation import Translation, list_texts, translate_view

_BACKGROUND = Actor(None, "background", None, None)


class LinearViewState(Struct, frozen=True):
    """A view made in Linear, and what it shows here or why it can't be had."""

    view: LinearView
    translation: Translation

    @property
    def is_followed(self) -> bool:
        """Whether what is published here shows what the view in Linear does, or will after the next sync."""
        return self.view.published_id is not None and self.view.is_shared and self.translation.query is not None


async def list_views() -> list[LinearViewState]:
    """Return the views that are shared in Linear, and those published here that no longer are."""
    return await _translate_views(await followed_views.list_shared())


async def publish_view(actor: Actor, user_id: int, view_id: str) -> None:
    """Give a view made in Linear to everybody, under its name there.

    Raises NotFound, InvalidInput with the clauses that have no meaning here, and Conflict for a name in use.
    """
    view = await followed_views.find_shared(view_id)
    if view is None:
        raise NotFound("That view is no longer shared in Linear.")
    if view.published_id is not None:
        raise Conflict("That view is published already.")
    [state] = await _translate_views([view])
    if state.translation.query is None:
        raise InvalidInput(" ".join(("That view can't be published.", *state.translation.refusals)))
    stored = StoredView(views.parse_name(view.name), state.translation.query)
    async with transaction() as tx:
        published_id = await published_views.add_view(tx, actor, user_id, stored, linear_view=view.id)
        await followed_views.follow_view(tx, view.id, published_id)


async def follow_views() -> list[LinearView]:
    """Let published views show what theirs in Linear show by now, and return all that do.

    One that no longer has a meaning here, or is gone from Linear, stays as it was.
    """
    followed: list[LinearView] = []
    for state in await _translate_views(await followed_views.list_followed()):
        view, query = state.view, state.translation.query
        if view.published_id is None or query is None:
            continue
        if query == view.published_query:
            followed.append(view)
        elif await _set_query(view, view.published_id, query):
            followed.append(replace(view, published_query=query, is_checked=False))
    return followed


async def _set_query(view: LinearView, published_id: int, query: str) -> bool:
    """Let a published view show something else, on record; False when it isn't as it was any more."""
    before = view.published_query or ""
    async with transaction() as tx:
        if not await followed_views.set_query(tx, published_id, before=before, after=query):
            return False
        details = {"name": view.published_name, "before": {"query": before}, "after": {"query": query}}
        await audit_actions.record(
            tx, _BACKGROUND, Action.VIEW_CHANGED, resource="view", resource_id=str(published_id), details=details
        )
    return True


async def _translate_views(found: Sequence[LinearView]) -> list[LinearViewState]:
    if not found:
        return []
    texts = {text for view in found for text in list_texts(view.filter_data)}
    names = await view_names.read_names(texts | {view.team_id for view in found if view.team_id is not None})
    return [LinearViewState(view, translate_view(view.filter_data, view.team_id, names)) for view in found]
