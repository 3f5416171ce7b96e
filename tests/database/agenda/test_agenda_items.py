"""The items of an agenda: which they are, and what is read for them at some 20,000 items."""

from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.agenda import agenda_items
from shareable_backlog.services.agenda import agenda
from tests.support.mirrored import NOON, fill_tables, item, label, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_a_line_names_the_state_and_the_project_by_their_ids_too() -> None:
    await store(
        state("started", name="Doing"),
        project("Apollo"),
        label("Bug"),
        item(1, state_id="ENG-started-0", project_id="project-Apollo", label_ids=["label-Bug"]),
    )
    found = (await agenda_items.read_items(EVERYTHING, ["item-ENG-1", "item-ENG-2"]))["item-ENG-1"]
    assert (found.state_name, found.state_id) == ("Doing", "ENG-started-0")
    assert (found.project, found.project_id) == ("Apollo", "project-Apollo")
    assert [name for name, _ in found.labels] == ["Bug"]


@pytest.mark.owner  # of the tables, to count what is in them
async def test_no_large_table_is_read_whole_for_the_sections_of_two_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(team("ENG"))
    await fill_tables(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, due_date, created_at, updated_at,
                                   completed_at, archived_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', '2026-03-01'::date - n / 50, at, at,
               CASE WHEN n %% 200 <> 0 THEN at END, CASE WHEN n %% 7 = 0 THEN at END
        FROM (SELECT n, %(noon)s::timestamptz - n * interval '53 min' AS at FROM generate_series(1, 20000) n) a
        """,
        """
        INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
        SELECT id, (ARRAY['state', 'due_date', 'priority'])[1 + number %% 3], '1', '2', updated_at FROM backlog_items
        """,
        noon=NOON,
    )
    plans: list[str] = []

    async def explain(statements: list[tuple[LiteralString, dict[str, Any]]], **_row: Any) -> list[list[Any]]:
        async with transaction() as tx:
            for sql, params in statements:
                plans.append("\n".join(line for (line,) in await tx.query("EXPLAIN (ANALYZE) " + sql, params)))
        return [[] for _ in statements]

    monkeypatch.setattr(agenda_items, "query_all", explain)
    await agenda.build_agenda(EVERYTHING, NOON, NOON - timedelta(days=14))
    assert len(plans) == 6
    assert [
        plan for plan in plans if "Seq Scan on backlog_items" in plan or "Seq Scan on field_changes" in plan
    ] == []
    assert "idx_backlog_items_due_date_id_open" in plans[4]
