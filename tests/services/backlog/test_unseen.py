"""What somebody has not seen, against what a plain model says of the same worlds."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.mirror import mirror
from shareable_backlog.services.backlog import unseen
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


async def add_user(name: str = "bob") -> int:
    [(user_id,)] = await query(
        "INSERT INTO users (email) VALUES (%(email)s) RETURNING id", {"email": f"{name}@example.com"}
    )
    return user_id


async def arrive(number: int, hours_ago: float, team: str = "ENG") -> None:
    await store(item(number, team=team, created_at=NOW - hours_ago * HOUR), indexed=False)


async def begin(user_id: int, scope: Scope = EVERYTHING) -> None:
    await unseen.begin_mark(user_id, scope, await mirror.read_version(), NOW)


async def list_unseen(user_id: int, scope: Scope = EVERYTHING) -> list[str]:
    mark = await seen_marks.read_mark(user_id)
    return list(await unseen.find_unseen(scope, await mirror.read_version(), mark))


async def see(user_id: int, *item_ids: str, scope: Scope = EVERYTHING) -> list[str]:
    version = await mirror.read_version()
    return list(await unseen.mark_seen(user_id, scope, version, NOW, item_ids or None))


async def test_at_a_first_visit_nothing_is_new_and_what_comes_later_is() -> None:
    bob = await add_user()
    await arrive(1, 500)
    await arrive(2, 1)
    assert await list_unseen(bob) == []
    await begin(bob)
    assert await list_unseen(bob) == []
    await arrive(3, 0)
    assert await list_unseen(bob) == ["item-ENG-3"]


async def test_what_was_created_before_the_visit_but_came_after_it_is_new() -> None:
    bob = await add_user()
    await arrive(1, 1)
    await begin(bob)
    await arrive(2, 2)
    assert await list_unseen(bob) == ["item-ENG-2"]


async def test_what_is_seen_is_seen_for_one_person_alone() -> None:
    bob, erin = await add_user(), await add_user("erin")
    await begin(bob)
    await begin(erin)
    await arrive(1, 0)
    await arrive(2, 0)
    assert await see(bob, "item-ENG-1") == ["item-ENG-2"]
    assert await list_unseen(bob) == ["item-ENG-2"]
    assert len(await list_unseen(erin)) == 2
    assert await see(erin) == []


async def test_what_nobody_may_see_is_never_counted_nor_noted() -> None:
    bob = await add_user()
    await begin(bob)
    await arrive(1, 0, team="OPS")
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    assert await list_unseen(bob) == []
    assert await list_unseen(bob, NOTHING) == []
    await see(bob, "item-OPS-1", "made-up")
    assert (await query("SELECT item_ids FROM seen_marks")) == [([],)]


async def test_a_mark_gets_shorter_when_all_before_a_time_is_seen() -> None:
    bob = await add_user()
    await begin(bob)
    for number in range(1, 9):
        await arrive(number, 0)
    await query("UPDATE backlog_items SET created_at = created_at - interval '5 hours'")
    await query("UPDATE seen_marks SET seen_until = seen_until - interval '9 hours'")
    for number in range(1, 8):
        await see(bob, f"item-ENG-{number}")
    assert len((await query("SELECT item_ids FROM seen_marks"))[0][0]) == 7
    await see(bob, "item-ENG-8")
    assert await query("SELECT item_ids FROM seen_marks") == [([],)]
    assert await list_unseen(bob) == []


async def test_who_was_never_here_marks_nothing() -> None:
    bob = await add_user()
    await arrive(1, 0)
    assert await see(bob) == []
    assert await seen_marks.read_mark(bob) is None


@pytest.mark.parametrize("seed", range(6))
async def test_random_worlds_are_as_a_plain_model_says(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    bob = await add_user()
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Engineering') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'team', 'team-ENG')",
        {"group": group},
    )
    scopes = {EVERYTHING: {"ENG", "OPS"}, Scope((group,)): {"ENG"}}
    hidden, known, seen = set[str](), dict[str, datetime](), set[str]()
    await begin(bob)

    def list_visible(scope: Scope) -> list[str]:
        shown = [id_ for id_ in known if id_.split("-")[1] in scopes[scope] - hidden]
        return sorted(shown, key=lambda id_: (known[id_], id_), reverse=True)

    for number in range(1, 40):
        scope = dice.choice(list(scopes))
        match dice.choice(("arrive", "arrive", "arrive", "see", "see all", "hide")):
            case "arrive":
                team, hours_ago = dice.choice(("ENG", "OPS")), dice.uniform(0, 2.9)
                await arrive(number, hours_ago, team)
                known[f"item-{team}-{number}"] = NOW - hours_ago * HOUR
            case "see":
                some = [id_ for id_ in known if dice.random() < 0.3] or ["made-up"]
                await see(bob, *some, scope=scope)
                seen |= set(some) & set(list_visible(scope))
            case "see all":
                await see(bob, scope=scope)
                seen |= set(list_visible(scope))
            case _:
                hidden ^= {"OPS"}
                await query(
                    "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', %(is_shown)s)"
                    " ON CONFLICT (kind, entity_id) DO UPDATE SET is_shown = excluded.is_shown",
                    {"is_shown": not hidden},
                )
        for one in scopes:
            assert await list_unseen(bob, one) == [id_ for id_ in list_visible(one) if id_ not in seen]
