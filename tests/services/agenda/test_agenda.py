"""The agenda of a meeting, against what a plain model says of the same worlds."""

import random
from datetime import UTC, date, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.services.agenda import agenda
from shareable_backlog.services.agenda.agenda import Agenda, AgendaSizes, SumKind
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from tests.services.backlog.test_comparison import HOUR, SINCE, Model, Rules, draw_rules, grow_world, put, store_teams
from tests.support.mirrored import state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime(2026, 3, 5, 15, tzinfo=UTC)


async def build(scope: Scope = EVERYTHING, sizes: AgendaSizes | None = None) -> Agenda:
    return await agenda.build_agenda(scope, NOW, SINCE, sizes)


def list_counts(found: Agenda) -> dict[SumKind, int]:
    return {one.kind: one.count for section in found.sections for one in section.sums}


def list_items(found: Agenda) -> dict[str, list[str]]:
    return {section.name: [item.identifier for item in section.items] for section in found.sections}


async def test_an_empty_backlog_has_an_empty_agenda() -> None:
    found = await build()
    assert list_counts(found) == dict.fromkeys(("new", "moved", "done", "canceled", "overdue", "slipped", "open"), 0)
    assert (found.projects, found.ranks) == ([], {})
    assert list_counts(await build(NOTHING)) == list_counts(found)


async def test_the_first_by_rank_stand_in_each_section_and_more_are_counted() -> None:
    for number in range(1, 15):
        await put(1, number, created_at=SINCE + number * HOUR, priority=1 if number == 3 else 4)
    found = await build()
    section = found.sections[0]
    assert (section.sums[0].count, section.has_more, len(section.items)) == (14, True, 10)
    assert (section.items[0].identifier, found.ranks["item-ENG-3"]) == ("ENG-3", 1)
    section = (await build(sizes=AgendaSizes(items=14))).sections[0]
    assert (section.has_more, len(section.items)) == (False, 14)


async def test_of_more_than_a_thousand_the_first_by_rank_stand_there_too() -> None:
    await store(team("ENG"))
    await query(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, priority, created_at, updated_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', CASE WHEN n = 1 THEN 1 ELSE 4 END, at, at
        FROM (SELECT n, %(since)s::timestamptz + n * interval '1 min' AS at FROM generate_series(1, 1200) n) a
        """,
        {"since": SINCE},
    )
    section = (await build()).sections[0]
    assert (section.sums[0].count, section.sums[0].is_exact, len(section.sums[0].item_ids)) == (1200, True, 1000)
    assert section.items[0].identifier == "ENG-1"


async def test_of_more_than_a_thousand_that_are_done_those_updated_last_stand_there() -> None:
    await store(team("ENG"), state("completed"))
    await query(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, priority, created_at, updated_at,
          completed_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', 'ENG-completed-0', 4,
          %(since)s::timestamptz - interval '1 day', at + (2000 - 2 * n) * interval '1 min', at
        FROM (SELECT n, %(since)s::timestamptz + n * interval '1 min' AS at FROM generate_series(1, 1200) n) a
        """,
        {"since": SINCE},
    )
    section = (await build()).sections[2]
    assert section.sums[0].count == 1200
    assert [item.identifier for item in section.items] == [f"ENG-{number}" for number in range(1, 11)]


async def test_where_too_much_moved_the_sums_say_that_there_may_be_more() -> None:
    await put(-5)
    await query(
        "INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)"
        " SELECT 'item-ENG-1', 'priority', '1', '2', %(at)s FROM generate_series(1, 10001)",
        {"at": SINCE + HOUR},
    )
    cut = {one.kind for section in (await build()).sections for one in section.sums if not one.is_exact}
    assert cut == {"moved", "slipped"}


@pytest.mark.parametrize(
    ("pinned", "day", "expected"),
    [
        (None, None, date(2026, 2, 19)),
        (date(2026, 2, 25), None, date(2026, 2, 25)),
        (date(2026, 2, 25), date(2026, 2, 1), date(2026, 2, 1)),
    ],
)
async def test_it_compares_with_the_last_meeting_or_two_weeks_ago_or_as_one_says(
    pinned: date | None, day: date | None, expected: date
) -> None:
    await query("UPDATE settings SET meeting_weekday = NULL, last_meeting_day = %(day)s", {"day": pinned})
    since, meeting = await agenda.find_since(NOW, day)
    assert (since.date(), meeting and meeting.date()) == (expected, pinned)


# --- Random worlds


def count_by_model(world: dict[str, Model], rules: Rules) -> dict[SumKind, set[str]]:
    """Return the identifiers of each sum."""
    kinds = {id_: rules.list_kinds(one) for id_, one in world.items()}
    there = {id_: one.now for id_, one in world.items() if not one.now["gone_at"] and rules.is_shared(one.now)}
    open_ = {id_ for id_, now in there.items() if not now["completed_at"] and not now["canceled_at"]}
    overdue = {id_ for id_ in open_ if there[id_]["due_date"] and there[id_]["due_date"] < NOW.date()}
    return {
        "new": {id_ for id_ in kinds if "new" in kinds[id_]},
        "moved": {id_ for id_ in kinds if "moved" in kinds[id_]},
        "done": {id_ for id_ in kinds if "done" in kinds[id_]},
        "canceled": {id_ for id_ in kinds if "canceled" in kinds[id_]},
        "overdue": overdue,
        "slipped": {id_ for id_ in open_ if "slipped" in kinds[id_]},
        "open": open_,
    }


@pytest.mark.parametrize("seed", range(20, 26))
async def test_random_worlds_are_as_a_plain_model_says_in_every_scope(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    group = await store_teams()
    world = await grow_world(dice)
    for _ in range(3):
        drawn = await draw_rules(dice, group)
        for scope, teams in ((EVERYTHING, {"ENG", "OPS"}), (Scope((group,)), {"ENG"})):
            rules = Rules(drawn.hidden, drawn.estimates, scope, frozenset(teams))
            expected = count_by_model(world, rules)
            found = await build(scope, AgendaSizes(items=50, ranked=50))
            assert list_counts(found) == {kind: len(ids) for kind, ids in expected.items()}
            assert {name: set(ids) for name, ids in list_items(found).items()} == {
                "new": expected["new"],
                "moved": expected["moved"],
                "done": expected["done"],
                "canceled": expected["canceled"],
                "risk": expected["overdue"] | expected["slipped"],
                "rank": expected["open"],
            }
            for section in found.sections:
                for one in section.sums:  # each leads to a list of just so many
                    listed = await item_pages.list_items(scope, ItemQuery(one.filters, None, NOW), None, 50)
                    assert {item.identifier for item in listed.items} == expected[one.kind]
