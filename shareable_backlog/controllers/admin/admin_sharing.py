"""Answer `/admin/sharing` and `/about`: what is shown, chosen by admins and told to viewers."""

from dataclasses import fields

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.access.sharing import Fields
from shareable_backlog.web.forms import Form


async def show(request: Request) -> Response:
    """Show what is shown, with switches; `q` narrows the lists of teams, projects and labels."""
    text = sharing_form.text(request)
    return auth.page(
        request,
        "admin_sharing.html",
        settings=await sharing.settings(),
        entities=await sharing.entities(text),
        groups=await viewer_groups.listed(),
        text=text,
    )


async def preview(request: Request) -> Response:
    """Show what would appear and vanish by what was chosen, before it is saved."""
    form: Form = request.state.form
    version, chosen = sharing_form.number(form.get("version", "")), sharing_form.changed(form)
    shown = _fields(form)
    return auth.page(
        request,
        "admin_sharing_preview.html",
        preview=await sharing.preview(version, shown, chosen),
        version=version,
        choices=chosen,
        fields=form.getlist("field"),
    )


async def save(request: Request) -> Response:
    """Save what a preview showed."""
    form: Form = request.state.form
    version = sharing_form.number(form.get("version", ""))
    await sharing.save(auth.actor(request), version, _fields(form), sharing_form.confirmed(form))
    return RedirectResponse("/admin/sharing?notice=saved", 303)


async def about(request: Request) -> Response:
    """Tell a viewer what is shown, what not, and how old it is."""
    return auth.page(request, "about.html", shown=await sharing.what_is_shown(auth.visitor(request).scope))


def _fields(form: Form) -> Fields:
    on = form.getlist("field")
    return Fields(**{field.name: field.name in on for field in fields(Fields)})
