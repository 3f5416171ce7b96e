"""The roadmap compared with a day, against what a plain model says of the same worlds."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.projects import plan_moves
from shareable_backlog.services.projects.plan_moves import PlanMove
from tests.support.mirrored import item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Q3: dict[str, Any] = {"target_date": date(2026, 9, 30), "target_date_resolution": "quarter"}
Q4: dict[str, Any] = {"target_date": date(2026, 12, 31), "target_date_resolution": "quarter"}
MAY: dict[str, Any] = {"target_date": date(2026, 5, 4)}


async def plan(name: str, hours: float, created: float = -99, **fields: Any) -> None:
    """Store a project as it is so many hours after the day began, with an item."""
    at = SINCE + hours * HOUR
    await store(project(name, created_at=SINCE + created * HOUR, updated_at=at, **fields), indexed=False)
    number = 1 + sum(map(ord, name))
    team = "OPS" if name.startswith("Secret") else "ENG"
    await store(item(number, team=team, project_id=f"project-{name}"), indexed=False)


async def list_moves(scope: Scope = EVERYTHING, team_key: str | None = None) -> dict[str, PlanMove]:
    found = await plan_moves.list_plan_moves(scope, SINCE, team_key=team_key, status_type=None)
    return {id_.removeprefix("project-"): move for id_, move in found.items()}


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        (Q3, Q4, PlanMove("slipped", date(2026, 9, 30), "quarter")),
        (MAY, Q3, PlanMove("slipped", date(2026, 5, 4))),
        (Q4, MAY, PlanMove("moved", date(2026, 12, 31), "quarter")),
        ({}, MAY, PlanMove("moved")),
        (MAY, {}, PlanMove("moved", date(2026, 5, 4))),
    ],
)
async def test_a_plan_that_moved_tells_from_where(
    before: dict[str, Any], after: dict[str, Any], move: PlanMove
) -> None:
    await plan("Tides", -5, **before)
    await plan("Tides", 5, **after)
    assert await list_moves() == {"Tides": move}


async def test_what_went_there_and_back_or_moved_before_the_day_is_none() -> None:
    await plan("Tides", -9, **Q3)
    await plan("Tides", -5, **MAY)
    await plan("Tides", 5, **Q4)
    await plan("Tides", 6, **MAY)
    assert await list_moves() == {}


async def test_a_day_that_ends_its_quarter_is_no_later_than_the_quarter() -> None:
    await plan("Tides", -5, target_date=date(2026, 9, 30))
    await plan("Tides", 5, target_date=date(2026, 8, 15), target_date_resolution="quarter")
    assert await list_moves() == {}


async def test_a_plan_that_came_since_is_new_whatever_its_date_did() -> None:
    await plan("Tides", 1, created=1, **Q3)
    await plan("Tides", 5, created=1, **Q4)
    assert await list_moves() == {"Tides": PlanMove("new")}


@pytest.mark.parametrize("seed", range(4))
async def test_random_worlds_are_as_a_plain_model_says_and_hidden_plans_move_nothing(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    expected: dict[str, str] = {}
    days = [None, date(2026, 5, 4), date(2026, 6, 4), date(2026, 7, 4)]
    for number in range(14):
        name = f"{dice.choice(('Secret', 'Open'))} {number}"
        times = sorted(dice.uniform(-9, 9) for _ in range(dice.randint(1, 3)))
        drawn = [(hours, dice.choice(days)) for hours in times]
        for hours, day in drawn:
            await plan(name, hours, created=times[0], target_date=day)
        then = [day for hours, day in drawn if hours < 0]
        now = drawn[-1][1]
        if not then:
            expected[name] = "new"
        elif then[-1] != now:
            expected[name] = "slipped" if then[-1] and now and now > then[-1] else "moved"
    assert {name: move.kind for name, move in (await list_moves()).items()} == expected
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    shown = {name: kind for name, kind in expected.items() if name.startswith("Open")}
    assert {name: move.kind for name, move in (await list_moves()).items()} == shown
    assert {name: move.kind for name, move in (await list_moves(team_key="ENG")).items()} == shown
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('None') RETURNING id")
    assert await list_moves(Scope((group,))) == {}
