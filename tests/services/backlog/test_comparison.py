"""A list compared with a day, against what a plain model says of the same worlds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import comparison, item_pages, ranks
from shareable_backlog.services.backlog.comparison import Comparison
from shareable_backlog.streams.workspace import WorkflowStateRow
from shareable_backlog.vocabulary import MOVES, MoveKind
from tests.support.listing import parse_query
from tests.support.mirrored import item, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNSTARTED, DOING, DONE, CANCELED, DUPLICATE = (
    state(type_, name=type_.title()) for type_ in ("unstarted", "started", "completed", "canceled", "duplicate")
)
WORDS = "since=2026-02-01"


async def compare(
    words: str = WORDS, scope: Scope = EVERYTHING, ids: tuple[str, ...] = ("item-ENG-1",)
) -> Comparison:
    found = await comparison.compare_items(scope, parse_query(words), ids, counts=True)
    assert found
    return found


async def compare_sums(scope: Scope = EVERYTHING) -> Mapping[MoveKind, int]:
    sums = (await compare(scope=scope)).sums
    assert sums
    assert not sums.is_cut
    return sums.counts


async def put(hours: float, number: int = 1, **fields: Any) -> None:
    """Store an item as it is so many hours after the day began."""
    plain: dict[str, Any] = {"created_at": SINCE - 900 * HOUR, "updated_at": SINCE + hours * HOUR}
    await store(item(number, **plain | fields), indexed=False)


async def list_moves(**scope: Any) -> list[tuple[str, str | None, bool]]:
    found = await compare(**scope)
    return [(one.field, one.before, one.is_slip) for one in found.moves.get("item-ENG-1", [])]


@pytest.mark.parametrize(
    ("before", "after", "move", "kind"),
    [
        (
            {"due_date": date(2026, 3, 1)},
            {"due_date": date(2026, 4, 15)},
            ("due_date", "2026-03-01", True),
            "slipped",
        ),
        ({"due_date": date(2026, 3, 1)}, {"due_date": date(2026, 2, 5)}, ("due_date", "2026-03-01", False), "moved"),
        ({"due_date": date(2026, 3, 1)}, {}, ("due_date", "2026-03-01", False), "moved"),
        ({"priority": 4}, {"priority": 1}, ("priority", "4", False), "moved"),
        ({"state_id": UNSTARTED.id}, {"state_id": DOING.id}, ("state", "Unstarted", False), "moved"),
        ({"project_id": "project-A"}, {"project_id": "project-B"}, ("project", "A", False), "moved"),
        ({"estimate": 3}, {"estimate": 5}, ("estimate", "3", False), "moved"),
    ],
)
async def test_what_moved_is_told_from_where_and_summed(
    before: dict[str, Any], after: dict[str, Any], move: tuple[str, str | None, bool], kind: str
) -> None:
    await store(UNSTARTED, DOING, project("A"), project("B"))
    await put(-5, **before)
    await put(5, **after)
    assert await list_moves() == [move]
    assert (await compare_sums()) == {**dict.fromkeys(MOVES, 0), kind: 1}


async def test_what_went_there_and_back_or_moved_before_the_day_is_none() -> None:
    await put(-9, priority=1)
    await put(-5, priority=2)
    await put(5, priority=3)
    await put(6, priority=2)
    assert await list_moves() == []


async def test_what_became_done_is_summed_as_that_and_not_as_moved() -> None:
    await store(UNSTARTED, DONE)
    await put(-5, state_id=UNSTARTED.id)
    await put(5, state_id=DONE.id, completed_at=SINCE + 5 * HOUR)
    assert await list_moves() == [("state", "Unstarted", False)]
    assert (await compare_sums()) == {**dict.fromkeys(MOVES, 0), "done": 1}


@pytest.mark.parametrize("ended", [CANCELED, DUPLICATE])
async def test_what_was_canceled_is_neither_done_nor_moved(ended: WorkflowStateRow) -> None:
    await store(UNSTARTED, ended)
    await put(-5, state_id=UNSTARTED.id)
    await put(5, state_id=ended.id, canceled_at=SINCE + 5 * HOUR)
    assert (await compare_sums()) == {**dict.fromkeys(MOVES, 0), "canceled": 1}


@pytest.mark.parametrize(("completed", "canceled", "kind"), [(5, 6, "canceled"), (6, 5, "done"), (6, -5, "done")])
async def test_what_was_both_is_what_it_became_last(completed: int, canceled: int, kind: str) -> None:
    await put(9, completed_at=SINCE + completed * HOUR, canceled_at=SINCE + canceled * HOUR)
    assert (await compare_sums()) == {**dict.fromkeys(MOVES, 0), kind: 1}


async def test_an_item_that_came_since_is_new_and_did_not_move() -> None:
    await put(1, created_at=SINCE, priority=1)
    await put(2, created_at=SINCE, priority=2)
    assert await list_moves() == []
    assert (await compare_sums()) == {**dict.fromkeys(MOVES, 0), "new": 1}


async def test_what_is_gone_is_named_and_can_be_opened_if_it_is_archived() -> None:
    await put(-5)
    await put(-5, 2)
    await put(-5, 3, team="OPS")
    await put(5, archived_at=SINCE + 5 * HOUR)
    await query("UPDATE backlog_items SET removed_at = %(at)s WHERE number > 1", {"at": SINCE + 6 * HOUR})
    gone = await comparison.list_gone(EVERYTHING, parse_query(f"{WORDS}&moved=gone&team=ENG"))
    assert [(one.identifier, one.can_be_opened) for one in gone] == [("ENG-2", False), ("ENG-1", True)]


async def test_where_too_much_moved_the_sums_say_that_there_may_be_more() -> None:
    await put(-5)
    await query(
        "INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)"
        " SELECT 'item-ENG-1', 'priority', '1', '2', %(at)s FROM generate_series(1, 10001)",
        {"at": SINCE + HOUR},
    )
    sums = (await compare()).sums
    assert sums
    assert (sums.is_cut, sums.counts["moved"]) == (True, 1)
    assert await ranks.read_past_ranks(EVERYTHING, SINCE, ["item-ENG-1"]) == {}


async def test_without_a_meeting_there_is_nothing_to_compare_with() -> None:
    asked = replace(
        parse_query("since=meeting"), news=item_pages.ItemQuery(parse_query("").filters, None, SINCE).news
    )
    assert await comparison.compare_items(EVERYTHING, asked, [], counts=True) == Comparison(None, None, {})
    assert await comparison.compare_items(EVERYTHING, parse_query(""), [], counts=True) is None
    assert await comparison.list_gone(EVERYTHING, asked) == ()


async def test_what_is_not_shown_moves_nothing() -> None:
    await store(team("OPS"), UNSTARTED, state("started", team="OPS", name="Secret"), project("A"), project("B"))
    await put(-5, state_id="OPS-started-0", project_id="project-A", estimate=1)
    await put(5, state_id=UNSTARTED.id, project_id="project-B", estimate=2)
    assert len(await list_moves()) == 3
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES"
        " ('team', 'team-OPS', false), ('project', 'project-A', false)"
    )
    await query("UPDATE sharing_settings SET shows_estimates = false")
    assert await list_moves() == []
    assert (await compare_sums()) == dict.fromkeys(MOVES, 0)


# --- Random worlds


@dataclass
class Model:
    """What an item had when the day began (None: it was not there), and what it has now."""

    then: dict[str, Any] | None = None
    now: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Rules:
    """What is shown: which teams and projects are not, and whether estimates are."""

    hidden: frozenset[str]
    estimates: bool
    scope: Scope
    teams: frozenset[str]

    def is_shared(self, values: Mapping[str, Any]) -> bool:
        return (
            values["team_id"] not in self.hidden
            and values["project_id"] not in self.hidden
            and values["team_id"].removeprefix("team-") in self.teams
        )

    def list_kinds(self, one: Model) -> set[str]:
        now, then = one.now, one.then
        if not self.is_shared(now):
            return set()
        if now["gone_at"]:
            return {"gone"} if then and now["gone_at"] >= SINCE else set()
        is_done = now["completed_at"] is not None and now["completed_at"] >= SINCE
        kinds: set[str] = {"done"} if is_done else set()
        is_canceled = now["canceled_at"] is not None and now["canceled_at"] >= SINCE
        kinds |= {"canceled"} if is_canceled else set()
        if then is None:
            return kinds | {"new"}
        if then["due_date"] and now["due_date"] and now["due_date"] > then["due_date"]:
            kinds.add("slipped")
        elif then["due_date"] != now["due_date"]:
            kinds.add("moved")
        if (then["state_id"] != now["state_id"] and not (is_done or is_canceled)) or then["priority"] != now[
            "priority"
        ]:
            kinds.add("moved")
        if then["project_id"] != now["project_id"] and then["project_id"] not in self.hidden:
            kinds.add("moved")
        if self.estimates and then["estimate"] != now["estimate"]:
            kinds.add("moved")
        return kinds


STATES = ("unstarted", "started", "completed", "canceled")


def draw_values(dice: random.Random, team_key: str, at: datetime) -> dict[str, Any]:
    state_name = dice.choice(STATES)
    return {
        "team_id": f"team-{team_key}",
        "state_id": f"{team_key}-{state_name}-0",
        "completed_at": at if state_name == "completed" else None,
        "canceled_at": at if state_name == "canceled" else None,
        "priority": dice.choice((0, 1, 2)),
        "due_date": dice.choice((None, date(2026, 3, 1), date(2026, 3, 9))),
        "project_id": dice.choice((None, "project-A", "project-B")),
        "estimate": dice.choice((None, 1, 2)),
        "gone_at": None,
    }


async def grow_world(dice: random.Random) -> dict[str, Model]:
    """Let items come, move and go before and after the day, and return what they had and have."""
    world: dict[str, Model] = {}
    for number in range(1, 21):
        key = dice.choice(("ENG", "OPS"))
        times = sorted(SINCE + dice.uniform(-9, 9) * HOUR for _ in range(dice.randint(1, 4)))
        one = world[f"{key}-{number}"] = Model()
        for at in times:
            values = draw_values(dice, key, at)
            if one.now and dice.random() < 0.7:
                kept = dice.sample(["priority", "due_date", "project_id", "estimate"], 2)
                values |= {name: one.now[name] for name in kept}
            for ended_at in ("completed_at", "canceled_at"):
                if one.now and one.now[ended_at] and values[ended_at]:
                    values[ended_at] = one.now[ended_at]
            one.now = values
            if at < SINCE:
                one.then = values
            stored = {name: value for name, value in values.items() if name != "gone_at"}
            await store(item(number, team=key, created_at=times[0], updated_at=at, **stored), indexed=False)
        if dice.random() < 0.25:
            gone_at = max(times[-1], SINCE + dice.uniform(-9, 9) * HOUR)
            one.now = {**one.now, "gone_at": gone_at}
            column = dice.choice(("removed_at", "archived_at"))
            sql = (
                "UPDATE backlog_items SET removed_at = %(at)s WHERE identifier = %(id)s"
                if column == "removed_at"
                else "UPDATE backlog_items SET archived_at = %(at)s WHERE identifier = %(id)s"
            )
            await query(sql, {"at": gone_at, "id": f"{key}-{number}"})
    return world


async def draw_rules(dice: random.Random, group: int) -> Rules:
    """Choose what is shown, and store it."""
    hidden = frozenset(one for one in ("team-OPS", "project-A") if dice.random() < 0.4)
    estimates = dice.random() < 0.7
    await query("DELETE FROM sharing_rules")
    for entity in hidden:
        await query(
            "INSERT INTO sharing_rules (kind, entity_id, is_shown)"
            " VALUES (split_part(%(id)s, '-', 1), %(id)s, false)",
            {"id": entity},
        )
    await query("UPDATE sharing_settings SET shows_estimates = %(shown)s", {"shown": estimates})
    in_group = dice.random() < 0.4
    scope, teams = (Scope((group,)), {"ENG"}) if in_group else (EVERYTHING, {"ENG", "OPS"})
    return Rules(hidden, estimates, scope, frozenset(teams))


async def store_teams() -> int:
    """Store two teams with states and projects, and return the id of a group of viewers that sees the first."""
    states = [state(type_, team=key) for key in ("ENG", "OPS") for type_ in STATES]
    await store(team("ENG"), team("OPS"), *states, project("A"), project("B"))
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Engineering') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'team', 'team-ENG')",
        {"group": group},
    )
    return group


@pytest.mark.parametrize("seed", range(8))
async def test_random_worlds_are_as_a_plain_model_says(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    group = await store_teams()
    world = await grow_world(dice)
    for _ in range(4):
        rules = await draw_rules(dice, group)
        expected = {
            kind: sorted(id_ for id_, one in world.items() if kind in rules.list_kinds(one)) for kind in MOVES
        }
        assert await compare_sums(rules.scope) == {kind: len(ids) for kind, ids in expected.items()}
        for kind in MOVES:
            asked = parse_query(f"{WORDS}&moved={kind}")
            if kind == "gone":
                listed = [one.identifier for one in await comparison.list_gone(rules.scope, asked)]
            else:
                page = await item_pages.list_items(rules.scope, asked, None, 50)
                listed = [one.identifier for one in page.items]
            assert sorted(listed) == expected[kind]
