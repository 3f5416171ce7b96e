"""Answer `/admin/views`: views that admins publish for everybody. They stand on the page of all views."""

from typing import Annotated
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.account.views import Direction, ViewForm
from shareable_backlog.errors import NotFound
from shareable_backlog.services.account import published_views
from shareable_backlog.services.account.views import OfferedView
from shareable_backlog.services.linear_views import linear_views
from shareable_backlog.services.linear_views.linear_views import LinearViewState
from shareable_backlog.web.fields import Id, Otherwise


class PublishedPath(Struct, frozen=True):
    """Which published view it is."""

    view_id: Annotated[Id, Otherwise(NotFound, "There is no such published view.")]


class PublishedNameForm(Struct, frozen=True):
    """What a published view is called from now on."""

    name: str = ""


class PublishedMoveForm(Struct, frozen=True):
    """Where a published view is moved."""

    to: Direction = "down"


class LinearViewForm(Struct, frozen=True):
    """Which view made in Linear it is, by its id there."""

    view: str = ""


class LinearViewLine(Struct, frozen=True):
    """A view made in Linear with what it shows here, if anything: as a view to open, and as pairs of an address."""

    state: LinearViewState
    here: OfferedView | None
    pairs: list[tuple[str, str]]


class LinearViewsContext(Struct, frozen=True):
    """The page of views made in Linear."""

    lines: list[LinearViewLine]


async def show_linear_views(request: Request) -> Response:
    """Show the views made in Linear: which are published, which could be, and what stands in the way."""
    context = LinearViewsContext([_build_line(state) for state in await linear_views.list_views()])
    return auth.render_page(request, "views/linear.html", context)


async def publish_linear_view(request: Request, form: LinearViewForm) -> Response:
    """Give a view made in Linear to everybody."""
    await linear_views.publish_view(auth.read_actor(request), auth.require_user(request).user_id, form.view)
    return RedirectResponse("/admin/views/linear?notice=published", 303)


async def publish_view(request: Request, form: ViewForm) -> Response:
    """Return a copy of one of the admin's own views to everybody."""
    await published_views.publish_view(auth.read_actor(request), auth.require_user(request).user_id, form.view)
    return _redirect_to_views("published")


async def rename_view(request: Request, path: PublishedPath, form: PublishedNameForm) -> Response:
    """Return a published view another name."""
    await published_views.rename_view(auth.read_actor(request), path.view_id, form.name)
    return _redirect_to_views("renamed")


async def move_view(request: Request, path: PublishedPath, form: PublishedMoveForm) -> Response:
    """Move a published view up, or down."""
    await published_views.move_view(auth.read_actor(request), path.view_id, is_up=form.to == "up")
    return _redirect_to_views("moved")


async def unpublish_view(request: Request, path: PublishedPath) -> Response:
    """Take a view from everybody."""
    await published_views.unpublish_view(auth.read_actor(request), path.view_id)
    return _redirect_to_views("unpublished")


def _redirect_to_views(notice: str) -> Response:
    return RedirectResponse(f"/views?notice={notice}", 303)


def _build_line(state: LinearViewState) -> LinearViewLine:
    """Return the line of a view: what is published shows what it does here, be it still so in Linear or not."""
    view = state.view
    query = view.published_query if view.published_query is not None else state.translation.query
    if query is None:
        return LinearViewLine(state, None, [])
    name = view.published_name or view.name
    return LinearViewLine(
        state, OfferedView(view.published_id, name, query, "list", is_default=False), parse_qsl(query)
    )
