"""Answer `/admin/groups`: viewers who see a part of what is shown."""

from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.controllers.admin.sharing_form import EntitiesQuery, TogglesForm
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.access.sharing import EntityList
from shareable_backlog.services.access.viewer_groups import ViewerGroupPage
from shareable_backlog.web.fields import Id, Otherwise, Text


class GroupPath(Struct, frozen=True):
    """Which group it is."""

    group_id: Annotated[Id, Otherwise(NotFound, "There is no such group.")]


class GroupNameForm(Struct, frozen=True):
    """What a group is called."""

    name: Text = ""


class MemberForm(Struct, frozen=True):
    """Who is put into a group."""

    email: Text = ""


class LeaverForm(Struct, frozen=True):
    """Who is taken out of a group."""

    user: Id


class GroupDeletionForm(Struct, frozen=True):
    """How many people were said to be in the group that is deleted."""

    people: Id


class GroupContext(Struct, frozen=True):
    """The page of a group; `text` is what its lists are searched for."""

    group: ViewerGroupPage
    entities: list[EntityList]
    text: str


async def create_group(request: Request, form: GroupNameForm) -> Response:
    """Add a group and lead to its page."""
    group_id = await viewer_groups.create_group(auth.read_actor(request), form.name)
    return RedirectResponse(f"/admin/groups/{group_id}?notice=created", 303)


async def show_group(request: Request, path: GroupPath, query: EntitiesQuery) -> Response:
    """Show a group: its people, and what they see; `q` narrows the lists of teams, projects and labels."""
    group = await viewer_groups.read_group(path.group_id)
    return auth.render_page(
        request, "admin/group.html", GroupContext(group, await sharing.list_entities(query.q), query.q)
    )


async def rename_group(request: Request, path: GroupPath, form: GroupNameForm) -> Response:
    """Return the group another name."""
    await viewer_groups.rename_group(auth.read_actor(request), path.group_id, form.name)
    return _redirect_to_group(path, "renamed")


async def update_rules(request: Request, path: GroupPath, form: TogglesForm) -> Response:
    """Save what the group sees."""
    outbox, changes = auth.read_config(request).sign_in.outbox, sharing_form.parse_changes(form)
    await viewer_groups.update_rules(auth.read_actor(request), path.group_id, changes, outbox)
    return _redirect_to_group(path, "saved")


async def add_member(request: Request, path: GroupPath, form: MemberForm) -> Response:
    """Put a person into the group."""
    await viewer_groups.add_member(auth.read_actor(request), path.group_id, form.email)
    return _redirect_to_group(path, "put")


async def remove_member(request: Request, path: GroupPath, form: LeaverForm) -> Response:
    """Take a person out of the group."""
    await viewer_groups.remove_member(auth.read_actor(request), path.group_id, form.user)
    return _redirect_to_group(path, "taken")


async def delete_group(request: Request, path: GroupPath, form: GroupDeletionForm) -> Response:
    """Delete the group, with as many people in it as its page said."""
    await viewer_groups.delete_group(auth.read_actor(request), path.group_id, form.people)
    return RedirectResponse("/admin/sharing?notice=deleted", 303)


def _redirect_to_group(path: GroupPath, notice: str) -> Response:
    return RedirectResponse(f"/admin/groups/{path.group_id}?notice={notice}", 303)
