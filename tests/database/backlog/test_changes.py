"""What changed, read from a real PostgreSQL: the kinds, and what is hidden."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import changes
from shareable_backlog.database.backlog.changes import KINDS, ChangedItem, ChangeKind, ChangesQuery
from tests.support.mirrored import NOON, fill_tables, item, label, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOUR = timedelta(hours=1)
LONG_AGO = NOON - timedelta(days=900)
MIDNIGHT = NOON - 12 * HOUR
DAYS = [MIDNIGHT + timedelta(days=number) for number in range(-1, 3)]

Line = tuple[str, list[str]]


def old(number: int, **fields: Any) -> Any:
    """Make an item of which nothing is new; a test changes it."""
    plain: dict[str, Any] = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    return item(number, **{**plain, **fields})


def wanted(*kinds: ChangeKind, team_key: str | None = None, since: datetime = DAYS[0]) -> ChangesQuery:
    return ChangesQuery(kinds or KINDS, since, DAYS, team_key)


async def lines(*kinds: ChangeKind, scope: Scope | None = None, **more: Any) -> list[Line]:
    """Return identifiers and events of the lines, the latest first."""
    found = await changes.list_changes(scope or EVERYTHING, wanted(*kinds, **more), None, 50)
    return [(one.identifier, sorted(one.events)) for one in found]


async def gone(id_: str, at: datetime = NOON) -> None:
    await query("UPDATE backlog_items SET removed_at = %(at)s WHERE id = %(id)s", {"at": at, "id": id_})


async def group(kind: str, entity_id: str) -> Scope:
    """Return the scope of a group that sees one thing."""
    [(id_,)] = await query("INSERT INTO viewer_groups (name) VALUES (%(of)s) RETURNING id", {"of": entity_id})
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, %(kind)s, %(of)s)",
        {"id": id_, "kind": kind, "of": entity_id},
    )
    return Scope((id_,))


async def hide(kind: str, entity_id: str) -> None:
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES (%(kind)s, %(of)s, false)",
        {"kind": kind, "of": entity_id},
    )


async def moved(number: int, *steps: tuple[str | None, float], **fields: Any) -> None:
    """Store an item that went from state to state, each with how many hours after noon it did."""
    for to, hours in steps:
        await store(old(number, state_id=to, **fields | {"updated_at": NOON + hours * HOUR}), indexed=False)


async def test_each_kind_is_told_the_latest_first() -> None:
    await store(
        item(1, created_at=NOON),
        old(2, completed_at=NOON + HOUR),
        old(3, canceled_at=NOON + 2 * HOUR),
        old(4, archived_at=NOON + 3 * HOUR),
        old(5, trashed=True, archived_at=NOON + 4 * HOUR),
        old(6, trashed=True, updated_at=NOON + 5 * HOUR),
        old(7),
        old(8),
    )
    await gone("item-ENG-7", NOON + 6 * HOUR)
    await moved(9, ("a", 0), ("b", 7))
    assert await lines() == [
        ("ENG-9", ["moved"]),
        ("ENG-7", ["removed"]),
        ("ENG-6", ["removed"]),
        ("ENG-5", ["removed"]),
        ("ENG-4", ["archived"]),
        ("ENG-3", ["canceled"]),
        ("ENG-2", ["completed"]),
        ("ENG-1", ["created"]),
    ]
    assert [one for one, _ in await lines("new")] == ["ENG-1"]
    assert [one for one, _ in await lines("new", "done")] == ["ENG-2", "ENG-1"]
    assert [one for one, _ in await lines("canceled")] == ["ENG-3"]
    assert await changes.count_changes(EVERYTHING, wanted(), 10) == {
        "new": 1,
        "moved": 1,
        "done": 1,
        "canceled": 1,
        "gone": 4,
    }


async def test_only_what_was_put_away_but_not_deleted_can_be_opened() -> None:
    await store(old(1, archived_at=NOON), old(2, trashed=True, archived_at=NOON), old(3))
    await gone("item-ENG-3")
    found = await changes.list_changes(EVERYTHING, wanted(), None, 50)
    assert {one.identifier: one.can_be_opened for one in found} == {"ENG-1": True, "ENG-2": False, "ENG-3": False}


async def test_nothing_is_told_of_what_happened_earlier() -> None:
    at = DAYS[0]
    await store(item(1, created_at=at, updated_at=at), old(2, completed_at=at), old(3, archived_at=at))
    assert await lines(since=at) == []
    assert len(await lines(since=at - timedelta(seconds=1))) == 3


async def test_all_that_happened_to_an_item_on_a_day_is_one_line() -> None:
    await moved(1, ("a", -3), ("b", -2), ("c", -1), created_at=NOON - 4 * HOUR)
    await moved(1, ("done", 1), created_at=NOON - 4 * HOUR, completed_at=NOON + HOUR)
    assert await lines() == [("ENG-1", ["completed", "created", "moved"])]
    assert await lines("new", "moved") == [("ENG-1", ["created", "moved"])]
    assert await lines("new") == [("ENG-1", ["created"])]


async def test_what_happened_to_an_item_on_two_days_is_two_lines() -> None:
    await store(item(1, created_at=MIDNIGHT - HOUR, completed_at=MIDNIGHT))
    found = await changes.list_changes(EVERYTHING, wanted(), None, 50)
    assert [(one.day, one.events) for one in found] == [(1, ["completed"]), (0, ["created"])]


async def test_moves_of_a_day_lead_from_the_first_state_to_the_last() -> None:
    states = [state("unstarted", name="Todo"), state("started", name="Doing"), state("completed", name="Done")]
    await store(*states)
    todo, doing, done = (one.id for one in states)
    await moved(1, (todo, -20), (doing, -13), (todo, -2), (doing, -1))
    await moved(1, (done, 1), completed_at=NOON + HOUR)
    found = await changes.list_changes(EVERYTHING, wanted(), None, 50)
    assert [(one.from_name, one.to_name, sorted(one.events)) for one in found] == [
        ("Doing", "Done", ["completed", "moved"]),
        ("Todo", "Doing", ["moved"]),
    ]


async def test_the_move_that_made_it_done_is_told_as_done_alone() -> None:
    await moved(1, ("a", -2))
    await moved(1, ("done", 0), completed_at=NOON)
    assert await lines() == [("ENG-1", ["completed"])]
    assert await lines("moved") == []


async def test_what_is_open_again_has_moved_and_is_not_done() -> None:
    await moved(1, ("done", -2), completed_at=NOON - 2 * HOUR)
    await moved(1, ("a", 0))
    assert await lines() == [("ENG-1", ["moved"])]


async def test_what_is_gone_says_nothing_else_and_goes_once() -> None:
    await store(item(1, created_at=NOON, completed_at=NOON + HOUR), item(2, created_at=NOON, archived_at=NOON + HOUR))
    await gone("item-ENG-1", NOON + 2 * HOUR)
    await gone("item-ENG-2", NOON + timedelta(days=1))
    assert await lines() == [("ENG-1", ["removed"]), ("ENG-2", ["removed"])]


async def test_a_team_narrows_everything() -> None:
    await store(item(1, created_at=NOON), item(2, team="OPS", created_at=NOON, completed_at=NOON + HOUR))
    await gone("item-ENG-1")
    assert await lines(team_key="OPS") == [("OPS-2", ["completed", "created"])]
    assert await changes.count_changes(EVERYTHING, wanted(team_key="OPS"), 10) == {
        "new": 1,
        "moved": 0,
        "done": 1,
        "canceled": 0,
        "gone": 0,
    }
    assert await lines(team_key="NONE") == []


async def all_kinds(**fields: Any) -> None:
    """Store items to each of which something else happened."""
    await store(
        item(1, created_at=NOON, **fields),
        old(2, completed_at=NOON, **fields),
        old(3, canceled_at=NOON, **fields),
        old(4, archived_at=NOON, **fields),
        old(5, trashed=True, archived_at=NOON, **fields),
        old(6, trashed=True, updated_at=NOON, **fields),
        old(7, **fields),
    )
    await moved(8, ("a", 0), ("b", 1), **fields)
    of = fields.get("team", "ENG")
    await gone(f"item-{of}-7")


OF_HIDDEN: dict[str, dict[str, Any]] = {
    "team": {"team": "OPS"},
    "project": {"project_id": "project-Secret"},
    "label": {"label_ids": ["label-Secret"]},
    "label group": {"label_ids": ["label-of-group"]},
}


@pytest.mark.parametrize("kind", OF_HIDDEN)
async def test_what_an_admin_hid_is_in_no_line_and_no_count_also_not_as_gone(kind: str) -> None:
    await store(
        project("Secret"), label("Secret"), label("of-group", parent_id="label-Group"), label("Group", is_group=True)
    )
    await all_kinds(**OF_HIDDEN[kind])
    assert len(await lines()) == 8
    entity = {"team": "team-OPS", "label group": "label-Group"}.get(kind, f"{kind}-Secret")
    await hide(kind.split(maxsplit=1)[0], entity)
    assert await lines() == []
    assert set((await changes.count_changes(EVERYTHING, wanted(), 10)).values()) == {0}


async def test_a_private_team_and_one_that_is_gone_are_in_no_line() -> None:
    await all_kinds(team="OPS")
    await query("UPDATE teams SET private = true WHERE id = 'team-OPS'")
    assert await lines() == []
    await query("UPDATE teams SET private = false, removed_at = now() WHERE id = 'team-OPS'")
    assert await lines() == []


async def test_a_group_is_told_of_its_own_alone() -> None:
    await store(team("OPS"), project("Mine"), label("Mine"))
    await all_kinds()
    of_team, of_project = await group("team", "team-OPS"), await group("project", "project-Mine")
    of_label = await group("label", "label-Mine")
    for scope in (of_team, of_project, of_label):
        assert await lines(scope=scope) == []
        assert set((await changes.count_changes(scope, wanted(), 10)).values()) == {0}
    await store(
        old(21, team="OPS", archived_at=NOON),
        old(22, project_id="project-Mine", completed_at=NOON),
        item(23, label_ids=["label-Mine"], created_at=NOON),
    )
    assert await lines(scope=of_team) == [("OPS-21", ["archived"])]
    assert await lines(scope=of_project) == [("ENG-22", ["completed"])]
    assert await lines(scope=of_label) == [("ENG-23", ["created"])]


async def test_pages_follow_each_other_without_gap_or_double() -> None:
    await store(*(item(number, created_at=NOON, completed_at=NOON + (number % 7) * HOUR) for number in range(30)))
    seen: list[ChangedItem] = []
    after: tuple[datetime, str] | None = None
    while found := await changes.list_changes(EVERYTHING, wanted(), after, 4):
        seen += found
        after = (found[-1].at, found[-1].id)
    assert [(one.at, one.id) for one in seen] == sorted([(one.at, one.id) for one in seen], reverse=True)
    assert sorted(one.identifier for one in seen) == sorted(f"ENG-{number}" for number in range(30))


@pytest.mark.owner  # of the tables, to count what is in them
async def test_no_item_is_read_that_did_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two years of items, of which each kind has some hundred in the last month.
    await store(team("ENG"))
    await fill_tables(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, created_at, updated_at,
                                   completed_at, canceled_at, archived_at, trashed, removed_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', 's', at, at,
               CASE WHEN n %% 3 = 0 THEN at END, CASE WHEN n %% 13 = 0 THEN at END, CASE WHEN n %% 2 = 0 THEN at END,
               n %% 101 = 0, CASE WHEN n %% 17 = 0 THEN at END
        FROM (SELECT n, %(noon)s::timestamptz - n * interval '53 min' AS at FROM generate_series(1, 20000) n) a
        """,
        "INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)"
        " SELECT id, 'state', 's', 't', updated_at FROM backlog_items WHERE number %% 5 < 4",
        noon=NOON,
    )
    plans: list[str] = []

    async def explained(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        async with transaction() as one:
            plan = await one.query("EXPLAIN (ANALYZE, TIMING OFF) " + sql, params)
        plans.append("\n".join(line for (line,) in plan))
        return [(0, 0, 0, 0, 0)]

    monkeypatch.setattr(changes, "query", explained)
    days = [NOON - timedelta(days=number) for number in range(31, -1, -1)]
    scope = await group("team", "team-ENG")
    each: list[tuple[ChangeKind, ...]] = [KINDS, *((kind,) for kind in KINDS)]
    for asked in each:
        plain = ChangesQuery(asked, days[0], days)
        await changes.list_changes(scope, plain, None, 51)
        await changes.list_changes(EVERYTHING, plain, (NOON - timedelta(days=9), "i9"), 51)
    await changes.count_changes(EVERYTHING, ChangesQuery(KINDS, days[0], days), 1_001)
    assert plans
    assert [plan for plan in plans if scans(plan)] == []


def scans(plan: str) -> bool:
    """Return whether a plan reads a whole large table."""
    return "Seq Scan on backlog_items" in plan or "Seq Scan on field_changes" in plan
