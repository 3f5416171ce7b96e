"""Keep people's saved views of the backlog, and offer them those that admins published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import parse_qsl, urlencode

import msgspec

from shareable_backlog.database import transaction
from shareable_backlog.database.account import published_views, user_preferences
from shareable_backlog.database.account.published_views import OfferedView
from shareable_backlog.database.account.user_preferences import StoredViews
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.backlog import filters, layouts

__all__ = ["OfferedView"]

Layout: TypeAlias = Literal["list", "board", "roadmap"]
"""Which page a view is of."""

LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
MOST_VIEWS = 100
_LONGEST_NAME = 80
_LONGEST_QUERY = 2_000
_NOT_OF_ROADMAP = ("notice", "page")
_IS_GONE = "That view is not there any more."


class View(msgspec.Struct, frozen=True, omit_defaults=True):
    """Hold a view as it is stored: `query` is what stands in its address after the question mark."""

    name: str
    query: str
    layout: Layout = "list"


class _Deleted(msgspec.Struct, frozen=True):
    """Hold a deleted view and where it was."""

    view: msgspec.Raw
    place: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """Hold the views that a person may open, each kind in its order."""

    mine: list[OfferedView]
    published: list[OfferedView]


@dataclass(frozen=True, slots=True)
class Bar:
    """Hold the views that a page offers, and how the page itself would be saved.

    `current` is the view that the page shows, None when it is none of them.
    """

    mine: list[OfferedView]
    published: list[OfferedView]
    current: OfferedView | None
    query: str
    layout: Layout


async def offered(user_id: int) -> Offered:
    """Give a person's own views, without those that can't be read, and the published ones."""
    return as_offered(await published_views.offered(user_id))


def as_offered(stored: Sequence[Mapping[str, Any]]) -> Offered:
    """Give the views whose fields these are."""
    found = msgspec.convert(stored, list[OfferedView])
    return Offered([one for one in found if one.id is None], [one for one in found if one.id is not None])


async def own(user_id: int, name: str) -> OfferedView:
    """Give a person's own view of that name. Raises NotFound."""
    for view in (await offered(user_id)).mine:
        if _folded(view.name) == _folded(name):
            return view
    raise NotFound(_IS_GONE)


async def deleted_name(user_id: int) -> str | None:
    """Give the name of the view that a person deleted last; None when there is none to bring back."""
    return await user_preferences.deleted_view_name(user_id)


def bar(found: Offered, query: str, layout: Layout) -> Bar:
    """Give the views to offer on the page that shows `query`; one's own comes first as the current one."""
    try:
        query = normalised(query, layout)
    except InvalidInput:
        query = ""
    shown = (one for one in found.mine + found.published if (one.layout, one.query) == (layout, query))
    return Bar(found.mine, found.published, next(shown, None), query, layout)


def default_query(found: Offered) -> tuple[Layout, str] | None:
    """Give layout and query of the view that a person begins with; None without one that makes sense."""
    default = next((one for one in found.mine if one.is_default), None)
    if default is None:
        return None
    try:
        layout = as_layout(default.layout)
        return layout, normalised(default.query, layout)
    except InvalidInput:
        return None


async def save(user_id: int, name: str, query: str, layout: Layout, *, replaces: bool = False) -> View | None:
    """Save a view after a person's others, or in place of the one of its name if it `replaces` that.

    Gives None, and saves nothing, when there is one of that name otherwise. Raises InvalidInput, and Conflict beside
    100 others.
    """
    view = View(as_name(name), normalised(query, layout), layout)
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        place = _find(stored, view.name)
        if place is None:
            _require_room(stored)
            stored.views.append(_json(view))
        elif replaces:
            kept = _fields(stored.views[place])
            kept.pop("layout", None)
            stored.views[place] = _json(kept | msgspec.to_builtins(view) | {"name": stored.names[place]})
        else:
            return None
        await user_preferences.store_views(opened, user_id, stored.views, stored.default, stored.deleted)
    return view


async def copy(user_id: int, view_id: int) -> None:
    """Save a published view among a person's own. Raises NotFound, and Conflict for a name in use."""
    view = await published_views.by_id(view_id)
    if view is None:
        raise NotFound("That view is not published any more.")
    if await save(user_id, view.name, view.query, as_layout(view.layout)) is None:
        raise Conflict("You have a view of that name already, so nothing was copied. Rename yours first.")


async def rename(user_id: int, name: str, new_name: str) -> None:
    """Give a view another name. Raises NotFound, InvalidInput, and Conflict for a name in use."""
    new_name = as_name(new_name)
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        place = _place(stored, name)
        if _find(stored, new_name) not in {None, place}:
            raise Conflict("You have a view of that name already. Give this one another name.")
        default = new_name if stored.default == stored.names[place] else stored.default
        stored.views[place] = _json(_fields(stored.views[place]) | {"name": new_name})
        await user_preferences.store_views(opened, user_id, stored.views, default, stored.deleted)


async def move(user_id: int, name: str, *, is_up: bool) -> None:
    """Let a view change places with the one before it, or after it; at the end it stays. Raises NotFound."""
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        place = _place(stored, name)
        readable = [at for at, one in enumerate(stored.names) if one is not None]
        at = readable.index(place) + (-1 if is_up else 1)
        if 0 <= at < len(readable):
            views, other = stored.views, readable[at]
            views[place], views[other] = views[other], views[place]
            await user_preferences.store_views(opened, user_id, views, stored.default, stored.deleted)


async def begin_with(user_id: int, name: str | None) -> None:
    """Make a view the one that a person begins with; None: the whole list. Raises NotFound."""
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        default = None if name is None else stored.names[_place(stored, name)]
        await user_preferences.store_views(opened, user_id, stored.views, default, stored.deleted)


async def delete(user_id: int, name: str) -> None:
    """Delete a view so that it, as the last one, can be brought back. Raises NotFound."""
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        place = _place(stored, name)
        is_default = stored.default == stored.names[place]
        deleted = _Deleted(msgspec.Raw(stored.views.pop(place).encode()), place, is_default)
        default = None if is_default else stored.default
        await user_preferences.store_views(opened, user_id, stored.views, default, _json(deleted))


async def bring_back(user_id: int) -> None:
    """Put the view that was deleted last where it was. Raises NotFound, and Conflict without room for it."""
    async with transaction() as opened:
        stored = await user_preferences.locked_views(opened, user_id)
        try:
            deleted = msgspec.json.decode(stored.deleted or "", type=_Deleted)
            view = msgspec.json.decode(deleted.view, type=View)
        except msgspec.DecodeError:
            raise NotFound("There is no deleted view to bring back.") from None
        if _find(stored, view.name) is not None:
            raise Conflict("Meanwhile you have another view of that name. Rename that one first.")
        _require_room(stored)
        stored.views.insert(min(max(deleted.place, 0), len(stored.views)), bytes(deleted.view).decode())
        default = view.name if deleted.is_default else stored.default
        await user_preferences.store_views(opened, user_id, stored.views, default, None)


def normalised(query: str, layout: Layout) -> str:
    """Give a query as it is stored, always in the same order. Raises InvalidInput for one without meaning."""
    given = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    if layout == "roadmap":
        written = sorted((name, value) for name, value in given if value and name not in _NOT_OF_ROADMAP)
    else:
        written = filters.pairs(filters.parsed(given)) + layouts.pairs(layouts.parsed(given))
    stored = urlencode(written)
    if len(stored) > _LONGEST_QUERY:
        raise InvalidInput(f"A view's filter can have {_LONGEST_QUERY} characters. Take some of it away.")
    return stored


def as_layout(given: str) -> Layout:
    """Give the layout of that name. Raises InvalidInput."""
    for layout in LAYOUTS:
        if layout == given:
            return layout
    raise InvalidInput("A view is of the list, the board or the roadmap. Load the page anew.")


def as_name(given: str) -> str:
    """Give the name without superfluous space. Raises InvalidInput unless it has 1 to 80 characters, one visible."""
    name = " ".join(given.split())
    if len(name) > _LONGEST_NAME or not any(one.isprintable() and one != " " for one in name):
        raise InvalidInput(f"A view needs a name of up to {_LONGEST_NAME} characters.")
    return name


def _find(stored: StoredViews, name: str) -> int | None:
    """Give where the view of that name is, in whatever case and spacing."""
    wanted = _folded(name)
    return next((at for at, one in enumerate(stored.names) if one is not None and _folded(one) == wanted), None)


def _place(stored: StoredViews, name: str) -> int:
    place = _find(stored, name)
    if place is None:
        raise NotFound(_IS_GONE)
    return place


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _require_room(stored: StoredViews) -> None:
    if len(stored.views) >= MOST_VIEWS:
        raise Conflict(f"You have {MOST_VIEWS} views, so no other was saved. Delete one first.")


def _fields(json: str) -> dict[str, object]:
    """Read a stored view so that what this program doesn't know of it can be written as it was."""
    return dict(msgspec.json.decode(json, type=dict[str, msgspec.Raw]))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
