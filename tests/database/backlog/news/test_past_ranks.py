"""Ranks of a day that has passed: what they are today, before anything moves, is what is read of them later."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import ranks
from shareable_backlog.database.backlog.news import past_ranks
from shareable_backlog.database.settings import RankOrder
from shareable_backlog.streams.issues import ItemRow
from tests.support.mirrored import item, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
TEAMS = ("ENG", "OPS")
HOUR = timedelta(hours=1)


def draw_fields(random: Random, key: str, at: datetime) -> dict[str, Any]:
    """Draw what moves of an item: an order in no other is, so that ids decide nothing."""
    type_ = random.choice(("backlog", "started", "started", "completed"))
    return {
        "state_id": f"{key}-{type_}-0",
        "completed_at": at if type_ == "completed" else None,
        "priority": random.randrange(5),
        "priority_sort_order": random.choice((None, random.uniform(-99, 99))),
        "sort_order": random.choice((None, random.uniform(-99, 99))),
        "updated_at": at,
    }


def draw_item(random: Random, number: int, at: datetime) -> ItemRow:
    key = random.choice(TEAMS)
    created = at - random.uniform(1, 9) * HOUR if at < SINCE else at
    return item(number, team=key, created_at=created, **draw_fields(random, key, at))


async def read_places(scope: Scope) -> Mapping[str, int]:
    return {id_: place for place, id_ in enumerate(await ranks.list_ranked_ids(scope), 1)}


async def read_past_places(scope: Scope, rank_order: RankOrder) -> Mapping[str, int]:
    ranked = await ranks.list_ranked_ids(scope)
    found = await past_ranks.list_past_ranks(scope, SINCE, ranked, rank_order, ranks.MOST)
    return {id_: place for place, id_ in enumerate(found, 1)}


async def make_world(random: Random) -> list[ItemRow]:
    await store(*map(team, TEAMS))
    await store(*(state(type_, team=key) for key in TEAMS for type_ in ("backlog", "started", "completed")))
    await query("INSERT INTO viewer_groups (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'one')")
    await query("INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (1, 'team', 'team-ENG')")
    items = [draw_item(random, number, SINCE - random.uniform(1, 9) * HOUR) for number in range(40)]
    await store(*items)
    return items


async def move_items(random: Random, items: list[ItemRow]) -> None:
    """Let some items move, once or twice, some go, and some come."""
    for at in (SINCE + HOUR, SINCE + 2 * HOUR):
        for one in random.sample(items, 12):
            key = one.team_id.removeprefix("team-")
            await store(msgspec.structs.replace(one, **draw_fields(random, key, at)), indexed=False)
    gone = random.sample(items, 6)
    at = SINCE + 3 * HOUR
    await store(*(msgspec.structs.replace(one, archived_at=at, updated_at=at) for one in gone[:2]), indexed=False)
    await store(*(msgspec.structs.replace(one, trashed=True, updated_at=at) for one in gone[2:4]), indexed=False)
    await query(
        "UPDATE backlog_items SET removed_at = %(at)s WHERE id = ANY (%(ids)s::text[])",
        {"at": at, "ids": [one.id for one in gone[4:]]},
    )
    await store(*(draw_item(random, number, at) for number in range(40, 50)), indexed=False)


@pytest.mark.parametrize("rank_order", ["priority", "manual"])
@pytest.mark.parametrize("seed", range(5))
async def test_what_was_read_then_is_what_is_read_of_then(seed: int, rank_order: RankOrder) -> None:
    random = Random(seed)  # noqa: S311 (worlds that come again)
    await query("UPDATE settings SET rank_order = %(order)s", {"order": rank_order})
    items = await make_world(random)
    scopes = (EVERYTHING, Scope((1,)))
    then = {scope: await read_places(scope) for scope in scopes}
    for scope in scopes:
        assert await read_past_places(scope, rank_order) == then[scope]
    await move_items(random, items)
    for scope in scopes:
        assert await read_places(scope) != then[scope]
        assert await read_past_places(scope, rank_order) == then[scope]


async def end_run(trigger: str, at: datetime) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
        " VALUES ('succeeded', %(trigger)s, %(at)s, %(at)s)",
        {"trigger": trigger, "at": at},
    )


async def test_what_moved_is_known_from_the_first_sync_on_not_from_the_sample_before() -> None:
    assert await past_ranks.read_known_since() is None
    await end_run("import", SINCE)
    await end_run("import", SINCE + HOUR)
    assert await past_ranks.read_known_since() == SINCE, "of imports alone there is no other beginning"
    await end_run("automatic", SINCE + 2 * HOUR)
    await end_run("manual", SINCE + 3 * HOUR)
    assert await past_ranks.read_known_since() == SINCE + 2 * HOUR
    await query(
        "INSERT INTO teams (id, key, name, created_at, updated_at) VALUES ('sample-team-x', 'X', 'X', now(), now())"
    )
    assert await past_ranks.read_known_since() is None, "of the sample"


async def test_behind_what_is_numbered_today_nothing_is_told() -> None:
    early: dict[str, Any] = {"created_at": SINCE - HOUR, "updated_at": SINCE - HOUR}
    plain = [item(number, priority_sort_order=number, **early) for number in range(9)]
    await store(*plain)
    later: dict[str, Any] = {**early, "updated_at": SINCE + HOUR}
    await store(item(1, priority_sort_order=6.5, **later), item(8, priority_sort_order=-1, **later))
    ranked = [f"item-ENG-{number}" for number in (8, 0, 2, 3, 4)]
    first = [f"item-ENG-{number}" for number in range(5)]
    assert await past_ranks.list_past_ranks(EVERYTHING, SINCE, ranked, "priority", 5) == first
    ranked = ranked[:3]
    assert await past_ranks.list_past_ranks(EVERYTHING, SINCE, ranked, "priority", 3) == first[:3]
