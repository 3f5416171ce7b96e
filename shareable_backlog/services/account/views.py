"""Keep people's saved views of the backlog, and offer them those that admins published."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import NOTHING, Scope
from shareable_backlog.database.account import published_views, user_preferences
from shareable_backlog.database.account.published_views import OfferedView
from shareable_backlog.database.account.user_preferences import StoredViews
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.account import offered_views
from shareable_backlog.services.backlog import filters, layouts

__all__ = ["OfferedView"]

Layout: TypeAlias = Literal["list", "board", "matrix", "timeline", "trends", "roadmap", "changes"]
"""Which page a view is of."""

LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
MOST_VIEWS = 100
_LONGEST_NAME = 80
_LONGEST_QUERY = 2_000
_NOT_SAVED = ("notice", "page", "after")
_IS_GONE = "That view no longer exists."


class StoredView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A view as it is stored: `query` is what stands in its address after the question mark."""

    name: str
    query: str
    layout: Layout = "list"


class _DeletedView(msgspec.Struct, frozen=True):
    """A deleted view and where it was."""

    view: msgspec.Raw
    place: int
    is_default: bool


class OfferedViews(Struct, frozen=True):
    """The views that a person may open, each kind in its order."""

    mine: tuple[OfferedView, ...]
    published: tuple[OfferedView, ...]


class ViewsBar(Struct, frozen=True):
    """The views that a page offers, and how the page itself would be saved.

    `current` is the view that the page shows, None when it is none of them.
    """

    mine: tuple[OfferedView, ...]
    published: tuple[OfferedView, ...]
    current: OfferedView | None
    query: str
    layout: Layout


async def list_views(user_id: int, scope: Scope) -> OfferedViews:
    """Return a person's own views, as far as they can be read, and the published ones that `scope` is offered."""
    stored, version = await published_views.list_offered_views(user_id)
    return await parse_offered(stored, scope, version)


async def parse_offered(stored: Sequence[Mapping[str, Any]], scope: Scope, version: str) -> OfferedViews:
    """Return the views whose fields these are, the published ones as far as `scope` is offered them.

    `version` is the mirror's, read no later than the fields.
    """
    found = msgspec.convert(stored, list[OfferedView])
    published = [one for one in found if one.id is not None]
    offered = await offered_views.select_offered(scope, published, version)
    return OfferedViews(tuple(one for one in found if one.id is None), tuple(offered))


async def read_own_view(user_id: int, name: str) -> OfferedView:
    """Return a person's own view of that name. Raises NotFound."""
    for view in (await list_views(user_id, NOTHING)).mine:
        if _fold_name(view.name) == _fold_name(name):
            return view
    raise NotFound(_IS_GONE)


async def find_deleted_name(user_id: int) -> str | None:
    """Return the name of the view that a person deleted last; None when there is none to bring back."""
    return await user_preferences.find_deleted_view_name(user_id)


def build_bar(offered: OfferedViews, query: str, layout: Layout) -> ViewsBar:
    """Return the views to offer on the page that shows `query`; one's own comes first as the current one."""
    try:
        query = normalise_query(query, layout)
    except InvalidInput:
        query = ""
    shown = (one for one in offered.mine + offered.published if (one.layout, one.query) == (layout, query))
    return ViewsBar(offered.mine, offered.published, next(shown, None), query, layout)


def find_default(offered: OfferedViews, start_view_id: int | None = None) -> tuple[Layout, str] | None:
    """Return layout and query of the view that a person begins with; None without one that makes sense.

    Who has chosen none begins with the published view `start_view_id`, as far as they are offered it.
    """
    default = next((one for one in offered.mine if one.is_default), None)
    if default is None and start_view_id is not None:
        default = next((one for one in offered.published if one.id == start_view_id), None)
    if default is None:
        return None
    try:
        layout = parse_layout(default.layout)
        return layout, normalise_query(default.query, layout)
    except InvalidInput:
        return None


async def save_view(
    user_id: int, name: str, query: str, layout: Layout, *, replaces: bool = False
) -> StoredView | None:
    """Save a view after a person's others, or in place of the one of its name if it `replaces` that.

    Gives None, and saves nothing, when there is one of that name otherwise. Raises InvalidInput, and Conflict beside
    100 others.
    """
    view = StoredView(parse_name(name), normalise_query(query, layout), layout)
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        place = _find_index(stored, view.name)
        if place is None:
            _require_room(stored)
            stored.views.append(_encode_json(view))
        elif replaces:
            kept = _decode_fields(stored.views[place])
            kept.pop("layout", None)
            stored.views[place] = _encode_json(kept | msgspec.to_builtins(view) | {"name": stored.names[place]})
        else:
            return None
        await user_preferences.save_views(tx, user_id, stored.views, stored.default, stored.deleted)
    return view


async def copy_view(user_id: int, scope: Scope, view_id: int) -> None:
    """Save a published view among a person's own. Raises NotFound, and Conflict for a name in use."""
    view = next((one for one in (await list_views(user_id, scope)).published if one.id == view_id), None)
    if view is None:
        raise NotFound("That view is no longer published.")
    if await save_view(user_id, view.name, view.query, parse_layout(view.layout)) is None:
        raise Conflict("You already have a view with that name, so nothing was copied. Rename yours first.")


async def rename_view(user_id: int, name: str, new_name: str) -> None:
    """Give a view another name. Raises NotFound, InvalidInput, and Conflict for a name in use."""
    new_name = parse_name(new_name)
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        place = _require_index(stored, name)
        if _find_index(stored, new_name) not in {None, place}:
            raise Conflict("You already have a view with that name. Choose another name.")
        default = new_name if stored.default == stored.names[place] else stored.default
        stored.views[place] = _encode_json(_decode_fields(stored.views[place]) | {"name": new_name})
        await user_preferences.save_views(tx, user_id, stored.views, default, stored.deleted)


async def move_view(user_id: int, name: str, *, is_up: bool) -> None:
    """Let a view change places with the one before it, or after it; at the end it stays. Raises NotFound."""
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        place = _require_index(stored, name)
        readable = [at for at, one in enumerate(stored.names) if one is not None]
        at = readable.index(place) + (-1 if is_up else 1)
        if 0 <= at < len(readable):
            views, other = stored.views, readable[at]
            views[place], views[other] = views[other], views[place]
            await user_preferences.save_views(tx, user_id, views, stored.default, stored.deleted)


async def set_default_view(user_id: int, name: str | None) -> None:
    """Make a view the one that a person begins with; None: the whole list. Raises NotFound."""
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        default = None if name is None else stored.names[_require_index(stored, name)]
        await user_preferences.save_views(tx, user_id, stored.views, default, stored.deleted)


async def delete_view(user_id: int, name: str) -> None:
    """Delete a view so that it, as the last one, can be brought back. Raises NotFound."""
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        place = _require_index(stored, name)
        is_default = stored.default == stored.names[place]
        deleted = _DeletedView(msgspec.Raw(stored.views.pop(place).encode()), place, is_default)
        default = None if is_default else stored.default
        await user_preferences.save_views(tx, user_id, stored.views, default, _encode_json(deleted))


async def restore_view(user_id: int) -> None:
    """Put the view that was deleted last where it was. Raises NotFound, and Conflict without room for it."""
    async with transaction() as tx:
        stored = await user_preferences.lock_views(tx, user_id)
        try:
            deleted = msgspec.json.decode(stored.deleted or "", type=_DeletedView)
            view = msgspec.json.decode(deleted.view, type=StoredView)
        except msgspec.DecodeError:
            raise NotFound("There is no deleted view to bring back.") from None
        if _find_index(stored, view.name) is not None:
            raise Conflict("By now you have another view with that name. Rename that one first.")
        _require_room(stored)
        stored.views.insert(min(max(deleted.place, 0), len(stored.views)), bytes(deleted.view).decode())
        default = view.name if deleted.is_default else stored.default
        await user_preferences.save_views(tx, user_id, stored.views, default, None)


def normalise_query(query: str, layout: Layout) -> str:
    """Return a query as it is stored, always in the same order. Raises InvalidInput for one without meaning."""
    given = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    if layout in {"timeline", "trends", "roadmap", "changes"}:
        written = sorted((name, value) for name, value in given if value and name not in _NOT_SAVED)
    else:
        written = filters.build_pairs(filters.parse_filters(given)) + layouts.build_pairs(layouts.parse_layout(given))
    stored = urlencode(written)
    if len(stored) > _LONGEST_QUERY:
        raise InvalidInput(f"A view's filter can have at most {_LONGEST_QUERY} characters. Remove some of it.")
    return stored


def parse_layout(text: str) -> Layout:
    """Return the layout of that name. Raises InvalidInput."""
    for layout in LAYOUTS:
        if layout == text:
            return layout
    raise InvalidInput("A view shows the list, the board, the roadmap or the changes. Reload the page and try again.")


def parse_name(text: str) -> str:
    """Return the name, trimmed. Raises InvalidInput unless it has 1 to 80 characters, one of them visible."""
    name = " ".join(text.split())
    if len(name) > _LONGEST_NAME or not any(one.isprintable() and one != " " for one in name):
        raise InvalidInput(f"A view needs a name of up to {_LONGEST_NAME} characters.")
    return name


def _find_index(stored: StoredViews, name: str) -> int | None:
    """Return where the view of that name is, in whatever case and spacing."""
    wanted = _fold_name(name)
    return next((at for at, one in enumerate(stored.names) if one is not None and _fold_name(one) == wanted), None)


def _require_index(stored: StoredViews, name: str) -> int:
    place = _find_index(stored, name)
    if place is None:
        raise NotFound(_IS_GONE)
    return place


def _fold_name(name: str) -> str:
    return " ".join(name.split()).casefold()


def _require_room(stored: StoredViews) -> None:
    if len(stored.views) >= MOST_VIEWS:
        raise Conflict(f"You have {MOST_VIEWS} views, which is the most you can have. Delete one first.")


def _decode_fields(json: str) -> dict[str, object]:
    """Read a stored view so that what this program doesn't know of it can be written as it was."""
    return dict(msgspec.json.decode(json, type=dict[str, msgspec.Raw]))


def _encode_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
