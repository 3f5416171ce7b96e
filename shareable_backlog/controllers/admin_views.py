"""Answer `/admin/views`: views that admins publish for everybody. They stand on the page of all views."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers import choices, gate
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services import published_views
from shareable_backlog.web.forms import Form


async def publish(request: Request) -> Response:
    """Give a copy of one of the admin's own views to everybody."""
    form: Form = request.state.form
    await published_views.publish(gate.actor(request), gate.visitor(request).user_id, form.get("view", ""))
    return _back("published")


async def rename(request: Request) -> Response:
    """Give a published view another name."""
    form: Form = request.state.form
    await published_views.rename(gate.actor(request), _id(request), form.get("name", ""))
    return _back("renamed")


async def move(request: Request) -> Response:
    """Move a published view up, or down."""
    form: Form = request.state.form
    await published_views.move(gate.actor(request), _id(request), is_up=form.get("to") == "up")
    return _back("moved")


async def unpublish(request: Request) -> Response:
    """Take a view from everybody."""
    await published_views.unpublish(gate.actor(request), _id(request))
    return _back("unpublished")


def _id(request: Request) -> int:
    try:
        return choices.number(request.path_params["view_id"])
    except InvalidInput:
        raise NotFound("There is no such published view.") from None


def _back(notice: str) -> Response:
    return RedirectResponse(f"/views?notice={notice}", 303)
