"""Answer `/admin/sharing` and `/about`: what is shown, chosen by admins and told to viewers."""

from dataclasses import fields

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.controllers.admin.sharing_form import ChoiceText, EntitiesQuery, TogglesForm
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.access.sharing import Fields
from shareable_backlog.web.fields import Id


class SettingsForm(TogglesForm, frozen=True, kw_only=True):
    """What an admin wants to be shown, which `version` of the settings it changes, and the fields that are on."""

    version: Id
    field: tuple[str, ...] = ()


class ConfirmedForm(Struct, frozen=True, kw_only=True):
    """What a preview showed."""

    version: Id
    field: tuple[str, ...] = ()
    change: tuple[ChoiceText, ...] = ()


async def show(request: Request, query: EntitiesQuery) -> Response:
    """Show what is shown, with switches; `q` narrows the lists of teams, projects and labels."""
    return auth.page(
        request,
        "admin/sharing.html",
        settings=await sharing.settings(),
        entities=await sharing.entities(query.q),
        groups=await viewer_groups.listed(),
        text=query.q,
    )


async def preview(request: Request, form: SettingsForm) -> Response:
    """Show what would appear and vanish by what was chosen, before it is saved."""
    chosen = sharing_form.changed(form)
    return auth.page(
        request,
        "admin/sharing_preview.html",
        preview=await sharing.preview(form.version, _fields(form.field), chosen),
        version=form.version,
        choices=chosen,
        fields=form.field,
    )


async def save(request: Request, form: ConfirmedForm) -> Response:
    """Save what a preview showed."""
    await sharing.save(auth.actor(request), form.version, _fields(form.field), form.change)
    return RedirectResponse("/admin/sharing?notice=saved", 303)


async def about(request: Request) -> Response:
    """Tell a viewer what is shown, what not, and how old it is."""
    return auth.page(request, "backlog/about.html", shown=await sharing.what_is_shown(auth.visitor(request).scope))


def _fields(on: tuple[str, ...]) -> Fields:
    return Fields(**{field.name: field.name in on for field in fields(Fields)})
