"""Show what was said of a plan and of its updates, each with what it is about."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import plan_comments
from shareable_backlog.database.projects.plan_comments import PlanComment, PlanKind
from shareable_backlog.services.backlog import items
from shareable_backlog.services.backlog.items import CommentThread

_MOST = 500


class PlanRemarks(Struct, frozen=True):
    """Comments of a plan itself, those of its updates by their ids, and the texts of all."""

    of_plan: Sequence[CommentThread]
    of_updates: Mapping[str, Sequence[CommentThread]]
    texts: Sequence[str]


async def read_remarks(scope: Scope, kind: PlanKind, plan_id: str, update_ids: Sequence[str]) -> PlanRemarks:
    """Return what was said of a plan and of these updates of it, up to the 500 newest comments."""
    found = await plan_comments.list_comments(scope, kind, plan_id, update_ids, _MOST)
    of_updates: dict[str, list[PlanComment]] = {}
    for one in found:
        if one.update_id is not None:
            of_updates.setdefault(one.update_id, []).append(one)
    return PlanRemarks(
        items.build_threads(one for one in found if one.update_id is None),
        {update_id: items.build_threads(some) for update_id, some in of_updates.items()},
        [one.body for one in found],
    )
