"""What the mirror notes of cycles, and the plans by which a page reads them, from a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.work import cycles
from shareable_backlog.database.work.cycles import MOST_IDS
from shareable_backlog.streams.projects import CycleRow
from tests.support import mirrored
from tests.support.mirrored import NOON, fill_tables, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

LATER = NOON + timedelta(days=1)


def cycle(number: int, **fields: Any) -> CycleRow:
    """Make a cycle of a day."""
    starts_at = NOON + number * timedelta(days=1)
    plain: dict[str, Any] = {"id": f"cycle-{number}", "team_id": "team-ENG", "starts_at": starts_at}
    return mirrored.cycle(number, **{**plain, "ends_at": starts_at + timedelta(days=1), **fields})


async def list_noted() -> list[Any]:
    return await query("SELECT entity_id, field, from_value, to_value, changed_at FROM field_changes ORDER BY id")


async def test_a_move_between_cycles_is_noted_at_the_time_of_its_update() -> None:
    await store(item(1, cycle_id="cycle-1"))
    await store(item(1, cycle_id="cycle-2", updated_at=LATER))
    assert await list_noted() == [("item-ENG-1", "cycle", "cycle-1", "cycle-2", LATER)]


async def test_a_move_that_gave_an_item_no_new_time_is_noted_as_of_now() -> None:
    await store(item(1, cycle_id="cycle-1"))
    await query("UPDATE backlog_items SET cycle_id = NULL")
    [(*noted, at)] = await list_noted()
    assert noted == ["item-ENG-1", "cycle", "cycle-1", None]
    assert datetime.now(UTC) - at < timedelta(minutes=1)


async def test_what_stays_in_its_cycle_is_not_noted() -> None:
    await store(item(1, cycle_id="cycle-1"))
    await store(item(1, "Another title", cycle_id="cycle-1", updated_at=LATER))
    assert await list_noted() == []


async def test_texts_of_a_cycle_are_read_where_descriptions_are_shown() -> None:
    await store(cycle(1, description="Ship it"), item(1, cycle_id="cycle-1"))
    found = await cycles.find_cycle(EVERYTHING, "ENG", 1)
    assert found
    assert found.description == "Ship it"
    await query("UPDATE sharing_settings SET shows_descriptions = false")
    found = await cycles.find_cycle(EVERYTHING, "ENG", 1)
    assert found
    assert found.description is None


async def test_a_cycle_is_over_once_linear_has_closed_it() -> None:
    await store(cycle(1, completed_at=LATER), cycle(2), item(1, cycle_id="cycle-1"), item(2, cycle_id="cycle-2"))
    found = [await cycles.find_cycle(EVERYTHING, "ENG", number) for number in (1, 2)]
    assert [one and one.closed_at for one in found] == [LATER, NOON + timedelta(days=3)]


@pytest.mark.owner
async def test_no_statement_of_a_cycle_reads_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(team("ENG"), *(cycle(number) for number in range(200)))
    await fill_tables(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, cycle_id, created_at, updated_at,
                                   completed_at, archived_at, added_to_cycle_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', 'cycle-' || n %% 200, at, at,
               CASE WHEN n %% 3 = 0 THEN at END, CASE WHEN n %% 7 = 0 THEN at END, at
        FROM (SELECT n, %(noon)s::timestamptz - n * interval '53 min' AS at FROM generate_series(1, 20000) n) a
        """,
        """
        INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
        SELECT id, (ARRAY['state', 'due_date', 'cycle'])[1 + number %% 3], 'cycle-' || number %% 200, '2', updated_at
        FROM backlog_items
        """,
        noon=NOON,
    )
    found = await cycles.find_cycle(EVERYTHING, "ENG", 7)
    assert found
    plans: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        plans.append("\n".join(line for (line,) in await query("EXPLAIN (ANALYZE) " + sql, params)))
        return []

    monkeypatch.setattr(cycles, "query", explain)
    await cycles.find_cycle(EVERYTHING, "ENG", 7)
    await cycles.find_before(EVERYTHING, found.team_id, found.starts_at)
    await cycles.find_after(EVERYTHING, found.team_id, found.starts_at)
    await cycles.list_slipped_ids(EVERYTHING, found, LATER + timedelta(days=900))
    await cycles.list_late_ids(EVERYTHING, found)
    assert len(plans) == 5
    large = ("Seq Scan on backlog_items", "Seq Scan on field_changes")
    assert [plan for plan in plans if any(one in plan for one in large)] == []


async def test_more_than_are_named_are_counted_as_one_more() -> None:
    await store(team("ENG"), cycle(1), item(1, cycle_id="cycle-1"))
    await query(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, cycle_id, created_at, updated_at,
                                   added_to_cycle_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', 'cycle-1', at, at, at + interval '2 days'
        FROM (SELECT n, %(noon)s::timestamptz AS at FROM generate_series(2, 1100) n) a
        """,
        {"noon": NOON},
    )
    found = await cycles.find_cycle(EVERYTHING, "ENG", 1)
    assert found
    assert len(await cycles.list_late_ids(EVERYTHING, found)) == MOST_IDS + 1
    assert len(await cycles.list_slipped_ids(EVERYTHING, found, NOON + timedelta(days=9))) == MOST_IDS + 1
