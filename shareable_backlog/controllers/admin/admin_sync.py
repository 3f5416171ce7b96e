"""Answer `/admin/sync`: how the mirror is, what its runs did and do, and what an admin asks of them."""

from typing import Annotated, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.mirror import deliveries, sync_runs
from shareable_backlog.services.mirror.sync_runs import (
    FailedRow,
    MirrorState,
    ReportedBudget,
    RunsPage,
    SyncProgress,
    SyncRun,
)
from shareable_backlog.web import fields, params
from shareable_backlog.web.event_stream import EventStreams, News
from shareable_backlog.web.fields import Codec, Id, Otherwise, TimeAndId
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import LocalFormat

_STREAMS = ProcessState(lambda: EventStreams(100, 100))


class RunsQuery(Struct, frozen=True):
    """From where on the runs are shown."""

    after: TimeAndId | None = None


class RunPath(Struct, frozen=True):
    """Which run it is."""

    run_id: Annotated[Id, Otherwise(NotFound, "There is no such run. Look for it in the list of runs.")]


class SyncForm(Struct, frozen=True):
    """Which run is asked for: of what has changed, or of everything."""

    kind: Literal["changes", "full"] = "changes"


class RemovalsForm(Struct, frozen=True):
    """The number that was typed, as people group its digits."""

    gone: Annotated[
        int,
        Codec(lambda text: fields.read_id(text.replace(",", "").strip()), str),
        Otherwise(InvalidInput, "Type the number of rows to confirm. Nothing was confirmed."),
    ]


class SyncContext(Struct, frozen=True, kw_only=True):
    """The page of the mirror and its runs; `held` is the run whose removals wait for an admin."""

    state: MirrorState
    deliveries: dict[str, int]
    progress: SyncProgress
    budget: ReportedBudget | None
    held: SyncRun | None
    has_key: bool
    history: RunsPage
    is_first: bool
    next_url: str | None


class SyncRunContext(Struct, frozen=True):
    """The page of one run, with the rows that it set aside."""

    run: SyncRun
    set_aside: list[FailedRow]


class SyncProgressContext(Struct, frozen=True):
    """The part of the page that is sent while a run is under way."""

    progress: SyncProgress
    local: LocalFormat


async def show_sync(request: Request, query: RunsQuery) -> Response:
    """Show the mirror's state, the run under way, and 25 runs from the position `after` on."""
    history = await sync_runs.list_runs(query.after)
    settings = auth.read_config(request).settings
    context = SyncContext(
        state=await sync_runs.read_state(0),
        deliveries=await deliveries.count_by_outcome(),
        progress=await sync_runs.read_progress(),
        budget=await sync_runs.find_budget(),
        held=await sync_runs.find_held_back(),
        has_key=bool(settings.linear_api_key or settings.linear_oauth_client_id),
        history=history,
        is_first=query.after is None,
        next_url=history.next_after and params.build_url("/admin/sync", RunsQuery(history.next_after)),
    )
    return auth.render_page(request, "admin/sync.html", context)


async def show_run(request: Request, path: RunPath) -> Response:
    """Show one run with all that it did."""
    run, set_aside = await sync_runs.read_run(path.run_id)
    return auth.render_page(request, "admin/sync_run.html", SyncRunContext(run, set_aside))


async def request_run(request: Request, form: SyncForm) -> Response:
    """Ask for a run."""
    await sync_runs.request_run(auth.read_actor(request), is_full=form.kind == "full")
    return RedirectResponse("/admin/sync?notice=asked", 303)


async def confirm_removals(request: Request, form: RemovalsForm) -> Response:
    """Confirm by its number what the last full run held back."""
    await sync_runs.confirm_removals(auth.read_actor(request), form.gone)
    return RedirectResponse("/admin/sync?notice=confirmed", 303)


def count_streams() -> int:
    """Return how many of these streams this process sends now."""
    return _STREAMS.value.open


async def stream_events(request: Request) -> Response:
    """Send how the run under way gets on, for as long as the admin may see it."""
    user, local = auth.require_user(request), auth.read_local_format(request)
    limits = auth.read_config(request).limits
    return _STREAMS.value.build_response(request, user.user_id, lambda: _read_news(user, limits, local))


async def _read_news(user: CurrentUser, limits: SessionLimits, local: LocalFormat) -> News | None:
    """Return the live part of the page; `rest` is another one when the rest of the page has changed too."""
    if not await sessions.is_alive(user, limits):
        return None
    progress = await sync_runs.read_progress()
    return {
        "html": rendering.render_part("admin/_sync_progress.html", SyncProgressContext(progress, local)),
        "said": "; ".join(run.activity or f"A sync is {run.status}." for run in progress.current),
        "ended": progress.last and progress.last.id,
        "rest": [progress.last and progress.last.id, *([run.id, run.status] for run in progress.current)],
    }
