"""Answer `/` and `/board`: the backlog as a list, in groups, or as a board."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Literal

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers import kept_pages
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogQuery, BacklogUrl
from shareable_backlog.controllers.backlog.lists import list_parts
from shareable_backlog.controllers.backlog.lists.list_parts import ListedContext, RenderedPage
from shareable_backlog.controllers.projects import updates
from shareable_backlog.errors import DatabaseReadOnly
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.account import reading_limits, views
from shareable_backlog.services.account.views import ViewsBar
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import news
from shareable_backlog.services.backlog.news import News
from shareable_backlog.vocabulary import GroupBy
from shareable_backlog.web import live_files
from shareable_backlog.web.fields import Pair, Spread
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.unseen_marks import mark_unseen
from shareable_backlog.web.sub_path import get_sub_path


def _is_of_form(pairs: Sequence[Pair]) -> bool:
    has_empty = any(not value and name != "closed" and (name != "all" or len(pairs) > 1) for name, value in pairs)
    names = [name for name, _ in pairs]
    return has_empty or "find" in names or names.count("columns") > 1


class ListQuery(BacklogQuery, frozen=True):
    """What the list or the board is asked for: `after` and `skip` say from where on.

    `is_of_form` says that a form wrote it, with empty fields and one pair for each box that is ticked.
    """

    after: str | None = None
    skip: str = ""
    is_of_form: Annotated[bool, Spread(_is_of_form, lambda _: ())] = False


class ItemListContext(Struct, frozen=True, kw_only=True):
    """Its kept parts, and what is the reader's own; `present_url`, if any, shows it in large type."""

    made: RenderedPage
    place: BacklogUrl
    saved: ViewsBar
    present_url: str | None
    asks_for_unseen: bool
    updates_found: int = 0
    """How many updates a search finds too, 21 for more than 20."""


# Kept until the mirror changes, for readers whose pages are not the same but for these parts.
_KEPT = ProcessState(lambda: AsyncLruCache[RenderedPage](32))


async def show_list(request: Request, query: ListQuery) -> Response:
    """Show the items that the query asks for, as one list or in groups; without one, the person's default view."""
    reader = auth.require_page_user(request)
    if not request.url.query and (default := views.find_default(reader.views, reader.start_view_id)):
        layout, wanted = default
        path = LIST if layout == "list" else f"/{layout}"
        if (wanted or path != LIST) and layout not in reader.user.pages_off:
            return RedirectResponse(f"{path}?{wanted}" if wanted else path, 303)
    return await _show(request, LIST, query, query.layout.group or "none")


async def show_board(request: Request, query: ListQuery) -> Response:
    """Show the same items as a board: a column for each state, or whatever they are grouped by."""
    group = query.layout.group
    return await _show(request, BOARD, query, "state" if group is None or group == "none" else group)


async def _show(request: Request, path: str, query: ListQuery, group: GroupBy | Literal["none"]) -> Response:
    reader = auth.require_page_user(request)
    place = backlog_url.build_backlog_url(path, query)
    if query.is_of_form:
        return RedirectResponse(place.shorten(reader.preferences.columns).url, 303)
    listed = await read_listed(request, place, query, group)
    made = await _KEPT.value.get(listed, partial(list_parts.render_parts, listed))
    if made.is_empty:
        kept_pages.note_when_shown(request, partial(record_vain_search, listed=listed))
    results = mark_unseen(made.results, reader.unseen, can_become_seen=reader.user.viewing_as is None)
    context = ItemListContext(
        made=replace(made, results=results),
        place=place,
        saved=views.build_bar(reader.views, place.query, "board" if place.path == BOARD else "list"),
        present_url=backlog_url.build_present_url(path, query),
        asks_for_unseen=news.needs_word(place.filters, "unseen"),
        updates_found=await updates.count_found(request, place.filters.text),
    )
    return auth.render_page(request, "backlog/backlog.html", context)


async def read_listed(
    request: Request, place: BacklogUrl, query: ListQuery, group: GroupBy | Literal["none"]
) -> ListedContext:
    """Return all that what is shown at `place` is made of, for whoever asks."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    now = clock.read_time().astimezone(local.tzinfo).replace(second=0, microsecond=0)
    asks_for_unseen = news.needs_word(place.filters, "unseen")
    return ListedContext(
        edition=live_files.read_files_edition(),
        sub_path=get_sub_path(),
        version=reader.version,
        scope=reader.user.scope,
        place=place,
        after=query.after,
        skip=query.skip,
        now=now,
        group=group,
        local=local,
        shown_columns=reader.preferences.columns if place.layout.columns is None else place.layout.columns,
        has_run=reader.mirror.as_of is not None,
        is_admin=reader.user.reads_as_admin,
        news=News(await news.find_meeting(now, reader.settings_mark), reader.unseen if asks_for_unseen else ()),
        pages_off=reader.user.pages_off,
    )


async def record_vain_search(request: Request, listed: ListedContext) -> None:
    """Record what alone was searched for where nothing was found, by which admins see what people miss."""
    filters = listed.place.filters
    if filters.text is None or filters.conditions or listed.scope.is_nothing:
        return
    actor = auth.read_actor(request)
    with suppress(DatabaseReadOnly):  # the page is there all the same
        if await reading_limits.allow_vain_search(actor.user_id, filters.text):
            await audit_actions.record(None, actor, Action.SEARCH_IN_VAIN, details={"q": filters.text})
