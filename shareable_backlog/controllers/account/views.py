"""Answer `/views`: saved views of the backlog."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import OfferedView
from shareable_backlog.web.forms import Form


async def show(request: Request) -> Response:
    """Show the person's own views and the published ones."""
    user_id = auth.visitor(request).user_id
    deleted = await views.deleted_name(user_id) if request.query_params.get("notice") == "deleted" else None
    found = await views.offered(user_id)
    return auth.page(
        request, "views.html", mine=_lines(found.mine), published=_lines(found.published), deleted=deleted
    )


async def save(request: Request) -> Response:
    """Save the page that the form describes and lead back to it; ask first when its name is in use."""
    form: Form = request.state.form
    name, query, layout = form.get("name", ""), form.get("query", ""), views.as_layout(form.get("layout", "list"))
    user_id, replaces = auth.visitor(request).user_id, form.get("replaces") == "yes"
    view = await views.save(user_id, name, query, layout, replaces=replaces)
    if view is None:
        return auth.page(
            request,
            "view_taken.html",
            status=409,
            taken=await views.own(user_id, name),
            query=query,
            layout=layout,
        )
    path = "/" if layout == "list" else f"/{layout}"
    return RedirectResponse(f"{path}?{view.query}{'&' if view.query else ''}notice=view-saved", 303)


async def copy(request: Request) -> Response:
    """Save a published view among the person's own."""
    form: Form = request.state.form
    await views.copy(auth.visitor(request).user_id, sharing_form.number(form.get("published", "")))
    return _back("copied")


async def rename(request: Request) -> Response:
    """Give a view another name."""
    form: Form = request.state.form
    await views.rename(auth.visitor(request).user_id, form.get("view", ""), form.get("name", ""))
    return _back("renamed")


async def move(request: Request) -> Response:
    """Move a view up, or down."""
    form: Form = request.state.form
    await views.move(auth.visitor(request).user_id, form.get("view", ""), is_up=form.get("to") == "up")
    return _back("moved")


async def begin_with(request: Request) -> Response:
    """Make a view the one that the person begins with; none, when the form names none."""
    form: Form = request.state.form
    name = form.get("view") or None
    await views.begin_with(auth.visitor(request).user_id, name)
    return _back("default" if name else "no-default")


async def delete(request: Request) -> Response:
    """Delete a view and offer to bring it back."""
    form: Form = request.state.form
    await views.delete(auth.visitor(request).user_id, form.get("view", ""))
    return _back("deleted")


async def bring_back(request: Request) -> Response:
    """Bring back the view that was deleted last."""
    await views.bring_back(auth.visitor(request).user_id)
    return _back("back")


def _lines(found: list[OfferedView]) -> list[tuple[OfferedView, list[tuple[str, str]]]]:
    """Give each view with what it shows, as pairs of an address."""
    return [(view, parse_qsl(view.query)) for view in found]


def _back(notice: str) -> Response:
    return RedirectResponse(f"/views?notice={notice}", 303)
