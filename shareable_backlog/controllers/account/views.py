"""Answer `/views`: saved views of the backlog."""

from collections.abc import Sequence
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.access.auth import NoticeQuery
from shareable_backlog.services.account import published_views, views
from shareable_backlog.services.account.published_views import PublishedViewState
from shareable_backlog.services.account.views import Layout, OfferedView
from shareable_backlog.web.fields import Id

Direction: TypeAlias = Literal["up", "down"]
Line: TypeAlias = tuple[OfferedView, list[tuple[str, str]]]
"""A view with what it shows, as pairs of an address."""
ManagedLine: TypeAlias = tuple[PublishedViewState, list[tuple[str, str]]]
"""The same of a published view, as an admin sees it."""


class ViewForm(Struct, frozen=True):
    """Which of the person's views it is, by its name; "" is none."""

    view: str = ""


class NewViewForm(Struct, frozen=True):
    """A page to save; `query` is what stands after the question mark, `replaces` takes another's name."""

    name: str = ""
    query: str = ""
    layout: Layout = "list"
    replaces: Literal["yes"] | None = None


class CopyForm(Struct, frozen=True):
    """Which published view is copied."""

    published: Id


class NameForm(ViewForm, frozen=True):
    """What a view is called from now on."""

    name: str = ""


class MoveForm(ViewForm, frozen=True):
    """Where a view is moved."""

    to: Direction = "down"


class ViewsContext(Struct, frozen=True):
    """The page of all views; `deleted` is the name of one that can be brought back.

    An admin has all published views in `managed`, everybody else those that they are offered in `published`.
    """

    mine: list[Line]
    published: list[Line]
    managed: list[ManagedLine] | None
    deleted: str | None


class NameTakenContext(Struct, frozen=True):
    """The page that asks whether a view takes the place of the one that has its name."""

    taken: OfferedView
    query: str
    layout: Layout


async def show_views(request: Request, query: NoticeQuery) -> Response:
    """Show the person's own views and the published ones."""
    user = auth.require_user(request)
    deleted = await views.find_deleted_name(user.user_id) if query.notice == "deleted" else None
    found = await views.list_views(user.user_id, user.scope)
    managed = None
    if user.reads_as_admin:
        managed = [(state, parse_qsl(state.view.query)) for state in await published_views.list_views()]
    context = ViewsContext(_parse_queries(found.mine), _parse_queries(found.published), managed, deleted)
    return auth.render_page(request, "views/views.html", context)


async def save_view(request: Request, form: NewViewForm) -> Response:
    """Save the page that the form describes and lead back to it; ask first when its name is in use."""
    user_id = auth.require_user(request).user_id
    view = await views.save_view(user_id, form.name, form.query, form.layout, replaces=form.replaces == "yes")
    if view is None:
        context = NameTakenContext(await views.read_own_view(user_id, form.name), form.query, form.layout)
        return auth.render_page(request, "views/name_taken.html", context, status=409)
    path = "/" if form.layout == "list" else f"/{form.layout}"
    return RedirectResponse(f"{path}?{view.query}{'&' if view.query else ''}notice=view-saved", 303)


async def copy_view(request: Request, form: CopyForm) -> Response:
    """Save a published view among the person's own."""
    user = auth.require_user(request)
    await views.copy_view(user.user_id, user.scope, form.published)
    return _redirect_to_views("copied")


async def rename_view(request: Request, form: NameForm) -> Response:
    """Return a view another name."""
    await views.rename_view(auth.require_user(request).user_id, form.view, form.name)
    return _redirect_to_views("renamed")


async def move_view(request: Request, form: MoveForm) -> Response:
    """Move a view up, or down."""
    await views.move_view(auth.require_user(request).user_id, form.view, is_up=form.to == "up")
    return _redirect_to_views("moved")


async def set_default_view(request: Request, form: ViewForm) -> Response:
    """Make a view the one that the person begins with; none, when the form names none."""
    await views.set_default_view(auth.require_user(request).user_id, form.view or None)
    return _redirect_to_views("default" if form.view else "no-default")


async def delete_view(request: Request, form: ViewForm) -> Response:
    """Delete a view and offer to bring it back."""
    await views.delete_view(auth.require_user(request).user_id, form.view)
    return _redirect_to_views("deleted")


async def restore_view(request: Request) -> Response:
    """Bring back the view that was deleted last."""
    await views.restore_view(auth.require_user(request).user_id)
    return _redirect_to_views("back")


def _parse_queries(offered: Sequence[OfferedView]) -> list[Line]:
    return [(view, parse_qsl(view.query)) for view in offered]


def _redirect_to_views(notice: str) -> Response:
    return RedirectResponse(f"/views?notice={notice}", 303)
