"""Say when a part of the plan, or what a list is narrowed to, may be done, and how often such words held here."""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.agenda import kept_agendas
from shareable_backlog.database.backlog.counts import plan_events, work_days
from shareable_backlog.database.backlog.counts.plan_events import PlanDay, PlanPart
from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.projects import forecast_records
from shareable_backlog.database.settings import read_settings
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.services.projects import backtest, simulation
from shareable_backlog.services.projects.backtest import HeldForecasts
from shareable_backlog.services.projects.simulation import Forecast

__all__ = ["Forecast", "HeldForecasts", "PlanPart"]

FEWEST_JUDGED = 20
"""Of fewer forecasts it is not said how often they held."""
_MOST_SCOPES = 30
_LOOK_AGAIN_S = 300.0
_REST_S = 0.02
_Record: TypeAlias = dict[str, tuple[int, int, int, int]]
_STATES, _TIMES = ("type", "state"), ("completed", "new")


async def read_forecast(
    scope: Scope, part: PlanPart, today: date, known: Sequence[PlanDay] | None = None
) -> Forecast | None:
    """Return when what is open of a part of the plan may be done, as far as the scope sees it.

    `known` are the days on which its sums changed, where they have been read already.

    None below six weeks of work, where nothing was done in the last twelve, where nothing is open, and for too many
    items to count.
    """
    days = await _list_days(scope, part) if known is None else _build_work_days(known)
    return simulation.compute_forecast(days, today)


async def read_selected_forecast(scope: Scope, asked: ItemQuery) -> Forecast | None:
    """Return the same of all that is asked for, in whatever state it is: also of what is done and put away.

    None also for what came or was done in a time alone: its past says nothing of what is left to do.
    """
    if any(one.field in _TIMES for one in asked.filters.conditions):
        return None
    selection = await select_items(scope, replace(asked, filters=_forget_states(asked.filters), order="rank"))
    return simulation.compute_forecast(await work_days.list_work_days(selection), asked.now.date())


def is_narrowed_to_states(filters: Filters) -> bool:
    """Return whether the filters narrow a list to states, which its forecast leaves out of account."""
    return any(one.field in _STATES for one in filters.conditions)


def _forget_states(filters: Filters) -> Filters:
    kept = tuple(one for one in filters.conditions if one.field not in _STATES)
    return replace(filters, conditions=kept, with_archived=True, with_done=True, since=None, moved=None)


async def _list_days(scope: Scope, part: PlanPart) -> Sequence[WorkDay]:
    return _build_work_days(await plan_events.list_plan_days(scope, part) or ())


def _build_work_days(days: Sequence[PlanDay]) -> Sequence[WorkDay]:
    return [WorkDay(one.day, one.total, one.done) for one in days]


async def read_record(scope: Scope) -> HeldForecasts | None:
    """Return how often forecasts of the projects that the scope sees held; None while there are too few to say."""
    held = HeldForecasts(*await forecast_records.sum_record(scope))
    return held if held.most_said >= FEWEST_JUDGED else None


async def keep_judging() -> None:
    """Make the records of all scopes in use again each night, for ever, and soon after what is shared has changed."""
    while True:
        await asyncio.sleep(_LOOK_AGAIN_S)  # a start has enough to do
        with contextlib.suppress(BacklogError):  # as below
            if readiness.is_ready():
                await judge_due(clock.read_time().date())


async def judge_due(today: date) -> int:
    """Make the records that are not of today, or not of what is shared now, and return how many they were.

    None is made while forecasts are switched off. One that fails is made the next time.
    """
    if "forecasts" in (await read_settings()).pages_off:
        return 0
    records, judged = list[tuple[Scope, str, _Record]](), dict[bytes, HeldForecasts]()
    for scope in await kept_agendas.list_scopes(0, _MOST_SCOPES):
        with contextlib.suppress(BacklogError):  # the probe, or the failed statement, has it in the log
            mark = await forecast_records.find_due_mark(scope, today)
            if mark is not None:
                records.append((scope, mark, await _judge_projects(scope, today, judged)))
    if records:
        async with transaction() as tx:  # each change of a record would make all kept pages anew
            for scope, mark, content in records:
                await forecast_records.save_record(tx, scope, today, mark, content)
    return len(records)


async def _judge_projects(scope: Scope, today: date, judged: dict[bytes, HeldForecasts]) -> _Record:
    """Judge the projects that a scope sees, but for what is `judged` by now as another scope sees the same of it."""
    found: _Record = {}
    for project_id, completed in await forecast_records.list_judged_projects(scope):
        days = await _list_days(scope, PlanPart("project", project_id))
        ended = completed or backtest.find_end(days)
        key = hashlib.sha256(repr((days, ended)).encode()).digest()  # all days of all scopes would be large
        held = judged[key] = judged.get(key) or await _judge_past(days, ended, today)
        if held.half_said or held.most_said:
            found[project_id] = (held.half_said, held.half_held, held.most_said, held.most_held)
    return found


async def _judge_past(days: Sequence[WorkDay], ended: date | None, today: date) -> HeldForecasts:
    """Return how all past weeks came out. Each takes some milliseconds, and whoever asks for a page goes first."""
    held, weeks = HeldForecasts(), backtest.judge_past(days, ended, today)
    while (one := await asyncio.to_thread(next, weeks, None)) is not None:
        held += one
        await asyncio.sleep(_REST_S)
    return held
