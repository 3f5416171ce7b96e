"""Answer `/admin/views`: views that admins publish for everybody. They stand on the page of all views."""

from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.account.views import Direction, ViewForm
from shareable_backlog.errors import NotFound
from shareable_backlog.services.account import published_views
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
