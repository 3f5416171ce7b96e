"""Ranks in random worlds, compared with a plain model: what is hidden moves no number that somebody reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.services.backlog import ranks
from shareable_backlog.streams.issues import ItemRow
from tests.support.listing import read_page
from tests.support.mirrored import NOON, item, label, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TEAMS, PROJECTS, LABELS = ("ENG", "OPS", "LAW"), ("Apollo", "Gemini"), ("Bug", "Risk")
TYPES = ("backlog", "started", "completed", "canceled", "duplicate")
PARTS = (
    *(("team", f"team-{one}") for one in TEAMS),
    *(("project", f"project-{one}") for one in PROJECTS),
    *(("label", f"label-{one}") for one in LABELS),
)
SCOPES = (EVERYTHING, NOTHING, Scope((1,)), Scope((2,)), Scope((1, 2)))


@dataclass
class World:
    """A backlog as Python holds it: its items by their ids, what an admin hides, and what each group sees."""

    random: Random
    items: dict[str, ItemRow] = field(default_factory=dict[str, ItemRow])
    hidden: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    groups: dict[int, set[tuple[str, str]]] = field(default_factory=dict[int, set[tuple[str, str]]])

    def may_see(self, scope: Scope, one: ItemRow) -> bool:
        """Return whether an item is shown to a scope."""
        parts = {("team", one.team_id), ("project", one.project_id), *(("label", id_) for id_ in one.label_ids)}
        if one.trashed or parts & self.hidden:
            return False
        groups = scope.viewer_group_ids
        return groups is None or any(self.groups[group] & parts for group in groups)

    def rank(self, scope: Scope) -> Mapping[str, int]:
        """Return the places of what is open and seen."""
        seen = [one for one in self.items.values() if self.may_see(scope, one) and is_open(one)]
        return {one.id: place for place, one in enumerate(sorted(seen, key=find_place, reverse=True), 1)}


def is_open(one: ItemRow) -> bool:
    is_done = one.state_id is not None and one.state_id.split("-")[1] in {"completed", "canceled", "duplicate"}
    return not (is_done or one.completed_at or one.canceled_at or one.archived_at)


def find_place(one: ItemRow) -> tuple[Any, ...]:
    """Return what is greater the further in front an item stands; what has no place in Linear stands by its age."""
    order = one.priority_sort_order
    return (5 - one.priority) % 5, order is not None, one.created_at if order is None else -order, one.id


def draw_item(random: Random, number: int) -> ItemRow:
    key, done = random.choice(TEAMS), random.choice((None, None, None, "completed", "canceled"))
    type_ = done or random.choice(TYPES)
    return item(
        number,
        team=key,
        priority=random.randrange(5),
        priority_sort_order=random.choice((None, float(random.randrange(-9, 9)))),
        created_at=NOON - timedelta(hours=random.randrange(3)),
        state_id=random.choice((f"{key}-{type_}-0", None)),
        completed_at=NOON if done == "completed" else None,
        canceled_at=NOON if done == "canceled" else None,
        archived_at=random.choice((None, None, None, NOON)),
        trashed=random.random() < 0.1,
        project_id=random.choice((None, *(f"project-{one}" for one in PROJECTS))),
        label_ids=random.sample([f"label-{one}" for one in LABELS], random.randrange(3)),
    )


async def make_world(seed: int) -> World:
    world = World(Random(seed))  # noqa: S311 (no secret)
    await store(*map(team, TEAMS), *map(project, PROJECTS), *map(label, LABELS))
    await store(*(state(type_, team=key) for key in TEAMS for type_ in TYPES))
    await query("INSERT INTO viewer_groups (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'one'), (2, 'two')")
    world.items = {one.id: one for one in (draw_item(world.random, number) for number in range(60))}
    await store(*world.items.values())
    await change_rules(world)
    return world


async def change_rules(world: World) -> None:
    """Let an admin hide other things, and each group see other things."""
    world.hidden = {one for one in PARTS if world.random.random() < 0.2}
    world.groups = {group: set(world.random.sample(PARTS, world.random.randrange(4))) for group in (1, 2)}
    async with transaction() as tx:
        await tx.query("DELETE FROM sharing_rules")
        await tx.query("DELETE FROM viewer_group_rules")
        for kind, id_ in world.hidden:
            await tx.query(
                "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES (%(kind)s, %(id)s, false)",
                {"kind": kind, "id": id_},
            )
        for group, parts in world.groups.items():
            for kind, id_ in parts:
                await tx.query(
                    "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id)"
                    " VALUES (%(group)s, %(kind)s, %(id)s)",
                    {"group": group, "kind": kind, "id": id_},
                )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
async def test_everybody_reads_the_places_that_a_plain_model_gives(seed: int) -> None:
    world = await make_world(seed)
    for _ in range(3):
        for scope in SCOPES:
            assert await ranks.read_ranks(scope) == world.rank(scope)
        await change_rules(world)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
async def test_what_may_not_be_seen_moves_no_number_whatever_becomes_of_it(seed: int) -> None:
    world = await make_world(seed)
    for scope in SCOPES:
        before = await ranks.read_ranks(scope)
        hidden = [one for one in world.items.values() if not world.may_see(scope, one)]
        urgent = {"priority": 1, "priority_sort_order": -99.0, "updated_at": NOON + timedelta(days=9)}
        await store(*(msgspec.structs.replace(one, **urgent) for one in hidden))
        assert await ranks.read_ranks(scope) == before
        await store(*(msgspec.structs.replace(one, updated_at=NOON + timedelta(days=9)) for one in hidden))


NARROWED = (
    "", "team=ops", "priority=high", "priority=high&priority=none", "label=risk", "project=apollo&done=hidden",
    "type=started&type=backlog", "no=state",
)  # fmt: skip


@pytest.mark.parametrize("words", NARROWED)
async def test_a_list_is_in_the_order_of_its_numbers_however_it_is_narrowed(words: str) -> None:
    world = await make_world(99)
    for scope in SCOPES:
        places = world.rank(scope)
        shown = [one.id for one in (await read_page(f"order=rank&{words}", scope)).items]
        numbers = [places[one] for one in shown if one in places]
        assert numbers == sorted(numbers)
        done = [bool(world.items[one].completed_at or world.items[one].canceled_at) for one in shown]
        assert done == sorted(done)
