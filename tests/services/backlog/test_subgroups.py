"""Groups within the groups of a list, against a plain model over worlds that are drawn at random."""

import random

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import filters, item_pages, subgroups
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.vocabulary import GroupBy
from tests.support.listing import TODAY, parse_query
from tests.support.mirrored import item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

PRIORITIES = ("none", "urgent", "high", "medium", "low")
Facts = dict[GroupBy, list[str | None]]
World = dict[str, Facts]
Shown = tuple[str | None, int, str | None, int, list[str]]


async def store_world(seed: int) -> World:
    """Store 60 items at random, and return what each has to be grouped by, latest update first."""
    draw = random.Random(seed)  # noqa: S311 (worlds that come again)
    teams = ["ENG", "OPS", "FLD"]
    await store(
        *(team(key) for key in teams),
        *(state(type_, team=key) for key in teams for type_ in ("started", "unstarted")),
    )
    await store(*(label(name) for name in ("Bug", "Roof")), *(person(name) for name in ("Alice", "Bob")))
    await store(*(project(f"P{at:02}") for at in range(14)))
    world: World = {}
    for number in range(60, 0, -1):
        key, type_ = draw.choice(teams), draw.choice(["started", "unstarted", None])
        priority, labels = draw.randrange(5), draw.sample(["Bug", "Roof"], draw.randrange(3))
        who, what = draw.choice(["Alice", "Bob", None]), draw.choice([None, *(f"P{at:02}" for at in range(14))])
        await store(
            item(
                number,
                team=key,
                state_id=type_ and f"{key}-{type_}-0",
                priority=priority,
                label_ids=[f"label-{one}" for one in labels],
                assignee_id=who and f"person-{who}",
                project_id=what and f"project-{what}",
            ),
            indexed=False,
        )
        world[f"{key}-{number}"] = {
            "team": [key], "state": [type_], "priority": [PRIORITIES[priority]], "label": [*labels] or [None],
            "assignee": [who], "project": [what],
        }  # fmt: skip
    return world


async def read_pages(outer: GroupBy, inner: GroupBy, scope: Scope = EVERYTHING, first: int = 60) -> list[Shown]:
    """Return what all pages show: each group, and in it each group with its items."""
    asked, skip = parse_query(""), 0
    shown: list[Shown] = []
    while True:
        selection = await item_pages.select_for_groups(scope, asked)
        page = subgroups.shorten_page(await item_pages.find_groups(selection, outer, skip=skip, first=0))
        within = await subgroups.find_subgroups(selection, page, inner, first=first)
        found, *parts = await item_pages.read_groups(scope, [page, *within])
        for one, part in zip(found.groups, parts, strict=True):
            within = list(part.groups)
            rest = part.next_skip
            narrowed = filters.narrow_to(Filters(), one.condition)
            while rest is not None:
                selection = await item_pages.select_items(scope, ItemQuery(narrowed, "updated", TODAY))
                more = await item_pages.list_groups(selection, inner, closed=(), skip=rest, first=first)
                within += more.groups
                rest = more.next_skip
            shown += [
                (one.group.value, one.count, sub.group.value, sub.count, [line.identifier for line in sub.items])
                for sub in within
            ]
        if found.next_skip is None:
            return shown
        skip = found.next_skip


def model(world: World, outer: GroupBy, inner: GroupBy) -> dict[tuple[str | None, str | None], list[str]]:
    """Return the items of each group within a group, latest update first."""
    cells: dict[tuple[str | None, str | None], list[str]] = {}
    for identifier, facts in world.items():
        for one in facts[outer]:
            for sub in facts[inner]:
                cells.setdefault((one, sub), []).append(identifier)
    return cells


PAIRS: list[tuple[GroupBy, GroupBy]] = [
    ("team", "state"), ("project", "priority"), ("label", "project"), ("assignee", "label"), ("priority", "team"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
@pytest.mark.parametrize("seed", [1, 2])
async def test_each_item_stands_once_in_each_of_its_groups_in_the_order_of_the_list(
    seed: int, outer: GroupBy, inner: GroupBy
) -> None:
    world = await store_world(seed)
    shown = await read_pages(outer, inner)
    assert {(one, sub): names for one, _, sub, _, names in shown} == model(world, outer, inner)
    assert len({(one, sub) for one, _, sub, *_ in shown}) == len(shown)
    assert all(count == len(names) for *_, count, names in shown)
    totals = {one: sum(one in facts[outer] for facts in world.values()) for one, *_ in shown}
    assert {one: count for one, count, *_ in shown} == totals


async def test_groups_stand_in_the_order_of_their_kind_inside_and_outside() -> None:
    await store_world(3)
    shown = await read_pages("priority", "team", first=0)
    outside = list(dict.fromkeys(one for one, *_ in shown))
    assert outside == ["urgent", "high", "medium", "low", "none"], "over two pages of four groups"
    for one in outside:
        inside = [sub for outer, _, sub, *_ in shown if outer == one]
        assert inside == sorted(inside, key=str)


async def test_what_may_not_be_seen_is_in_no_group_within_a_group() -> None:
    world = await store_world(4)
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    seen = {name: facts for name, facts in world.items() if facts["team"] == ["OPS"]}
    shown = await read_pages("state", "label", Scope((group,)))
    assert {(one, sub): names for one, _, sub, _, names in shown} == model(seen, "state", "label")


async def test_a_closed_group_has_no_groups_within() -> None:
    await store_world(5)
    selection = await item_pages.select_for_groups(EVERYTHING, parse_query(""))
    found = await item_pages.find_groups(selection, "team", closed=["eng"], first=0)
    parts = await subgroups.find_subgroups(selection, found, "state", first=1)
    assert [bool(one.groups) for one in parts] == [False, True, True]


@pytest.mark.parametrize("inner", ["team", "label"])
async def test_a_group_has_nothing_of_another_that_a_filter_calls_the_same(inner: GroupBy) -> None:
    await store(person("Sam"), person("Samuel", display_name="Sam"))
    await store(*(item(number, assignee_id="person-Sam" if number < 3 else "person-Samuel") for number in range(8)))
    shown = await read_pages("assignee", inner)
    assert [(one, count, within) for one, count, _, within, _ in shown] == [("Sam", 3, 3), ("Samuel", 5, 5)]
