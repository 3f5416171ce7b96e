"""Read the forecast of what a page is about, for whoever may have forecasts, and keep it for a version and a day."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from datetime import UTC, date
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import DatabaseFailed, DatabaseUnavailable
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog.item_pages import ItemQuery, Scope
from shareable_backlog.services.charts.burn_up import BurnUp
from shareable_backlog.services.projects import forecast
from shareable_backlog.services.projects.forecast import Forecast, HeldForecasts, PlanPart
from shareable_backlog.web.pages.cache import AsyncLruCache


class ShownForecast(Struct, frozen=True):
    """A forecast, and how often such ones held; None while there are too few to say."""

    said: Forecast
    held: HeldForecasts | None


_KEPT = ProcessState(lambda: AsyncLruCache[Forecast | None](1024))
_KEPT_RECORDS = ProcessState(lambda: AsyncLruCache[HeldForecasts | None](64))


async def read_forecast(request: Request, part: PlanPart, shown: BurnUp | None) -> ShownForecast | None:
    """Return the forecast of a part of the plan; None where nothing can be said, or forecasts are switched off.

    `shown` is its burn-up, where the page has one, which was read from the same days.
    """
    scope, today = auth.require_user(request).scope, _read_today()
    make = partial(forecast.read_forecast, scope, part, today, shown and shown.changes)
    return await _read_kept(request, part, scope, today, make)


async def read_forecasts(
    request: Request, parts: Iterable[tuple[PlanPart, BurnUp | None]]
) -> Mapping[str, ShownForecast]:
    """Return the forecasts of several parts of the plan by their ids, of those of which anything can be said."""
    found = {part.id: await read_forecast(request, part, shown) for part, shown in parts}
    return {id_: shown for id_, shown in found.items() if shown}


async def read_selected_forecast(request: Request, asked: ItemQuery) -> ShownForecast | None:
    """Return the forecast of what a list is narrowed to, be it open, done or put away; None as above."""
    scope, today = auth.require_user(request).scope, _read_today()
    make = partial(forecast.read_selected_forecast, scope, replace(asked, now=asked.now.astimezone(UTC)))
    return await _read_kept(request, asked.filters, scope, today, make)


def _read_today() -> date:
    """Return the day in UTC, so that everybody reads the same."""
    return clock.read_time().astimezone(UTC).date()


async def _read_kept(
    request: Request, what: Hashable, scope: Scope, today: date, read: Callable[[], Awaitable[Forecast | None]]
) -> ShownForecast | None:
    reader = auth.require_page_user(request)
    if "forecasts" in reader.user.pages_off:
        return None
    try:
        said = await _KEPT.value.get((reader.version, scope, what, today), read)
        if said is None:
            return None
        record = partial(forecast.read_record, scope)
        return ShownForecast(said, await _KEPT_RECORDS.value.get((reader.version, scope), record))
    except (DatabaseUnavailable, DatabaseFailed):  # it is in the log; the page is worth more than this line
        return None
