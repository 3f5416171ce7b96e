"""Answer `/admin/invitations`: admins invite people by mail, and see who has not come yet."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import scope_form
from shareable_backlog.controllers.admin.scope_form import ScopeForm
from shareable_backlog.errors import NotFound
from shareable_backlog.services import invitations
from shareable_backlog.services.access import user_scopes, viewer_groups
from shareable_backlog.services.access.sharing import Scope
from shareable_backlog.services.access.viewer_groups import ViewerGroup
from shareable_backlog.services.invitations import Invitation, InvitedPeople
from shareable_backlog.web.fields import Day, Id, Otherwise, Text

PATH = "/admin/invitations"


class InvitationPath(Struct, frozen=True):
    """Which invitation it is."""

    invitation_id: Annotated[Id, Otherwise(NotFound, "That invitation is no longer open.")]


class InvitationForm(ScopeForm, frozen=True, kw_only=True):
    """Who is invited, pasted or in the text of a CSV file, and with what."""

    emails: Text = ""
    csv: Text = ""
    last_day: Day | None = None
    note: Text = ""


class InvitationsContext(Struct, frozen=True, kw_only=True):
    """The page of the invitations; `done` is what was just done, None when the page was only opened."""

    invitations: list[Invitation]
    groups: list[ViewerGroup]
    offered: Scope
    has_mail: bool
    most: int
    done: InvitedPeople | None


async def show_invitations(request: Request) -> Response:
    """Show who has not come yet, and the form that invites more."""
    return await _render(request, None)


async def invite_people(request: Request, form: InvitationForm) -> Response:
    """Invite everybody who is named, and tell who was and who was known already."""
    emails = invitations.parse_addresses(form.emails, form.csv)
    last_day = form.last_day
    until = last_day and datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(days=1)
    done = await invitations.invite_people(
        auth.read_config(request).sign_in.outbox,
        auth.read_actor(request),
        emails,
        scope=scope_form.parse_scope(form),
        access_until=until,
        note=form.note,
    )
    return await _render(request, done)


async def send_again(request: Request, path: InvitationPath) -> Response:
    """Send one once more."""
    outbox = auth.read_config(request).sign_in.outbox
    await invitations.send_again(outbox, auth.read_actor(request), path.invitation_id)
    return RedirectResponse(f"{PATH}?notice=sent", 303)


async def withdraw_invitation(request: Request, path: InvitationPath) -> Response:
    """Take one back."""
    await invitations.withdraw_invitation(auth.read_actor(request), path.invitation_id)
    return RedirectResponse(f"{PATH}?notice=withdrawn", 303)


async def _render(request: Request, done: InvitedPeople | None) -> Response:
    config = auth.read_config(request)
    context = InvitationsContext(
        invitations=await invitations.list_open(),
        groups=await viewer_groups.list_groups(),
        offered=await user_scopes.read_newcomer_scope(),
        has_mail=config.sign_in.outbox.is_set_up,
        most=invitations.MOST_AT_ONCE,
        done=done,
    )
    return auth.render_page(request, "settings/invitations.html", context)
