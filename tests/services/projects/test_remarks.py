"""What was said of a plan and of its updates stands with what it is about."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.database.projects.plan_comments import PlanKind
from shareable_backlog.services.projects import remarks
from shareable_backlog.streams.projects import InitiativeUpdate
from tests.database.projects.test_initiatives import TIMES, initiative, part
from tests.support.mirrored import comment, item, project, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database", "plans")]

APOLLO = project("Apollo")
PLANS: dict[PlanKind, str] = {"project": APOLLO.id, "initiative": "initiative-Moon"}


@pytest.fixture(name="plans")
async def _store_plans() -> None:
    """Store a project and an initiative, each with an update, an answered comment of that, and one of its own."""
    one = item(1, project_id=APOLLO.id)
    written = InitiativeUpdate(
        id="update-2", initiative_id=PLANS["initiative"], body="Well", is_diff_hidden=True, **TIMES
    )
    await store(APOLLO, one, update(1, APOLLO), initiative("Moon"), part("Moon", "Apollo"), written)
    for number, (kind, plan_id) in enumerate(PLANS.items(), 1):
        of_update = {"issue_id": None, f"{kind}_update_id": f"update-{number}"}
        await store(
            comment(10 * number, one, f"Of the {kind}", issue_id=None, **{f"{kind}_id": plan_id}),
            comment(10 * number + 1, one, "Of the update", **of_update),
            comment(10 * number + 2, one, "In answer", parent_id=f"comment-{10 * number + 1}", **of_update),
        )


@pytest.mark.parametrize("kind", PLANS)
async def test_comments_stand_with_what_they_are_about(kind: PlanKind) -> None:
    found = await remarks.read_remarks(EVERYTHING, kind, PLANS[kind], ["update-1", "update-2"])
    assert [thread.first.body for thread in found.of_plan] == [f"Of the {kind}"]
    [[thread]] = found.of_updates.values()
    assert (thread.first.body, [reply.body for reply in thread.replies]) == ("Of the update", ["In answer"])
    assert sorted(found.texts) == ["In answer", f"Of the {kind}", "Of the update"]


@pytest.mark.parametrize("kind", PLANS)
async def test_of_a_plan_that_is_not_shown_nothing_was_said(kind: PlanKind) -> None:
    assert not (await remarks.read_remarks(NOTHING, kind, PLANS[kind], ["update-1", "update-2"])).texts
    await query("UPDATE backlog_items SET trashed = true")
    assert not (await remarks.read_remarks(EVERYTHING, kind, PLANS[kind], ["update-1", "update-2"])).texts
