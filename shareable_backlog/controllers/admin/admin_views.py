"""Answer `/admin/views`: views that admins publish for everybody. They stand on the page of all views."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.account import published_views
from shareable_backlog.web.forms import Form


async def publish(request: Request) -> Response:
    """Give a copy of one of the admin's own views to everybody."""
    form: Form = request.state.form
    await published_views.publish(auth.actor(request), auth.visitor(request).user_id, form.get("view", ""))
    return _back("published")


async def rename(request: Request) -> Response:
    """Give a published view another name."""
    form: Form = request.state.form
    await published_views.rename(auth.actor(request), _id(request), form.get("name", ""))
    return _back("renamed")


async def move(request: Request) -> Response:
    """Move a published view up, or down."""
    form: Form = request.state.form
    await published_views.move(auth.actor(request), _id(request), is_up=form.get("to") == "up")
    return _back("moved")


async def unpublish(request: Request) -> Response:
    """Take a view from everybody."""
    await published_views.unpublish(auth.actor(request), _id(request))
    return _back("unpublished")


def _id(request: Request) -> int:
    try:
        return sharing_form.number(request.path_params["view_id"])
    except InvalidInput:
        raise NotFound("There is no such published view.") from None


def _back(notice: str) -> Response:
    return RedirectResponse(f"/views?notice={notice}", 303)
