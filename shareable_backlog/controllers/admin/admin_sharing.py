"""Answer `/admin/sharing` and `/about`: what is shown, chosen by admins and told to viewers."""

from msgspec import Struct
from msgspec.structs import fields
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import scope_form, sharing_form
from shareable_backlog.controllers.admin.scope_form import ScopeForm
from shareable_backlog.controllers.admin.sharing_form import ChoiceText, EntitiesQuery, TogglesForm
from shareable_backlog.services.access import sharing, user_scopes, viewer_groups
from shareable_backlog.services.access.sharing import (
    EntityList,
    Scope,
    SharedFields,
    SharingChoice,
    SharingPreview,
    SharingSettings,
    SharingSummary,
)
from shareable_backlog.services.access.viewer_groups import ViewerGroup
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


class NewcomersForm(ScopeForm, frozen=True, kw_only=True):
    """What newcomers are given, and which `version` of the settings that changes."""

    version: Id


class SharingContext(Struct, frozen=True, kw_only=True):
    """The page of what is shown; `text` is what its lists are searched for, `offered` what newcomers are given."""

    settings: SharingSettings
    entities: list[EntityList]
    groups: list[ViewerGroup]
    offered: Scope
    text: str


class SharingPreviewContext(Struct, frozen=True):
    """The page of what would be shown, with the form that saves it."""

    preview: SharingPreview
    version: int
    choices: list[SharingChoice]
    fields: tuple[str, ...]


class AboutContext(Struct, frozen=True):
    """The page that tells a viewer what is shown."""

    shown: SharingSummary


async def show_sharing(request: Request, query: EntitiesQuery) -> Response:
    """Show what is shown, with switches; `q` narrows the lists of teams, projects and labels."""
    context = SharingContext(
        settings=await sharing.read_settings(),
        entities=await sharing.list_entities(query.q),
        groups=await viewer_groups.list_groups(),
        offered=await user_scopes.read_newcomer_scope(),
        text=query.q,
    )
    return auth.render_page(request, "admin/sharing.html", context)


async def preview_sharing(request: Request, form: SettingsForm) -> Response:
    """Show what would appear and vanish by what was chosen, before it is saved."""
    chosen = sharing_form.parse_changes(form)
    preview = await sharing.preview_settings(form.version, _read_fields(form.field), chosen)
    context = SharingPreviewContext(preview, form.version, chosen, form.field)
    return auth.render_page(request, "admin/sharing_preview.html", context)


async def save_sharing(request: Request, form: ConfirmedForm) -> Response:
    """Save what a preview showed."""
    outbox, actor = auth.read_config(request).sign_in.outbox, auth.read_actor(request)
    await sharing.save_settings(actor, form.version, _read_fields(form.field), form.change, outbox)
    return RedirectResponse("/admin/sharing?notice=saved", 303)


async def save_newcomers(request: Request, form: NewcomersForm) -> Response:
    """Save what newcomers are given before anybody chooses."""
    outbox, actor = auth.read_config(request).sign_in.outbox, auth.read_actor(request)
    await user_scopes.save_newcomer_scope(actor, form.version, scope_form.parse_scope(form), outbox)
    return RedirectResponse("/admin/sharing?notice=newcomers", 303)


async def show_about(request: Request) -> Response:
    """Tell a viewer what is shown, what not, and how old it is."""
    shown = await sharing.read_summary(auth.require_user(request).scope)
    return auth.render_page(request, "backlog/about.html", AboutContext(shown))


def _read_fields(on: tuple[str, ...]) -> SharedFields:
    return SharedFields(**{field.name: field.name in on for field in fields(SharedFields)})
