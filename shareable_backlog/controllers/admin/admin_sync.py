"""Answer `/admin/sync`: how the mirror is, what its runs did and do, and what an admin asks of them."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import Visitor
from shareable_backlog.services.mirror import deliveries, sync_runs
from shareable_backlog.web import pagination
from shareable_backlog.web.event_stream import EventStreams, News
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import Local

_DIGITS = 9  # what fits an integer of PostgreSQL
_streams = EventStreams(100)


async def show(request: Request) -> Response:
    """Show the mirror's state, the run under way, and 25 runs from the position `after` on."""
    after = request.query_params.get("after")
    history = await sync_runs.history(_position(after) if after else None)
    settings = auth.access(request).settings
    return auth.page(
        request,
        "admin_sync.html",
        state=await sync_runs.state(0),
        deliveries=await deliveries.count_by_outcome(),
        progress=await sync_runs.progress(),
        budget=await sync_runs.budget(),
        held=await sync_runs.held_back(),
        has_key=bool(settings.linear_api_key or settings.linear_oauth_client_id),
        history=history,
        is_first=after is None,
        next_after=history.next_after and pagination.encoded_time(*history.next_after),
    )


async def show_run(request: Request) -> Response:
    """Show one run with all that it did."""
    run_id: str = request.path_params["run_id"]
    if not _is_number(run_id):
        raise NotFound("There is no such run. Look for it in the list of runs.")
    run, set_aside = await sync_runs.one(int(run_id))
    return auth.page(request, "admin_sync_run.html", run=run, set_aside=set_aside)


async def ask(request: Request) -> Response:
    """Ask for a run: of what has changed, or with `kind=full` of everything."""
    await sync_runs.request(auth.actor(request), is_full=request.state.form.get("kind") == "full")
    return RedirectResponse("/admin/sync?notice=asked", 303)


async def confirm_removals(request: Request) -> Response:
    """Confirm by its number what the last full run held back."""
    gone = request.state.form.get("gone", "").replace(",", "").strip()
    if not _is_number(gone):
        raise InvalidInput("Type the number of rows to confirm. Nothing was confirmed.")
    await sync_runs.confirm_removals(auth.actor(request), int(gone))
    return RedirectResponse("/admin/sync?notice=confirmed", 303)


async def events(request: Request) -> Response:
    """Send how the run under way gets on, for as long as the admin may see it."""
    visitor, local = auth.visitor(request), auth.local(request)
    return _streams.answer(request, lambda: _news(visitor, local))


async def _news(visitor: Visitor, local: Local) -> News | None:
    """Give the live part of the page; `ended` is another one when the rest of the page has changed too."""
    if not await sessions.is_alive(visitor):
        return None
    progress = await sync_runs.progress()
    page = rendering.page("admin_sync_live.html", local=local, progress=progress)
    return {
        "html": bytes(page.body).decode(),
        "said": "; ".join(run.activity or f"A sync is {run.status}." for run in progress.current),
        "ended": progress.last and progress.last.id,
    }


def _position(word: str) -> tuple[datetime, int]:
    started_at, run_id = pagination.decoded_time(word)
    if not _is_number(run_id):
        raise InvalidInput("This page's address is damaged. Start again from the first page.")
    return started_at, int(run_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
