"""Show pages of work: who reads them, and where their numbers and lines lead."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog.backlog_url import LIST, BacklogUrl
from shareable_backlog.controllers.backlog.lists import origins
from shareable_backlog.services.backlog import filters
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.services.work.sections import Condition, Filters, WorkReader

_EXACT = timedelta(minutes=15)
"""So exact are the days at which cycles begin, in all time zones."""


class WorkLinks(Struct, frozen=True):
    """Where numbers and lines lead; to no list where that is switched off."""

    has_list: bool

    def build_url(self, wanted: Filters, *conditions: Condition) -> str:
        """Return the address of the list of what is wanted and further conditions leave, "" without such a list.

        There is none by a name that an address does not keep, as it cuts what is very long, and space around it.
        """
        narrowed = replace(wanted, conditions=(*wanted.conditions, *conditions))
        return _build_place(narrowed).url if self.has_list and _is_kept(narrowed) else ""

    def write_origin(self, wanted: Filters, *conditions: Condition) -> str:
        """Return what the address of an item has behind it, so that it leads on through just these."""
        is_there = self.has_list and _is_kept(wanted) and _is_kept(Filters(conditions))
        return f"?{origins.write_origin(_build_place(wanted), [], *conditions)}" if is_there else ""


def build_links(request: Request) -> WorkLinks:
    """Return where numbers and lines lead for whoever asks."""
    return WorkLinks("list" not in auth.require_user(request).pages_off)


def build_reader(request: Request) -> WorkReader:
    """Return who asks, and when: as exactly as is needed, so that what is read can be kept."""
    reader, now = auth.require_page_user(request), clock.read_time()
    local = now.astimezone(auth.read_local_format(request).tzinfo)
    return WorkReader(reader.user.scope, reader.version, cut_time(now), local.date())


def cut_time(at: datetime) -> datetime:
    """Return the last quarter of an hour, in which cycles may have begun or ended anywhere."""
    return at - timedelta(seconds=at.timestamp() % _EXACT.total_seconds())


def _is_kept(wanted: Filters) -> bool:
    """Return whether an address means just this."""
    return set(filters.parse_filters(filters.build_pairs(wanted)).conditions) == set(wanted.conditions)


def _build_place(wanted: Filters) -> BacklogUrl:
    return BacklogUrl(LIST, wanted, ListLayout())
