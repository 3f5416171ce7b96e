"""Answer `/admin/groups`: viewers who see a part of what is shown."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.web.forms import Form


async def create(request: Request) -> Response:
    """Add a group and lead to its page."""
    form: Form = request.state.form
    group_id = await viewer_groups.create(auth.actor(request), form.get("name", "").strip())
    return RedirectResponse(f"/admin/groups/{group_id}?notice=created", 303)


async def show(request: Request) -> Response:
    """Show a group: its people, and what they see; `q` narrows the lists of teams, projects and labels."""
    text = sharing_form.text(request)
    return auth.page(
        request,
        "admin_group.html",
        group=await viewer_groups.group(_id(request)),
        entities=await sharing.entities(text),
        text=text,
    )


async def rename(request: Request) -> Response:
    """Give the group another name."""
    form: Form = request.state.form
    await viewer_groups.rename(auth.actor(request), _id(request), form.get("name", "").strip())
    return _back(request, "renamed")


async def choose(request: Request) -> Response:
    """Save what the group sees."""
    await viewer_groups.choose(auth.actor(request), _id(request), sharing_form.changed(request.state.form))
    return _back(request, "saved")


async def put_in(request: Request) -> Response:
    """Put a person into the group."""
    form: Form = request.state.form
    await viewer_groups.put_in(auth.actor(request), _id(request), form.get("email", "").strip())
    return _back(request, "put")


async def take_out(request: Request) -> Response:
    """Take a person out of the group."""
    form: Form = request.state.form
    await viewer_groups.take_out(auth.actor(request), _id(request), sharing_form.number(form.get("user", "")))
    return _back(request, "taken")


async def delete(request: Request) -> Response:
    """Delete the group."""
    await viewer_groups.delete(auth.actor(request), _id(request))
    return RedirectResponse("/admin/sharing?notice=deleted", 303)


def _id(request: Request) -> int:
    try:
        return sharing_form.number(request.path_params["group_id"])
    except InvalidInput:
        raise NotFound("There is no such group.") from None


def _back(request: Request, notice: str) -> Response:
    return RedirectResponse(f"/admin/groups/{_id(request)}?notice={notice}", 303)
