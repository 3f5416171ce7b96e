"""Answer `/events`: how old the mirror is, sent to pages that are open as it changes."""

from datetime import datetime
from time import monotonic

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.mirror import freshness
from shareable_backlog.services.mirror.freshness import Freshness
from shareable_backlog.web.event_stream import EventStreams, News
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.locales import LocalFormat

_MOST_PAGES, _MOST_OF_ONE = 400, 40
_STREAMS = ProcessState(lambda: EventStreams(_MOST_PAGES, _MOST_OF_ONE))
# However many pages are open, the database is asked once a second.
_KEPT = ProcessState(lambda: AsyncLruCache[Freshness](2))
_ASK_AGAIN_S = 15.0


class AgeContext(Struct, frozen=True, kw_only=True):
    """The line that tells how old the mirror is, and for admins the form that tries again."""

    mirror: Freshness
    now: datetime
    local: LocalFormat
    is_admin: bool
    csrf: str


class _AgeWatch:
    """What one open page was told last, and when its reader was last found to be let in."""

    def __init__(self, user: CurrentUser, limits: SessionLimits, local: LocalFormat, csrf: str) -> None:
        self._user, self._limits, self._local, self._csrf = user, limits, local, csrf
        self._checked_at = monotonic()
        self._last: tuple[Freshness, datetime] | None = None
        self._news: News = {}

    async def look(self) -> News | None:
        """Return the line as it is now; None for a reader who may not see it any more."""
        if monotonic() - self._checked_at >= _ASK_AGAIN_S:
            if not await sessions.is_alive(self._user, self._limits):
                return None
            self._checked_at = monotonic()
        mirror = await _KEPT.value.get(int(monotonic()), freshness.read_freshness)
        now = clock.read_time()
        if (mirror, shown := now.replace(second=0, microsecond=0)) != self._last:
            self._last = mirror, shown
            context = AgeContext(
                mirror=mirror, now=now, local=self._local, is_admin=self._user.reads_as_admin, csrf=self._csrf
            )
            said = "Updates are delayed." if mirror.failure else ""
            self._news = {"html": rendering.render_part("shared/_age.html", context), "said": said}
        return self._news


def count_streams() -> int:
    """Return how many of these streams this process sends now."""
    return _STREAMS.value.open


async def stream_age(request: Request) -> Response:
    """Send the line at once, and whenever it says something else."""
    frame, user = auth.build_frame(request), auth.require_user(request)
    watch = _AgeWatch(user, auth.read_config(request).limits, frame.local, frame.csrf)
    return _STREAMS.value.build_response(request, user.user_id, watch.look)
