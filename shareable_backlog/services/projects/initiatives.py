"""Show one initiative with what is below it, as one frozen page."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import initiatives
from shareable_backlog.database.projects.initiatives import InitiativeDetails, NamedInitiative, PartProject
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import items
from shareable_backlog.services.projects import plan_dates, remarks, roadmap, updates
from shareable_backlog.services.projects.remarks import PlanRemarks
from shareable_backlog.services.projects.roadmap import Plan
from shareable_backlog.services.projects.updates import UpdatesPage, UpdatesQuery

__all__ = ["InitiativeDetails", "Scope"]

_SILENT_AFTER = timedelta(weeks=3)
_OVER = {"completed", "canceled"}


class InitiativeBranch(Struct, frozen=True):
    """An initiative below another, whose health may be old, with those below it."""

    initiative: NamedInitiative
    is_health_old: bool
    branches: Sequence["InitiativeBranch"]


class InitiativePage(Struct, frozen=True, kw_only=True):
    """One initiative and what stands around it, of what may be shown.

    `plans` are its own projects as the roadmap has them, and `others` those that it has no more. It `is_late` once
    its time has passed; it is silent if nothing was written about it for `silent_weeks`. `mentioned` has the titles
    of items that the texts name, by their identifiers.
    """

    initiative: InitiativeDetails
    is_health_old: bool
    is_late: bool
    silent_weeks: int | None
    parent: NamedInitiative | None
    branches: Sequence[InitiativeBranch]
    plans: Sequence[Plan]
    others: Sequence[PartProject]
    updates: UpdatesPage
    remarks: PlanRemarks
    mentioned: Mapping[str, str]


async def find_initiatives(scope: Scope, word: str) -> Sequence[InitiativeDetails]:
    """Return the initiatives that a word of an address means: one, or several of one name. Raises NotFound."""
    found = await initiatives.find_initiatives(scope, word)
    if not found:
        raise NotFound("There is no initiative by that name, or you may not see it. Look for it on the roadmap.")
    return found if found[0].is_named else found[:1]


async def read_page(
    scope: Scope, initiative: InitiativeDetails, after: tuple[datetime, str] | None, now: datetime
) -> InitiativePage:
    """Return the page of an initiative that is shown, with its updates from after `after`; `now` has a time zone."""
    today, is_over = now.date(), (initiative.status or "").lower() in _OVER
    below = await initiatives.list_below(scope, initiative.id)
    parts = await initiatives.list_projects(scope, initiative.id)
    listed = [one.id for one in parts if one.is_listed]
    plans = await roadmap.list_chosen_plans(scope, listed, today) if listed else ()
    in_plans = {one.project.id for one in plans}
    parent_id = initiative.parent_id
    written = await updates.list_updates(scope, UpdatesQuery(initiative_id=initiative.id), after)
    said = await remarks.read_remarks(scope, "initiative", initiative.id, [one.id for one in written.updates])
    texts = [initiative.content, *(one.body for one in written.updates), *said.texts]
    return InitiativePage(
        initiative=initiative,
        is_health_old=not is_over and _is_health_old(initiative, today),
        is_late=not is_over and _is_late(initiative, today),
        silent_weeks=None if is_over else _count_silent_weeks(initiative, now),
        parent=await initiatives.find_initiative(scope, parent_id) if parent_id else None,
        branches=_build_tree(initiative.id, below, today),
        plans=plans,
        others=[one for one in parts if one.id not in in_plans],
        updates=written,
        remarks=said,
        mentioned=await items.list_mentioned(scope, texts),
    )


def _build_tree(root_id: str, below: Sequence[NamedInitiative], today: date) -> Sequence[InitiativeBranch]:
    """Return what is below, each once, even if something were above itself."""
    children: dict[str | None, list[NamedInitiative]] = {}
    for one in below:
        children.setdefault(one.parent_id, []).append(one)

    def build(parent_id: str) -> Sequence[InitiativeBranch]:
        return [
            InitiativeBranch(one, _is_health_old(one, today), build(one.id)) for one in children.pop(parent_id, ())
        ]

    return build(root_id)


def _is_health_old(initiative: NamedInitiative, today: date) -> bool:
    return roadmap.is_health_old(initiative.health_updated_at, initiative.update_gap, today)


def _is_late(initiative: NamedInitiative, today: date) -> bool:
    target = initiative.target_date
    return target is not None and plan_dates.compute_last_day(target, initiative.target_date_resolution) < today


def _count_silent_weeks(initiative: InitiativeDetails, now: datetime) -> int | None:
    """Return for how many weeks nothing was written, if that is unusual for it."""
    if initiative.last_update_at is None or not initiative.shows_updates:
        return None
    silence = now - initiative.last_update_at
    usual = max(_SILENT_AFTER, 2 * (initiative.update_gap or timedelta()))
    return silence.days // 7 if silence >= usual else None
