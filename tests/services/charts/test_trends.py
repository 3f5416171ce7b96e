"""What came in and was done by week and month, how long it took, and that each number has its list."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.counts import item_moments
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import trends
from shareable_backlog.services.charts.trends import TrendCount, Trends
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, item, label, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
TODAY = NOON.date()  # a Friday
STATE = "ENG-completed-0"


async def build(words: str = "", weeks: int = 13, scope: Scope = EVERYTHING) -> Trends:
    return await trends.build_trends(scope, parse_query(words), weeks, "1")


def done(number: int, days: float, took: float | None = None, **fields: Any) -> Any:
    """Return an item that was done so many days ago, and begun some days before that."""
    plain: dict[str, Any] = {
        "created_at": NOON - 900 * DAY,
        "state_id": STATE,
        "completed_at": NOON - days * DAY,
        "started_at": None if took is None else NOON - (days + took) * DAY,
    }
    return item(number, **plain | fields)


def tell_weeks(found: Trends) -> dict[date, tuple[int | None, int | None]]:
    return {one.first: sums for one in found.weeks if any(sums := (one.created.count, one.done.count))}


async def test_what_came_in_and_was_done_is_told_by_week_the_running_one_last() -> None:
    await store(
        state("completed"),
        done(1, 0),
        done(2, 4),
        done(3, 5),
        done(4, 5, archived_at=NOON),
        done(5, 400),
        item(6, created_at=NOON - 4 * DAY),
        item(7, created_at=NOON - 5 * DAY, archived_at=NOON),
    )
    found = await build()
    assert [len((await build(weeks=weeks)).weeks) for weeks in (13, 26, 52)] == [13, 26, 52]
    assert (found.weeks[-1].first, found.weeks[-1].last) == (date(2026, 2, 2), date(2026, 2, 8))
    assert tell_weeks(found) == {date(2026, 2, 2): (1, 2), date(2026, 1, 26): (1, 2)}
    assert not found.is_cut


async def test_how_long_it_took_is_told_of_what_was_begun() -> None:
    await store(state("completed"), *(done(at, 1, at) for at in range(1, 21)), done(30, 1), done(31, 8, 3))
    *_, before, now = (await build()).times
    assert (now.count, now.half, now.most) == (20, 10.5, pytest.approx(17.15))
    assert (before.count, before.half, before.most) == (1, 3, 3)
    assert before.first == date(2026, 1, 26)
    by_month = (await build(weeks=26)).times
    assert [one.first for one in by_month] == [date(2025, at, 1) for at in range(8, 13)] + [
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert by_month[-1].count == 20


async def test_what_seems_done_before_it_was_begun_has_no_time() -> None:
    await store(state("completed"), done(1, 1, -1), done(2, 1, 0))
    assert [(one.count, one.half) for one in (await build()).times if one.count] == [(1, 0)]


async def test_this_year_stands_against_last() -> None:
    await store(state("completed"), done(1, 1), done(2, 10), done(3, 365), done(4, 366), done(5, 367 + 40))
    found = (await build()).months
    assert [one.first for one in found] == [date(2026, at, 1) for at in range(1, 13)]
    assert [(one.this_year and one.this_year.count, one.last_year.count) for one in found[:3]] == [
        (1, 0),
        (1, 2),
        (None, 0),
    ]


async def test_a_reader_elsewhere_has_other_days() -> None:
    await store(state("completed"), done(1, 0, completed_at=datetime(2026, 2, 1, 23, 30, tzinfo=UTC)))
    asked = parse_query("")
    there = asked.now.astimezone(datetime.fromisoformat("2026-02-06T15:00+02:00").tzinfo)
    moved = await trends.build_trends(EVERYTHING, ItemQuery(asked.filters, None, there), 13, "1")
    assert tell_weeks(await build()) == {date(2026, 1, 26): (0, 1)}
    assert tell_weeks(moved) == {date(2026, 2, 2): (0, 1)}


@pytest.mark.parametrize(
    "words",
    [
        "",
        "team=ENG",
        "label=roof",
        "-label=roof",
        "q=title",
        "type=completed",
        "created=30d",
        "completed=7d",
        "done=hidden",
        "archived=shown",
        "since=2026-02-01&moved=new",
    ],
)
async def test_the_filters_of_each_number_leave_just_as_many(words: str) -> None:
    await store_random(random.Random(1))  # noqa: S311 (a world that comes again)
    found = await build(words)
    counts = [
        *(count for one in found.weeks for count in (one.created, one.done)),
        *(count for one in found.months for count in (one.this_year, one.last_year) if count),
    ]
    assert any(one.count for one in counts)
    for one in counts:
        assert one.count == await count_listed(one)


async def count_listed(one: TrendCount, scope: Scope = EVERYTHING) -> int:
    found = await item_pages.list_items(scope, ItemQuery(one.filters, None, parse_query("").now), None, 200)
    return len(found.items)


async def store_random(dice: random.Random) -> None:
    await store(*(team(key, private=key == "SEC") for key in ("ENG", "OPS", "SEC")), label("Roof"), label("Secret"))
    await store(*(state(type_, team=key) for type_ in ("started", "completed") for key in ("ENG", "OPS", "SEC")))
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-Secret', false)")

    def pick(most: int) -> datetime:
        return NOON - dice.randrange(most) * DAY

    def make(number: int) -> Any:
        key = dice.choice(("ENG", "ENG", "OPS", "SEC"))
        is_done = dice.random() < 0.6
        return item(
            number,
            team=key,
            created_at=pick(120),
            state_id=f"{key}-{'completed' if is_done else 'started'}-0",
            started_at=pick(90),
            completed_at=pick(400) if is_done else None,
            archived_at=dice.choice((None, None, NOON)),
            label_ids=dice.choice(([], ["label-Roof"], ["label-Secret"])),
            trashed=dice.random() < 0.1,
        )

    await store(*(make(number) for number in range(1, 120)))


@pytest.mark.parametrize("seed", range(6))
async def test_random_worlds_are_counted_as_by_hand_and_what_is_hidden_moves_nothing(seed: int) -> None:
    await store_random(random.Random(seed))  # noqa: S311 (worlds that come again)
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    for scope, keys in ((EVERYTHING, ["ENG", "OPS"]), (Scope((group,)), ["OPS"])):
        rows = await query(
            """
            SELECT created_at, completed_at FROM backlog_items WHERE NOT trashed
              AND NOT label_ids @> '{label-Secret}' AND split_part(identifier, '-', 1) = ANY (%(keys)s)
            """,
            {"keys": keys},
        )
        created, finished = (
            Counter(at.date() - at.weekday() * DAY for row in rows if (at := row[place])) for place in (0, 1)
        )
        found = await build(scope=scope)
        assert {one.first: (one.created.count, one.done.count) for one in found.weeks} == {
            one.first: (created[one.first], finished[one.first]) for one in found.weeks
        }


async def test_of_more_than_are_counted_only_whole_weeks_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    await store(state("completed"), *(done(at, at) for at in range(30)))
    monkeypatch.setattr(item_moments, "MOST_COUNTED", 14)
    found = await build()
    assert found.is_cut
    assert [one.done.count for one in found.weeks] == [None] * 11 + [7, 5]
    assert [one.count for one in found.times][-2:] == [0, 0]
    assert [one.this_year and one.this_year.count for one in found.months[:3]] == [None, 6, None]
    monkeypatch.setattr(item_moments, "MOST_COUNTED", 30)
    assert not (await build()).is_cut
