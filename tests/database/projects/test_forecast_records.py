"""How often forecasts held, kept for each scope, in a real PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import forecast_records
from tests.support.mirrored import NOON, item, label, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database", "plans")]

ALL = Scope(None)
TODAY = NOON.date()
COUNTS = {"project-Tides": (4, 2, 3, 3), "project-Moon": (1, 1, 1, 0)}


async def keep(scope: Scope = ALL, day: date = TODAY) -> None:
    mark = await forecast_records.find_due_mark(scope, day)
    assert mark
    async with transaction() as tx:
        await forecast_records.save_record(tx, scope, day, mark, COUNTS)


async def hide_team(team_id: str) -> None:
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', %(team_id)s, FALSE)",
        {"team_id": team_id},
    )


@pytest.fixture(name="plans")
async def _store_plans() -> None:
    await store(team("ENG"), project("Tides"), project("Moon"), item(1, project_id="project-Tides"))


async def test_a_record_is_due_once_a_day() -> None:
    await keep()
    assert await forecast_records.find_due_mark(ALL, TODAY) is None
    assert await forecast_records.find_due_mark(ALL, TODAY + timedelta(days=1))


async def test_a_record_is_due_again_when_something_else_is_shown_and_counts_nothing_until_then() -> None:
    await keep()
    await hide_team("another team")
    assert await forecast_records.sum_record(ALL) == (0, 0, 0, 0)
    await keep()
    assert await forecast_records.sum_record(ALL) == (4, 2, 3, 3)


@pytest.mark.parametrize(
    ("scope", "rule"),
    [
        (ALL, "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-area', FALSE)"),
        (Scope((1,)), "INSERT INTO viewer_group_rules VALUES (1, 'label', 'label-area')"),
    ],
)
async def test_a_record_is_due_again_when_a_label_comes_into_a_group_of_a_rule(
    scope: Scope, rule: LiteralString
) -> None:
    await store(label("risk"), label("area", is_group=True))
    await query("INSERT INTO viewer_groups (name) VALUES ('G')")
    await query(rule)
    await keep(scope)
    await query("UPDATE labels SET parent_id = 'label-area' WHERE id = 'label-risk'")
    assert await forecast_records.find_due_mark(scope, TODAY)


async def test_a_project_without_an_item_that_is_shown_counts_for_nothing() -> None:
    await keep()
    assert await forecast_records.sum_record(ALL) == (4, 2, 3, 3)
    await store(item(2, project_id="project-Moon"))
    assert await forecast_records.sum_record(ALL) == (5, 3, 4, 3)


async def test_each_scope_has_a_record_of_its_own() -> None:
    await keep()
    assert await forecast_records.sum_record(Scope((1,))) == (0, 0, 0, 0)
    assert await forecast_records.find_due_mark(Scope((1,)), TODAY)
    await keep(day=TODAY + timedelta(days=1))
    assert await query("SELECT count(*) FROM forecast_records") == [(1,)]


async def test_what_is_judged_is_shown_and_not_canceled_the_latest_first() -> None:
    done = NOON - timedelta(days=3)
    await store(
        project("Moon", completed_at=done, updated_at=NOON),
        project("Stars", canceled_at=NOON),
        item(2, project_id="project-Moon"),
        item(3, project_id="project-Stars"),
    )
    assert dict(await forecast_records.list_judged_projects(ALL)) == {
        "project-Tides": None,
        "project-Moon": done.date(),
    }
    await hide_team("team-ENG")
    assert await forecast_records.list_judged_projects(ALL) == []


async def list_reads(monkeypatch: pytest.MonkeyPatch, read: Callable[[Scope], Awaitable[object]]) -> list[str]:
    """Return the lines of a statement's plan that read items."""
    plan: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any]) -> list[Any]:
        async with transaction() as one:
            # A table of a few rows is read whole, whatever its indexes.
            await one.query("SET LOCAL enable_seqscan = off")
            plan.extend(line for (line,) in await one.query("EXPLAIN " + sql, params))
        return [(0, 0, 0, 0)]

    monkeypatch.setattr(forecast_records, "query", explain)
    await read(ALL)
    return [line for line in plan if "on backlog_items" in line]


@pytest.mark.parametrize("read", [forecast_records.list_judged_projects, forecast_records.sum_record])
async def test_projects_are_found_without_reading_all_items(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[Scope], Awaitable[object]]
) -> None:
    reads = await list_reads(monkeypatch, read)
    assert reads
    assert [line for line in reads if "Seq Scan" in line] == []
