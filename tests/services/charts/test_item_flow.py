"""How items flow from state to state, against what a plain model says of the same worlds."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.counts import item_flow as counted_flow
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import item_flow
from shareable_backlog.services.charts.item_flow import FLOW_TYPES, TypeFlow
from tests.support.listing import TODAY, parse_query
from tests.support.mirrored import NOON, item, label, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
WEEKS = [date(2026, 1, 12) + at * 7 * DAY for at in range(5)]  # the last one is that after today
TYPES = ("triage", "backlog", "unstarted", "started", "completed", "canceled")


def on(day: float) -> datetime:
    """Return noon of a day of January, days of February going on."""
    return datetime(2026, 1, 1, 12, tzinfo=NOON.tzinfo) + (day - 1) * DAY


async def build(words: str = "", scope: Scope = EVERYTHING) -> TypeFlow:
    found = await item_flow.build_flow(scope, parse_query(words), WEEKS, "1")
    assert found
    assert found.days == (*WEEKS[:-1], TODAY.date())
    return found


def tell(found: TypeFlow) -> dict[str, list[int]]:
    """Return the numbers of each type that has any, on each of the four Mondays and now."""
    return {type_: list(counts) for type_, counts in zip(FLOW_TYPES, found.counts, strict=True) if any(counts)}


async def store_states(*keys: str) -> None:
    await store(*(state(type_, team=key) for type_ in TYPES for key in keys or ("ENG",)))


async def test_what_the_mirror_saw_change_is_told_as_it_was() -> None:
    await store_states()
    for day, type_ in ((5, "triage"), (14, "backlog"), (20, "started"), (27, "completed")):
        await store(item(1, created_at=on(5), updated_at=on(day), state_id=f"ENG-{type_}-0"))
    assert tell(await build()) == {
        "completed": [0, 0, 0, 1, 1],
        "started": [0, 0, 1, 0, 0],
        "backlog": [0, 1, 0, 0, 0],
        "triage": [1, 0, 0, 0, 0],
    }


async def test_before_that_its_own_times_tell() -> None:
    await store_states()
    done: dict[str, Any] = {"state_id": "ENG-completed-0", "started_at": on(14), "completed_at": on(21)}
    await store(item(1, created_at=on(5), **done))
    assert tell(await build()) == {
        "completed": [0, 0, 1, 1, 1],
        "started": [0, 1, 0, 0, 0],
        "unstarted": [1, 0, 0, 0, 0],
    }
    await store(item(2, created_at=on(14), state_id="ENG-backlog-0"))
    await store(item(3, created_at=on(5), started_at=on(22), state_id="ENG-started-0"))
    await store(item(4, created_at=on(5), canceled_at=on(22), state_id="ENG-canceled-0"))
    assert tell(await build()) == {
        "completed": [0, 0, 1, 1, 1], "started": [0, 1, 1, 1, 1], "unstarted": [3, 2, 0, 0, 0],
        "backlog": [0, 1, 1, 1, 1],
    }  # fmt: skip


async def test_what_was_opened_again_counts_until_then_as_what_it_was_first_seen_as() -> None:
    await store_states()
    seen: dict[str, Any] = {"completed_at": on(8), "updated_at": on(9)}
    await store(item(1, created_at=on(5), started_at=on(6), state_id="ENG-completed-0", **seen))
    await store(item(1, created_at=on(5), started_at=on(6), updated_at=on(21), state_id="ENG-started-0"))
    assert tell(await build()) == {"completed": [1, 1, 0, 0, 0], "started": [0, 0, 1, 1, 1]}


async def test_what_was_done_before_the_first_day_is_left_out() -> None:
    await store_states()
    await store(item(1, created_at=on(1), completed_at=on(8), state_id="ENG-completed-0"))
    assert tell(await build()) == {}


async def test_the_numbers_of_now_lead_to_their_lists() -> None:
    await store_world(random.Random(3))  # noqa: S311 (a world that comes again)
    for words in ("", "team=ENG", "type=started", "done=hidden", "archived=shown"):
        found = await build(words)
        assert found.now_filters[0] is None
        for counts, left in zip(found.counts[1:], found.now_filters[1:], strict=True):
            assert left
            listed = await item_pages.list_items(EVERYTHING, ItemQuery(left, None, TODAY), None, 200)
            assert counts[-1] in {len(listed.items), 0}, "only what has any leads to its list"


async def store_world(dice: random.Random) -> dict[int, list[tuple[datetime, str]]]:
    """Store items as they went from state to state, all of which the mirror saw, and return that by their numbers."""
    await store_states("ENG", "OPS", "SEC")
    await store(team("SEC", private=True), label("Secret"))
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-Secret', false)")
    pasts: dict[int, list[tuple[datetime, str]]] = {}
    for number in range(1, 41):
        key = ("ENG", "OPS", "SEC")[number % 3]
        days = sorted(dice.sample(range(1, 36), dice.randrange(1, 5)))
        types = [dice.choice(TYPES[:3]), *(dice.choice(TYPES) for _ in days[1:])]
        plain = item(number, team=key, created_at=on(days[0]), label_ids=["label-Secret"] if number % 7 == 0 else [])
        for day, type_ in zip(days, types, strict=True):
            times: dict[str, Any] = {
                "completed_at": on(day) if type_ == "completed" else None,
                "canceled_at": on(day) if type_ == "canceled" else None,
                "started_at": on(day) if type_ == "started" else None,
            }
            plain = replace_row(plain, updated_at=on(day), state_id=f"{key}-{type_}-0", **times)
            await store(plain, indexed=False)
        pasts[number] = list(zip(map(on, days), types, strict=True))
    return pasts


def replace_row(row: Any, **fields: Any) -> Any:
    return type(row)(**{name: getattr(row, name) for name in row.__struct_fields__} | fields)


def count_by_hand(pasts: dict[int, list[tuple[datetime, str]]], keys: set[str]) -> dict[str, list[int]]:
    moments = [datetime.combine(day, datetime.min.time(), NOON.tzinfo) for day in WEEKS[:-1]] + [TODAY]
    counts = {type_: [0] * len(moments) for type_ in FLOW_TYPES}
    for number, past in pasts.items():
        last_at, last = past[-1]
        is_old = last in {"completed", "canceled"} and last_at < moments[0]
        if number % 7 == 0 or ("ENG", "OPS", "SEC")[number % 3] not in keys or is_old:
            continue
        for at, moment in enumerate(moments):
            then = [type_ for when, type_ in past if when < moment]
            if then and then[-1] in counts:
                counts[then[-1]][at] += 1
    return {type_: numbers for type_, numbers in counts.items() if any(numbers)}


@pytest.mark.parametrize("seed", range(6))
async def test_random_worlds_flow_as_the_model_says_and_what_is_hidden_moves_nothing(seed: int) -> None:
    pasts = await store_world(random.Random(seed))  # noqa: S311 (worlds that come again)
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    assert tell(await build()) == count_by_hand(pasts, {"ENG", "OPS"})
    assert tell(await build(scope=Scope((group,)))) == count_by_hand(pasts, {"OPS"})


async def test_it_says_since_when_the_mirror_saw_what_changed() -> None:
    assert (await build()).seen_from is None
    await query(
        """
        INSERT INTO sync_history (status, trigger_type, started_at, completed_at)
        VALUES ('succeeded', 'manual', %(at)s, %(at)s)
        """,
        {"at": on(20)},
    )
    assert (await build()).seen_from == on(20)
    await query("UPDATE sync_history SET completed_at = %(at)s", {"at": on(2)})
    assert (await build()).seen_from is None


async def test_of_more_items_than_are_looked_at_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_states()
    await store(*(item(at, state_id="ENG-backlog-0") for at in range(4)))
    monkeypatch.setattr(counted_flow, "MOST_COUNTED", 4)
    assert (await build()).counts[3][-1] == 4
    monkeypatch.setattr(counted_flow, "MOST_COUNTED", 3)
    assert await item_flow.build_flow(EVERYTHING, parse_query(""), WEEKS, "1") is None
