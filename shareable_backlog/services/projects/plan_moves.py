"""Compare the roadmap with a day: which plans are new, slipped or otherwise moved since."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import roadmap, target_changes
from shareable_backlog.database.projects.roadmap import PlannedProject
from shareable_backlog.database.projects.target_changes import TargetChange
from shareable_backlog.services.projects import plan_dates

PlanMoveKind: TypeAlias = Literal["new", "slipped", "moved"]

PLAN_MOVES: Final[tuple[PlanMoveKind, ...]] = ("new", "slipped", "moved")

_MOST = 10_000


class PlanMove(Struct, frozen=True):
    """What has become of a plan: `target_date` and its `resolution` are what it had, None where it had none."""

    kind: PlanMoveKind
    target_date: date | None = None
    resolution: str | None = None


async def list_plan_moves(
    scope: Scope, since: datetime, *, team_key: str | None, status_type: str | None
) -> Mapping[str, PlanMove]:
    """Return what has become since of the projects that one may see now, by their ids; None leaves a filter out."""
    changes = {one.project_id: one for one in await target_changes.list_target_changes(since)}
    shown = await roadmap.list_projects(
        scope, team_key=team_key, status_type=status_type, skip=0, limit=_MOST, ids=list(changes)
    )
    found = {one.id: _judge_move(one, changes[one.id]) for one in shown}
    return {id_: move for id_, move in found.items() if move}


def _judge_move(project: PlannedProject, change: TargetChange) -> PlanMove | None:
    if change.is_new:
        return PlanMove("new")
    if change.before is None:
        return PlanMove("moved") if project.target_date else None
    day, _, resolution = change.before.partition(" ")
    before, exactly = date.fromisoformat(day), resolution or None
    if project.target_date is None:
        return PlanMove("moved", before, exactly)
    was = plan_dates.compute_last_day(before, exactly)
    now = plan_dates.compute_last_day(project.target_date, project.target_date_resolution)
    return None if was == now else PlanMove("slipped" if was < now else "moved", before, exactly)
