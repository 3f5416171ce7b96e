"""Answer `/meeting`: the agenda of the meeting, and agendas as they were kept."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated, TypeAlias

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import LIST, BacklogUrl
from shareable_backlog.controllers.backlog.lists import origins
from shareable_backlog.errors import NotAllowed, NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.agenda import agenda, kept_agendas
from shareable_backlog.services.agenda.agenda import Agenda, AgendaSection, AgendaSum, RiskyProject
from shareable_backlog.services.agenda.kept_agendas import KeptAgenda
from shareable_backlog.services.backlog import filters
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.web.fields import Codec, Otherwise, Trimmed
from shareable_backlog.web.pages.cache import AsyncLruCache

PATH = "/meeting"
_Since: TypeAlias = Annotated[date, Trimmed(), Codec(filters.parse_since_day, date.isoformat)]

_KEPT = ProcessState(lambda: AsyncLruCache[Agenda](64))
_KEPT_OF_DAY = ProcessState(lambda: AsyncLruCache[Agenda | None](64))


class AgendaQuery(Struct, frozen=True):
    """With which day the agenda compares; None is that of the last meeting."""

    since: _Since | None = None


class KeptPath(Struct, frozen=True):
    """Which kept agenda it is: its day, and behind a dot its number of the day if it is not the first."""

    key: Annotated[str, Otherwise(NotFound, "There is no such page.")]


class KeepForm(Struct, frozen=True):
    """With which day the agenda that is to be kept compares."""

    since: _Since | None = None


class AgendaContext(Struct, frozen=True, kw_only=True):
    """The page of an agenda; `kept` is the one of which it is, None: that of now, and `agenda` None: nobody kept it.

    `since` is the day with which it compares, for the agenda of now when that began, and `meeting` when that of the
    last meeting did, None when there was none yet. All that were kept are `offered`, the latest first, each with its
    address.

    `build_url` returns the list of just what is counted, and `write_origin` what the address of an item in a section
    has after the question mark, so that it leads on; both are None where the list is switched off, and for
    a day that is over: of it there are no lists, and no slides at `present_url`.
    """

    agenda: Agenda | None
    since: date
    meeting: datetime | None
    today: date
    kept: KeptAgenda | None
    offered: Sequence[tuple[str, KeptAgenda]]
    can_keep: bool
    address: str
    build_url: Callable[[AgendaSum | RiskyProject], str] | None
    write_origin: Callable[[AgendaSection], str] | None
    present_url: str = ""


async def show_agenda(request: Request, query: AgendaQuery) -> Response:
    """Show what is new since the last meeting, or another day, moved, done and at risk, then the rank."""
    found, since, meeting = await read_agenda(request, query.since)
    has_list = "list" not in auth.require_user(request).pages_off
    context = AgendaContext(
        agenda=found,
        since=since,
        meeting=meeting,
        today=_read_now(request).date(),
        kept=None,
        offered=await _list_offered(),
        can_keep=_can_keep(request),
        address=PATH,
        build_url=_build_list_url if has_list else None,
        write_origin=_write_origin if has_list else None,
        present_url=backlog_url.build_present_url(PATH, query),
    )
    return auth.render_page(request, "agenda/meeting.html", context)


async def read_agenda(request: Request, day: date | None) -> tuple[Agenda, datetime, datetime | None]:
    """Return the agenda as whoever asks sees it, when the day began that it compares with, and that of a meeting.

    It compares with `day`, None: with that of the last meeting, which is None where there was none yet.
    """
    reader, now = auth.require_page_user(request), _read_now(request)
    scope = reader.user.scope
    since, meeting = await agenda.find_since(now, day, reader.settings_mark)
    key = (reader.version, scope, since, now.date(), str(now.tzinfo))
    return await _KEPT.value.get(key, partial(agenda.build_agenda, scope, now, since)), since, meeting


async def keep_agenda(request: Request, form: KeepForm) -> Response:
    """Keep the agenda as it is now, for everybody. Raises NotAllowed."""
    if auth.require_user(request).viewing_as is not None:
        raise NotAllowed("You look as somebody else. Stop that first, then keep the page. Nothing was changed.")
    reader, now = auth.require_page_user(request), _read_now(request)
    since, _ = await agenda.find_since(now, form.since, reader.settings_mark)
    key = await kept_agendas.keep_agenda(auth.read_actor(request), now, since, may_keep=_can_keep(request))
    return RedirectResponse(f"{PATH}/{key}?notice=kept", 303)


async def show_kept(request: Request, path: KeptPath) -> Response:
    """Show an agenda as it was when it was kept, of what its reader may see now."""
    reader, now = auth.require_page_user(request), _read_now(request)
    kept, scope = await kept_agendas.find_kept(path.key), reader.user.scope
    found = await _KEPT_OF_DAY.value.get(
        (reader.version, scope, kept.id), partial(kept_agendas.read_kept, scope, kept)
    )
    context = AgendaContext(
        agenda=found,
        since=kept.since,
        meeting=None,
        today=now.date(),
        kept=kept,
        offered=await _list_offered(),
        can_keep=_can_keep(request),
        address=_build_kept_url(kept),
        build_url=None,
        write_origin=None,
    )
    return auth.render_page(request, "agenda/kept.html", context)


async def delete_kept(request: Request, path: KeptPath) -> Response:
    """Delete a kept agenda for everybody."""
    await kept_agendas.delete_kept(auth.read_actor(request), path.key)
    return RedirectResponse(f"{PATH}?notice=deleted", 303)


def _read_now(request: Request) -> datetime:
    return clock.read_time().astimezone(auth.read_local_format(request).tzinfo)


def _can_keep(request: Request) -> bool:
    """Return whether whoever asks may keep the page: nobody does who looks with another's eyes."""
    user = auth.require_user(request)
    return user.viewing_as is None and user.sees_linear


async def _list_offered() -> Sequence[tuple[str, KeptAgenda]]:
    return [(_build_kept_url(one), one) for one in await kept_agendas.list_kept()]


def _build_kept_url(kept: KeptAgenda) -> str:
    return f"{PATH}/{kept_agendas.format_key(kept)}"


def _build_place(wanted: Filters) -> BacklogUrl:
    return BacklogUrl(LIST, wanted, ListLayout())


def _build_list_url(of: AgendaSum | RiskyProject) -> str:
    return _build_place(of.filters).url


def _write_origin(section: AgendaSection) -> str:
    return "" if len(section.sums) > 1 else f"?{origins.write_origin(_build_place(section.sums[0].filters), [])}"
