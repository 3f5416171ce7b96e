"""Answer `/changes`: what is new, moved, done and gone since somebody looked last."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import ViewsBar
from shareable_backlog.services.backlog import changes, filters
from shareable_backlog.services.backlog.changes import KINDS, ChangeFilters, ChangeKind, ChangesPage, Visit
from shareable_backlog.web import params
from shareable_backlog.web.fields import Codec, TeamKey, TimeAndKey, Trimmed

Period: TypeAlias = Literal["today", "7d", "30d"]

_DAYS_BEFORE: Final[dict[Period, int]] = {"today": 0, "7d": 6, "30d": 29}
"""How many days before today a period begins."""


def _read_since(text: str) -> Period | date | datetime:
    """Return the period, the day or the time that is named; one without a zone is the reader's."""
    for period in get_args(Period):
        if period == text:
            return period
    try:
        at = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("The day in this page's address isn't valid. Choose one of the periods.") from None
    filters.require_past(at.date() if isinstance(at, datetime) else at)
    return at


def _write_since(since: Period | date | datetime) -> str:
    return since if isinstance(since, str) else since.isoformat()


class ChangesParams(Struct, frozen=True, kw_only=True):
    """Which changes are asked for, and from where on; without `since` what is new to the reader.

    `kind` narrows them to those of `KINDS` that it has; none is all.
    """

    since: Annotated[Period | date | datetime | None, Trimmed(200), Codec(_read_since, _write_since)] = None
    team: TeamKey = ""
    kind: tuple[str, ...] = ()
    after: TimeAndKey | None = None


class ChangesPeriod(Struct, frozen=True):
    """What is shown: since `at`; `word` is the period as the address has it, "" for what is new to the reader."""

    at: datetime
    word: str
    visit: Visit | None


class ChangesContext(Struct, frozen=True, kw_only=True):
    """The page of changes: what is shown of which kinds and team, and the addresses around it."""

    page: ChangesPage
    since: ChangesPeriod
    kinds: Sequence[ChangeKind]
    team: str
    today: date
    is_first: bool
    is_shortened: bool
    periods: list[tuple[str, str]]
    toggles: Mapping[ChangeKind, str]
    all_address: str
    first_address: str
    next_address: str | None
    saved: ViewsBar


async def show_changes(request: Request, query: ChangesParams) -> Response:
    """Show the changes of `team` (key) and each `kind`, `since` today, 7d, 30d, a day or a time, else the visit."""
    now, zone = clock.read_time(), auth.read_local_format(request).tzinfo
    kinds = _narrow(query.kind)
    since = await _read_period(request, query, now, zone)
    asked = ChangeFilters(since.at, kinds or KINDS, query.team or None)
    user = auth.require_user(request)
    with_updates = not kinds and "updates" not in user.pages_off
    found = await changes.list_changes(user.scope, asked, query.after, now=now, zone=zone, with_updates=with_updates)
    first = replace(query, kind=kinds, after=None)
    kept = replace(first, since=query.since or since.at)
    context = ChangesContext(
        page=found,
        since=since,
        kinds=asked.kinds,
        team=query.team,
        today=now.astimezone(zone).date(),
        is_first=query.after is None,
        is_shortened=found.since > since.at,
        periods=[(period or "", _build_url(replace(first, since=period))) for period in (None, *_DAYS_BEFORE)],
        toggles={kind: _build_url(replace(first, kind=_toggle(kinds, kind))) for kind in KINDS},
        all_address=_build_url(ChangesParams(since=query.since)),
        first_address=_build_url(kept),
        next_address=found.next_after and _build_url(replace(kept, after=found.next_after)),
        saved=views.build_bar(auth.require_page_user(request).views, _build_url(first).partition("?")[2], "changes"),
    )
    return auth.render_page(request, "backlog/changes.html", context)


async def mark_seen(request: Request) -> Response:
    """Note that all changes are seen; who views as somebody else changes nothing."""
    user = auth.require_user(request)
    if not user.viewing_as:
        await changes.mark_seen(user.user_id, clock.read_time())
    return RedirectResponse("/changes", 303)


async def _read_period(request: Request, query: ChangesParams, now: datetime, zone: tzinfo) -> ChangesPeriod:
    user = auth.require_user(request)
    # What an admin sees with another's eyes is not what either of them has seen.
    is_a_look = not user.viewing_as and query.after is None
    visit = await changes.record_visit(user.user_id, now) if is_a_look else None
    if query.since:
        return ChangesPeriod(_begin(query.since, now, zone), _write_since(query.since), visit)
    return ChangesPeriod((visit and visit.mirrored) or now - changes.AT_FIRST, "", visit)


def _begin(since: Period | date | datetime, now: datetime, zone: tzinfo) -> datetime:
    """Return when what is asked for begins."""
    if isinstance(since, str):
        today = now.astimezone(zone).date()
        return datetime.combine(today - timedelta(days=_DAYS_BEFORE[since]), time.min, zone)
    if isinstance(since, datetime):
        return (since if since.tzinfo else since.replace(tzinfo=zone)).astimezone(UTC)
    return datetime.combine(since, time.min, zone)


def _narrow(names: Collection[str]) -> tuple[ChangeKind, ...]:
    """Return the kinds of these names, each once; none is all, and all is none."""
    kinds: tuple[ChangeKind, ...] = tuple(kind for kind in KINDS if kind in set(names))
    return () if kinds == KINDS else kinds


def _toggle(kinds: tuple[ChangeKind, ...], kind: ChangeKind) -> tuple[ChangeKind, ...]:
    """Return the kinds with one more or less; the first one that is chosen leaves it alone."""
    return _narrow({*kinds} ^ {kind})


def _build_url(query: ChangesParams) -> str:
    return params.build_url("/changes", query)
