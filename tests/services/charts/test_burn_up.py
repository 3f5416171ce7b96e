"""How a part of the plan grew and was done, against what a plain model says of the same worlds."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.backlog.counts import plan_events
from shareable_backlog.services.charts import burn_up
from shareable_backlog.services.charts.burn_up import BurnUp, PlanPart
from shareable_backlog.streams.issues import ItemRow
from shareable_backlog.streams.projects import CycleRow, ProjectMilestoneRow
from tests.support.mirrored import NOON, item, label, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
TODAY = NOON.date()
APOLLO = PlanPart("project", "project-Apollo")
TYPES = ("backlog", "started", "completed", "canceled", "duplicate")


def at(days: float) -> datetime:
    """Return noon so many days ago."""
    return NOON - days * DAY


async def read(part: PlanPart = APOLLO, scope: Scope = EVERYTHING, today: date = TODAY) -> BurnUp:
    found = await burn_up.read_burn_up(scope, part, today)
    assert found
    assert found.unit == "items"
    return found


def tell(found: BurnUp) -> list[tuple[int, ...]]:
    """Return how many days ago there were how many in all, started and done."""
    assert found.started is not None
    rows = zip(found.days, found.total, found.started, found.done, strict=True)
    return [((TODAY - day).days, *map(int, sums)) for day, *sums in rows]


async def store_states() -> None:
    await store(*(state(type_) for type_ in TYPES))


async def test_scope_and_what_is_begun_and_done_are_told_by_week() -> None:
    await store_states()
    of = {"project_id": APOLLO.id}
    await store(
        item(1, created_at=at(20), **of),
        item(2, created_at=at(20), state_id="ENG-started-0", started_at=at(10), **of),
        item(3, created_at=at(15), state_id="ENG-completed-0", started_at=at(12), completed_at=at(3), **of),
        item(4, created_at=at(19), state_id="ENG-canceled-0", started_at=at(18), canceled_at=at(5), **of),
        item(5, created_at=at(19)),
    )
    assert tell(await read()) == [(21, 0, 0, 0), (14, 4, 0, 0), (7, 4, 2, 0), (0, 3, 2, 1)]


async def test_what_came_into_a_project_later_counts_from_then() -> None:
    await store_states()
    await store(
        item(1, created_at=at(14), project_id=APOLLO.id),
        item(
            2,
            created_at=at(99),
            added_to_project_at=at(7),
            project_id=APOLLO.id,
            state_id="ENG-completed-0",
            started_at=at(40),
            completed_at=at(30),
        ),
    )
    assert tell(await read()) == [(15, 0, 0, 0), (14, 1, 0, 0), (7, 2, 1, 1), (0, 2, 1, 1)]


async def test_where_all_is_done_the_picture_ends_with_the_last() -> None:
    await store_states()
    of = {"project_id": APOLLO.id, "state_id": "ENG-completed-0"}
    await store(item(1, created_at=at(200), completed_at=at(190), archived_at=at(90), **of))
    assert tell(await read()) == [(201, 0, 0, 0), (197, 1, 0, 0), (190, 1, 1, 1)]


async def test_what_was_archived_undone_was_dropped_and_what_came_dropped_never_was() -> None:
    await store_states()
    of = {"project_id": APOLLO.id}
    await store(
        item(1, created_at=at(8), archived_at=at(2), **of),
        item(2, created_at=at(8), **of),
        item(3, created_at=at(50), added_to_project_at=at(4), state_id="ENG-canceled-0", canceled_at=at(20), **of),
    )
    assert tell(await read()) == [(9, 0, 0, 0), (7, 2, 0, 0), (0, 1, 0, 0)]


async def test_a_cycle_is_told_by_day_from_its_first_on() -> None:
    await store_states()
    cycle = CycleRow(
        id="cycle-1",
        created_at=NOON,
        updated_at=NOON,
        team_id="team-ENG",
        number=1,
        starts_at=at(3),
        ends_at=at(-4),
        issue_count_history=[],
        completed_issue_count_history=[],
        scope_history=[],
        completed_scope_history=[],
        in_progress_scope_history=[],
    )
    await store(
        cycle,
        item(1, created_at=at(50), added_to_cycle_at=at(3), cycle_id="cycle-1"),
        item(2, created_at=at(1), cycle_id="cycle-1", state_id="ENG-completed-0", completed_at=at(0)),
    )
    part = PlanPart("cycle", "cycle-1")
    assert tell(await read(part)) == [(3, 1, 0, 0), (2, 1, 0, 0), (1, 2, 0, 0), (0, 2, 1, 1)]
    assert (await read(part, today=TODAY + 90 * DAY)).days[-1] == TODAY + 4 * DAY
    assert await burn_up.read_burn_up(EVERYTHING, part, TODAY - 9 * DAY) is None


async def test_milestones_labels_and_teams_have_theirs() -> None:
    await store_states()
    milestone = ProjectMilestoneRow(
        id="milestone-1", created_at=NOON, updated_at=NOON, name="Beta", project_id=APOLLO.id, sort_order=1
    )
    await store(
        milestone,
        label("Area", is_group=True),
        label("Roof", parent_id="label-Area"),
        item(1, created_at=at(3), project_id=APOLLO.id, project_milestone_id="milestone-1"),
        item(2, created_at=at(3), label_ids=["label-Roof"]),
        item(3, created_at=at(3), team="OPS"),
    )
    for part, count in (
        (PlanPart("milestone", "milestone-1"), 1),
        (PlanPart("label", "label-Roof"), 1),
        (PlanPart("label", "label-Area"), 1),
        (PlanPart("team", "team-ENG"), 2),
        (PlanPart("team", "team-OPS"), 1),
    ):
        assert (await read(part)).total[-1] == count
    await query("UPDATE labels SET is_offered = false")
    assert await burn_up.read_burn_up(EVERYTHING, PlanPart("label", "label-Roof"), TODAY) is None


async def test_a_long_past_has_no_more_points_than_can_be_read() -> None:
    await store_states()
    await store(item(1, created_at=at(365 * 8), project_id=APOLLO.id))
    found = await read()
    assert len(found.days) <= 106
    assert found.days[-1] == TODAY
    assert found.total[-1] == 1


async def test_more_items_than_are_counted_are_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(*(item(at, project_id=APOLLO.id) for at in range(4)))
    monkeypatch.setattr(plan_events, "MOST_COUNTED", 4)
    assert (await read()).days
    monkeypatch.setattr(plan_events, "MOST_COUNTED", 3)
    assert (await read()).days == ()


async def test_without_anything_to_see_there_is_none() -> None:
    await store(item(1, project_id=APOLLO.id))
    assert await burn_up.read_burn_up(NOTHING, APOLLO, TODAY) is None
    assert await burn_up.read_burn_up(EVERYTHING, PlanPart("project", "project-None"), TODAY) is None


@dataclass(frozen=True, slots=True)
class ModelItem:
    """What the model knows of an item: on which days it came, was begun, was done or dropped."""

    came: date
    begun: date | None
    done: date | None
    dropped: date | None

    def is_there(self, day: date) -> bool:
        never = self.dropped is not None and self.dropped <= self.came
        return not never and self.came <= day and (self.dropped is None or self.dropped > day)


def model(row: ItemRow) -> ModelItem:
    type_ = (row.state_id or "--").split("-")[1]
    came = row.added_to_project_at or row.created_at
    done = row.completed_at if type_ == "completed" else None
    begun = min(one for one in (row.started_at, done) if one) if type_ in {"started", "completed"} else None
    dropped = row.canceled_at if type_ in {"canceled", "duplicate"} else None
    if type_ != "completed" and dropped is None:
        dropped = row.archived_at
    begun_on, done_on = (max(came, one).date() if one else None for one in (begun, done))
    return ModelItem(came.date(), begun_on, done_on, dropped.date() if dropped else None)


def make_item(rng: random.Random, number: int) -> ItemRow:
    def pick() -> datetime:
        return at(rng.randrange(1, 90) + rng.choice((0, 0.3, -0.3)))

    type_ = rng.choice(TYPES)
    team_ = rng.choice(("ENG", "ENG", "OPS", "SEC"))
    return item(
        number,
        team=team_,
        created_at=pick(),
        added_to_project_at=rng.choice((None, pick())),
        project_id=rng.choice((APOLLO.id, APOLLO.id, "project-Other", None)),
        label_ids=rng.choice(([], [], ["label-Secret"])),
        state_id=rng.choice((None, f"{team_}-{type_}-0", f"{team_}-{type_}-0")),
        started_at=pick(),
        completed_at=pick(),
        canceled_at=pick(),
        archived_at=rng.choice((None, None, pick())),
        trashed=rng.random() < 0.1,
    )


@pytest.mark.parametrize("seed", range(12))
async def test_random_worlds_are_told_as_the_model_does_and_what_is_hidden_moves_nothing(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 (no secret)
    await store(*(team(key, private=key == "SEC") for key in ("ENG", "OPS", "SEC")), label("Secret"))
    await store(*(state(type_, team=key) for type_ in TYPES for key in ("ENG", "OPS", "SEC")))
    rows = [make_item(rng, number) for number in range(1, 60)]
    await store(*rows, indexed=False)
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-Secret', false)")
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    for scope, keys in ((EVERYTHING, {"ENG", "OPS"}), (Scope((group,)), {"OPS"})):
        seen = [
            model(row)
            for row in rows
            if row.project_id == APOLLO.id and not row.trashed and not row.label_ids
            if row.team_id.removeprefix("team-") in keys
        ]
        found = await burn_up.read_burn_up(scope, APOLLO, TODAY)
        expected = [
            (
                sum(one.is_there(day) for one in seen),
                sum(one.begun is not None and one.dropped is None and one.begun <= day for one in seen),
                sum(one.done is not None and one.done <= day for one in seen),
            )
            for day in (found.days if found else ())
        ]
        assert [sums for _, *sums in (tell(found) if found else [])] == [list(one) for one in expected]
        assert (found is not None) == any(one.dropped is None or one.dropped > one.came for one in seen)
