"""Forecasts of what a scope sees, and the record of how often they held, in a real PostgreSQL."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Thread, current_thread
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.counts import plan_events
from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.services.projects import backtest, forecast
from shareable_backlog.services.projects.forecast import Forecast, HeldForecasts, PlanPart
from shareable_backlog.streams.projects import ProjectMilestoneRow
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, item, label, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TODAY = date(2026, 2, 6)
APOLLO = PlanPart("project", "project-Apollo")
DONE = state("completed")


def before(**distance: float) -> datetime:
    return datetime(2026, 2, 6, tzinfo=UTC) - timedelta(**distance)


def make_work(open_items: int, weeks: int, first: int = 1, **fields: Any) -> list[Any]:
    """Return items of which two were done in each of the last weeks, and so many are open."""
    plain: dict[str, Any] = {"project_id": APOLLO.id, "created_at": before(weeks=weeks + 1), **fields}
    done = [
        item(first + at, state_id=DONE.id, completed_at=before(weeks=at // 2, days=3), **plain)
        for at in range(2 * weeks)
    ]
    return [*done, *(item(first + 2 * weeks + at, **plain) for at in range(open_items))]


async def read(part: PlanPart = APOLLO, scope: Scope = EVERYTHING) -> Forecast | None:
    return await forecast.read_forecast(scope, part, TODAY)


async def test_each_part_of_the_plan_has_its_own() -> None:
    roof = label("Roof")
    pilot = ProjectMilestoneRow(id="pilot", project_id=APOLLO.id, name="Pilot", created_at=NOON, updated_at=NOON)
    await store(DONE, roof, pilot, project("Apollo"))
    await store(*make_work(10, 8), indexed=False)
    await store(
        *make_work(4, 7, first=100, project_id=None, label_ids=[roof.id], project_milestone_id="pilot"), indexed=False
    )
    assert await read() == Forecast(TODAY + timedelta(weeks=5), TODAY + timedelta(weeks=5), 8)
    two_weeks = Forecast(TODAY + timedelta(weeks=2), TODAY + timedelta(weeks=2), 7)
    assert await read(PlanPart("label", roof.id)) == two_weeks
    assert await read(PlanPart("milestone", "pilot")) == two_weeks
    assert await read(PlanPart("project", "project-None")) is None


async def test_a_list_has_one_whichever_states_it_is_narrowed_to() -> None:
    await store(DONE, project("Apollo"))
    await store(*make_work(10, 8), *make_work(9, 8, first=100, project_id=None), indexed=False)
    said = Forecast(TODAY + timedelta(weeks=5), TODAY + timedelta(weeks=5), 8)
    for words in ("project=Apollo", "project=Apollo&done=hidden", "project=Apollo&type=started&archived=shown"):
        assert await forecast.read_selected_forecast(EVERYTHING, parse_query(words)) == said
    await query("UPDATE backlog_items SET archived_at = completed_at WHERE completed_at IS NOT NULL")
    assert await forecast.read_selected_forecast(EVERYTHING, parse_query("project=Apollo")) == said
    assert await read() == said
    assert await forecast.read_selected_forecast(EVERYTHING, parse_query("project=Gemini")) is None


@pytest.mark.parametrize("words", ["new=meeting", "-new=meeting", "new=unseen", "completed=30d", "-completed=30d"])
async def test_of_what_came_or_was_done_in_a_time_it_says_nothing(words: str) -> None:
    await store(DONE, project("Apollo"))
    await store(*make_work(10, 8), indexed=False)
    assert await forecast.read_selected_forecast(EVERYTHING, parse_query(words)) is None


async def test_what_is_dropped_needs_no_time() -> None:
    await store(DONE, state("canceled"), project("Apollo"))
    await store(*make_work(10, 8), indexed=False)
    dropped = [item(200 + at, project_id=APOLLO.id, created_at=before(weeks=9), state_id="ENG-canceled-0",
                    canceled_at=before(weeks=8.5)) for at in range(5)]  # fmt: skip
    await store(*dropped, indexed=False)
    assert await read() == Forecast(TODAY + timedelta(weeks=5), TODAY + timedelta(weeks=5), 8)


async def add_user(**fields: Any) -> None:
    await query(
        "INSERT INTO users (email, is_approved, sees_everything) VALUES (%(email)s, true, %(sees_everything)s)",
        {"email": "bob@example.com", "sees_everything": True, **fields},
    )


async def put_past(name: str, seed: int, **fields: Any) -> None:
    """Store a project that came to its end, at an uneven pace."""
    rng, day, start = random.Random(seed), 0.0, before(weeks=104)  # noqa: S311 (pasts that come again)
    items = list[Any]()
    for number in range(40):
        day += rng.expovariate(0.15)
        at = start + timedelta(days=min(day, 350))
        plain: dict[str, Any] = {"project_id": f"project-{name}", "created_at": start, "completed_at": at, **fields}
        items.append(item(sum(name.encode()) * 100 + number, state_id=DONE.id, **plain))
    await store(DONE, project(name), *items, indexed=False)


async def test_the_record_is_made_once_a_day_for_each_scope_in_use() -> None:
    await add_user()
    await put_past("Apollo", 1)
    assert await forecast.read_record(EVERYTHING) is None
    assert await forecast.judge_due(TODAY) == 1
    held = await forecast.read_record(EVERYTHING)
    assert held is not None
    assert held.most_said >= held.most_held > 0
    assert await forecast.judge_due(TODAY) == 0
    assert await forecast.judge_due(TODAY + timedelta(days=1)) == 1


async def add_group(group_id: int, *names: str) -> Scope:
    """Store a group of viewers who see one team, and return what they see."""
    params = {"id": group_id, "emails": [f"{name}@example.com" for name in names]}
    for sql in (
        "INSERT INTO viewer_groups (id, name) OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(id)s::text)",
        "INSERT INTO viewer_group_rules VALUES (%(id)s, 'team', 'team-ENG')",
        "INSERT INTO users (email, is_approved, sees_everything) SELECT unnest(%(emails)s::text[]), true, false",
        """INSERT INTO viewer_group_members (user_id, viewer_group_id)
        SELECT id, %(id)s FROM users WHERE email = ANY (%(emails)s)""",
    ):
        await query(sql, params)
    return Scope((group_id,))


@pytest.mark.owner
async def test_a_scope_that_fails_leaves_the_others_their_records() -> None:
    await add_group(1, "alice", "bob")
    scope = await add_group(2, "carol")
    await put_past("Apollo", 1)
    await query("ALTER TABLE viewer_group_rules RENAME TO all_rules")
    await query("CREATE VIEW viewer_group_rules AS SELECT * FROM all_rules WHERE 1 / (viewer_group_id - 1) > 0")
    assert await forecast.judge_due(TODAY) == 1
    assert await forecast.read_record(scope)


async def test_scopes_that_see_the_same_are_judged_once_off_the_event_loop_and_kept_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scopes = [EVERYTHING, await add_group(1, "alice")]
    await add_user()
    await put_past("Apollo", 1)
    judged, threads = list[date | None](), set[Thread]()

    def watch(days: Sequence[WorkDay], ended: date | None, today: date) -> Iterator[HeldForecasts]:
        judged.append(ended)
        for one in past(days, ended, today):
            threads.add(current_thread())
            yield one

    past = backtest.judge_past
    monkeypatch.setattr(backtest, "judge_past", watch)
    assert await forecast.judge_due(TODAY) == 2
    assert (len(judged), current_thread() in threads) == (1, False)
    assert len({await forecast.read_record(scope) for scope in scopes}) == 1
    assert await query("SELECT count(DISTINCT xmin::text)::integer FROM forecast_records") == [(1,)]


async def test_few_judged_forecasts_are_no_record() -> None:
    await add_user()
    await store(DONE, project("Apollo"))
    await store(*make_work(0, 12), indexed=False)
    await forecast.judge_due(TODAY)
    assert await forecast.read_record(EVERYTHING) is None


async def test_none_is_made_while_forecasts_are_switched_off() -> None:
    await add_user()
    await query("UPDATE settings SET pages_off = '{forecasts}'")
    assert await forecast.judge_due(TODAY) == 0


async def test_a_change_of_what_is_shared_silences_the_record_until_it_is_made_again() -> None:
    await add_user()
    await put_past("Apollo", 1)
    await put_past("Gemini", 2, team="OPS")
    await forecast.judge_due(TODAY)
    whole = await forecast.read_record(EVERYTHING)
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    assert await forecast.read_record(EVERYTHING) is None
    assert await forecast.judge_due(TODAY) == 1
    part = await forecast.read_record(EVERYTHING)
    assert whole is not None
    assert part is not None
    assert part.most_said < whole.most_said


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_hidden_moves_no_forecast_and_no_record(seed: int) -> None:
    """Two worlds that differ only in what a group does not see read the same to it."""
    rng = random.Random(seed)  # noqa: S311 (worlds that come again)
    await add_user(sees_everything=False)
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Field') RETURNING id")
    await query("INSERT INTO viewer_group_rules VALUES (%(id)s, 'team', 'team-ENG')", {"id": group_id})
    await query(
        "INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT id, %(id)s FROM users", {"id": group_id}
    )
    scope = Scope((group_id,))
    await put_past("Gemini", seed)
    await store(team("OPS"), DONE, project("Apollo"))
    await store(*make_work(rng.randint(3, 20), rng.randint(6, 14)), indexed=False)

    async def read_all() -> tuple[Forecast | None, Forecast | None, HeldForecasts | None]:
        await query("DELETE FROM forecast_records")
        assert await forecast.judge_due(TODAY) == 1
        selected = await forecast.read_selected_forecast(scope, parse_query("project=Apollo"))
        return await read(scope=scope), selected, await forecast.read_record(scope)

    seen = await read_all()
    assert seen[0] is not None
    assert seen[0] == seen[1]
    assert seen[2] is not None
    await put_past("Mercury", seed + 9, team="OPS")
    for first, name in ((500, "Apollo"), (700, "Gemini")):
        hidden = make_work(
            rng.randint(1, 30), rng.randint(1, 20), first=first, team="OPS", project_id=f"project-{name}"
        )
        await store(*hidden, indexed=False)
    everything = await plan_events.list_plan_days(EVERYTHING, APOLLO)
    assert everything != await plan_events.list_plan_days(scope, APOLLO)
    assert await read_all() == seen
