"""List the projects that are at risk: as their health says, or as their target date was put off."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Condition, Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, select_items
from shareable_backlog.database.projects import roadmap
from shareable_backlog.database.projects.roadmap import PlannedProject
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemTotal
from shareable_backlog.services.projects import names, plan_dates, plan_moves
from shareable_backlog.services.projects.plan_moves import PlanMove

RISKY_HEALTH = ("offTrack", "atRisk")
"""What Linear calls a project that needs to be talked about, the worst first."""

MOST = 12


class RiskyProject(Struct, frozen=True, kw_only=True):
    """A project of which something is still to be done; `health` is one of RISKY_HEALTH, None for any other.

    `was_date` and its resolution are the target date that it had, if that `is_slipped`. `open` counts what is still
    to be done, as the list counts it that `filters` leave; None of a day that is over, and where the filters, which
    know it by its name, would leave another's items or none. It `is_late` once its target date has passed.
    """

    id: str
    name: str
    health: str | None
    target_date: date | None
    target_date_resolution: str | None
    is_late: bool
    is_slipped: bool
    was_date: date | None
    was_resolution: str | None
    open: ItemTotal | None
    word: str | None = None
    """By which an address names it now; None of a day that is over."""

    @property
    def filters(self) -> Filters:
        """What leaves the items of which something is still to be done."""
        return Filters((Condition("project", (self.name,)),), with_done=False)


async def list_projects(scope: Scope, now: datetime, since: datetime) -> Sequence[RiskyProject]:
    """Return up to 12 projects at risk that one may see, those off track first, or put off since."""
    moved = await plan_moves.list_plan_moves(scope, since, team_key=None, status_type=None)
    slips = {id_: one for id_, one in moved.items() if one.kind == "slipped"}
    ids = {*slips, *await roadmap.list_ids_by_health(RISKY_HEALTH)}
    shown = await roadmap.list_projects(scope, team_key=None, status_type=None, skip=0, limit=len(ids), ids=list(ids))
    live = [one for one in shown if one.status_type not in {"completed", "canceled"}]
    live.sort(key=lambda one: RISKY_HEALTH.index(one.health) if one.health in RISKY_HEALTH else len(RISKY_HEALTH))
    found = [(one, _build_project(one, slips.get(one.id), now.date())) for one in live[:MOST]]
    return [await _count_open(scope, now, built) if names.has_own_list(one) else built for one, built in found]


def _build_project(project: PlannedProject, slip: PlanMove | None, today: date) -> RiskyProject:
    target = project.target_date
    last_day = target and plan_dates.compute_last_day(target, project.target_date_resolution)
    return RiskyProject(
        id=project.id,
        name=project.name,
        health=project.health if project.health in RISKY_HEALTH else None,
        target_date=target,
        target_date_resolution=project.target_date_resolution,
        is_late=last_day is not None and last_day < today,
        is_slipped=slip is not None,
        was_date=slip and slip.target_date,
        was_resolution=slip and slip.resolution,
        open=None,
        word=project.word,
    )


async def _count_open(scope: Scope, now: datetime, project: RiskyProject) -> RiskyProject:
    selection = await select_items(scope, ItemQuery(project.filters, "rank", now))
    return replace(project, open=await item_pages.count_items(selection))
