"""Answer `/seen`: note what somebody has seen of what came."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.services.backlog import unseen
from shareable_backlog.web.fields import OwnPath
from shareable_backlog.web.pages.unseen_marks import format_unseen

_MOST_AT_ONCE = 500  # as many are new to anybody


class SeenForm(Struct, frozen=True):
    """The ids of the items that were seen."""

    item: tuple[str, ...] = ()


class AllSeenForm(Struct, frozen=True):
    """The page that all was marked as seen from."""

    next: OwnPath = "/"


async def mark_seen(request: Request, form: SeenForm) -> Response:
    """Note that these items were seen, and say how many are left."""
    await note_seen(request, form.item[:_MOST_AT_ONCE])
    return PlainTextResponse(format_unseen(len(auth.require_page_user(request).unseen)))


async def mark_all_seen(request: Request, form: AllSeenForm) -> Response:
    """Note that all items that came were seen, and lead back."""
    await note_seen(request, None)
    return RedirectResponse(form.next, 303)


async def note_seen(request: Request, item_ids: Collection[str] | None) -> None:
    """Note that items (None: all) were seen by whoever asks, whose page then knows it.

    Who looks with another's eyes has seen nothing for either of them.
    """
    reader = auth.require_page_user(request)
    if reader.user.viewing_as or not reader.unseen:
        return
    if item_ids is not None and frozenset(item_ids).isdisjoint(reader.unseen):
        return
    left = await unseen.mark_seen(
        reader.user.user_id, reader.user.scope, reader.version, reader.mirror.as_of, item_ids
    )
    request.state.reader = replace(reader, unseen=left)


def read_without(request: Request, item_id: str) -> PageUser:
    """Return whoever asks as they will be once they have seen this item."""
    reader = auth.require_page_user(request)
    if reader.user.viewing_as or item_id not in reader.unseen:
        return reader
    return replace(reader, unseen=tuple(one for one in reader.unseen if one != item_id))
