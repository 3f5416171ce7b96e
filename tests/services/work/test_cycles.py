"""A cycle's page, against what a plain model says of the same worlds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.filters import Condition
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.work import cycles, sections
from shareable_backlog.services.work.cycles import CyclePage
from shareable_backlog.services.work.sections import Filters, WorkReader
from shareable_backlog.streams.projects import CycleRow
from tests.support import mirrored
from tests.support.mirrored import item, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
BEGIN = datetime(2026, 2, 2, tzinfo=UTC)
NOW = BEGIN + 18 * DAY
"""The first cycle is over then, the second under way, the third ahead."""


def cycle(number: int, *, team: str = "ENG", **fields: Any) -> CycleRow:
    """Make a cycle of ten days, the first of which began at `BEGIN`."""
    starts_at = BEGIN + (number - 1) * 10 * DAY
    plain: dict[str, Any] = {"id": f"cycle-{team}-{number}", "team_id": f"team-{team}"}
    return mirrored.cycle(number, **{**plain, "starts_at": starts_at, "ends_at": starts_at + 10 * DAY, **fields})


def read_as(scope: Scope = EVERYTHING, now: datetime = NOW) -> WorkReader:
    return WorkReader(scope, f"{scope} {now}", now, now.date())


async def read_page(number: int = 1, *, team: str = "ENG", reader: WorkReader | None = None) -> CyclePage:
    reader = reader or read_as()
    return await cycles.read_cycle_page(reader, await cycles.find_cycle(reader, team, number))


async def put(number: int, day: float, cycle_number: int | None, **fields: Any) -> None:
    """Store an item of a cycle as it is so many days after the first began."""
    cycle_id = cycle_number and f"cycle-ENG-{cycle_number}"
    plain: dict[str, Any] = {"created_at": BEGIN - 9 * DAY, "updated_at": BEGIN + day * DAY, "cycle_id": cycle_id}
    await store(item(number, **{**plain, **fields}), indexed=False)


def name(found: cycles.NamedItems) -> list[str]:
    assert found.count == len(found.items)
    return sorted(one.identifier for one in found.items)


async def test_a_cycle_is_found_by_the_key_of_its_team_in_any_case() -> None:
    await store(team("ENG"), cycle(1, name="Launch"))
    await put(1, 0, 1)
    found = await cycles.find_cycle(read_as(), "eng", 1)
    assert (found.team_key, found.number, found.name, found.team) == ("ENG", 1, "Launch", "Team ENG")


async def test_a_cycle_without_an_item_that_is_shown_is_not_there() -> None:
    await store(team("ENG"), cycle(1), project("Secret"))
    for word in ("no item", "a hidden one"):
        with pytest.raises(NotFound):
            await cycles.find_cycle(read_as(), "ENG", 1)
        if word == "no item":
            await put(1, 0, 1, project_id="project-Secret")
            await query(
                "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Secret', false)"
            )


async def test_a_cycle_keeps_its_page_once_its_items_are_archived() -> None:
    await store(team("ENG"), cycle(1), state("completed"))
    await put(1, 1, 1, state_id="ENG-completed-0", completed_at=BEGIN + DAY, archived_at=NOW)
    page = await read_page()
    assert (page.by_state.total.count, page.done.total.count, page.slipped.count) == (1, 1, 0)
    assert page.burn_up
    assert (page.burn_up.total[-1], page.burn_up.done[-1]) == (1, 1)


async def test_a_cycle_that_is_named_by_the_number_of_another_adds_nothing_to_it() -> None:
    await store(team("ENG"), cycle(12), cycle(40, name="12"), cycle(41, name="99"))
    for number, of in ((1, 12), (2, 40), (3, 40), (4, 41)):
        await put(number, 0, of)
    reader = read_as()
    counts = [(await read_page(number, reader=reader)).by_state.total.count for number in (12, 40)]
    by_name = await count_listed(reader, Filters((Condition("cycle", ("99",)),)))
    assert (counts, by_name) == ([1, 2], 1)


async def test_what_was_open_at_the_end_or_moved_on_slipped() -> None:
    await store(team("ENG"), *map(cycle, (1, 2, 3)), state("completed"), state("canceled"))
    await put(1, 1, 1)  # still open
    await put(2, 1, 1, completed_at=BEGIN + 3 * DAY, state_id="ENG-completed-0")
    await put(3, 1, 1, completed_at=BEGIN + 11 * DAY, state_id="ENG-completed-0")
    await put(4, 1, 1, canceled_at=BEGIN + 3 * DAY, state_id="ENG-canceled-0")
    for number, days in ((5, (1, 10)), (6, (-3, -2)), (7, (1, 9))):
        await put(number, days[0], 1)
        await put(number, days[1], 2)
    await put(7, 9.5, None)  # out of all cycles in the end
    assert name((await read_page()).slipped) == ["ENG-1", "ENG-3", "ENG-5"]


async def test_what_is_open_in_a_cycle_that_is_not_over_did_not_slip() -> None:
    await store(team("ENG"), cycle(2), cycle(3))
    await put(1, 11, 2)
    await put(2, 11, 2)
    await put(2, 12, 3)
    page = await read_page(2)
    assert (page.phase, name(page.slipped)) == ("now", ["ENG-2"])


async def test_what_was_put_in_after_the_beginning_came_late_but_for_what_was_carried_over() -> None:
    await store(team("ENG"), cycle(2))
    added = {1: -DAY, 2: timedelta(minutes=5), 3: DAY, 4: None}
    for number, after in added.items():
        await put(number, 12, 2, added_to_cycle_at=after and BEGIN + 10 * DAY + after)
    assert name((await read_page(2)).late) == ["ENG-3"]


async def test_the_cycles_before_and_after_are_those_with_something_to_see() -> None:
    await store(team("ENG"), *map(cycle, (1, 2, 3, 4)))
    for number, at in ((1, 1), (2, 3), (3, 4)):
        await put(number, 1, at)
    page = await read_page(3)
    assert page.previous
    assert page.following
    assert (page.previous.number, page.following.number, page.phase) == (1, 4, "ahead")
    assert ((await read_page(1)).previous, (await read_page(4)).following) == (None, None)


# --- Random worlds


@dataclass
class Model:
    """What an item has now, and which moves between cycles the mirror saw."""

    now: dict[str, Any]
    moves: list[tuple[datetime, str | None]] = field(default_factory=list[tuple[datetime, str | None]])


@dataclass(frozen=True)
class Rules:
    """What is shown: which projects are not, and to a group one project alone."""

    hidden: frozenset[str]
    scope: Scope

    def is_shown(self, one: Model) -> bool:
        project_id = one.now["project_id"]
        return project_id not in self.hidden and (self.scope.viewer_group_ids is None or project_id == "project-A")


CYCLES = {one.id: one for one in map(cycle, (1, 2, 3))}


def draw_values(dice: random.Random, at: datetime) -> dict[str, Any]:
    kind = dice.choice(("unstarted", "started", "completed", "canceled"))
    cycle_id = dice.choice((None, *CYCLES))
    return {
        "state_id": f"ENG-{kind}-0",
        "completed_at": at if kind == "completed" else None,
        "canceled_at": at if kind == "canceled" else None,
        "cycle_id": cycle_id,
        "added_to_cycle_at": at if cycle_id else None,
        "project_id": dice.choice((None, "project-A", "project-B")),
        "archived_at": at if dice.random() < 0.1 else None,
        "trashed": dice.random() < 0.1,
    }


async def grow_world(dice: random.Random) -> dict[str, Model]:
    """Let items move through the cycles, and return what they have and how they moved."""
    world: dict[str, Model] = {}
    for number in range(1, 26):
        times = sorted(BEGIN + dice.uniform(-3, 17) * DAY for _ in range(dice.randint(1, 4)))
        for at in times:
            values = draw_values(dice, at)
            one = world.setdefault(f"ENG-{number}", Model(values))
            if one.now["cycle_id"] != values["cycle_id"]:
                one.moves.append((at, one.now["cycle_id"]))
            one.now = values
            await store(item(number, created_at=times[0], updated_at=at, **values), indexed=False)
    return world


def has_slipped(one: Model, of: Any, now: datetime) -> bool:
    end = one.now["completed_at"] or one.now["canceled_at"]
    here = CYCLES.get(one.now["cycle_id"])
    if here is of:
        return of.ends_at <= now and (end is None or end > of.ends_at)
    is_later = here is not None and here.number > of.number
    return is_later and any(left == of.id and at >= of.starts_at for at, left in one.moves)


def is_late(one: Model, of: Any) -> bool:
    added = one.now["added_to_cycle_at"]
    return one.now["cycle_id"] == of.id and added > of.starts_at + timedelta(hours=1)


async def count_listed(reader: WorkReader, filters: Filters, *conditions: Condition) -> int:
    """Return how many items the list has that a number leads to."""
    asked = ItemQuery(sections.narrow(filters, *conditions), None, reader.now)
    return len((await item_pages.list_items(reader.scope, asked, None, 1_000)).items)


async def check_page(page: CyclePage, reader: WorkReader, shown: Mapping[str, Model]) -> None:
    of = CYCLES[page.cycle.id]
    inside = {id_: one.now["state_id"].split("-")[1] for id_, one in shown.items() if one.now["cycle_id"] == of.id}
    assert page.by_state.total.count == len(inside)
    assert {one.group.value: one.count for one in page.by_state.groups} == {
        kind: list(inside.values()).count(kind) for kind in set(inside.values())
    }
    for group in page.by_state.groups:
        assert await count_listed(reader, page.by_state.filters, group.condition) == group.count
    done = [kind for kind in inside.values() if kind == "completed"]
    assert (page.done.total.count, page.wanted.total.count) == (
        len(done), len([kind for kind in inside.values() if kind != "canceled"])
    )  # fmt: skip
    assert await count_listed(reader, page.done.filters) == page.done.total.count
    assert name(page.slipped) == sorted(id_ for id_, one in shown.items() if has_slipped(one, of, reader.now))
    assert name(page.late) == sorted(id_ for id_, one in shown.items() if is_late(one, of))


@pytest.mark.parametrize("seed", range(6))
async def test_random_worlds_are_as_a_plain_model_says_in_every_scope(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    states = [state(kind) for kind in ("unstarted", "started", "completed", "canceled")]
    await store(team("ENG"), *states, *CYCLES.values(), project("A"), project("B"))
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('A') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'project', 'project-A')",
        {"id": group},
    )
    world = await grow_world(dice)
    for hidden in ((), ("project-B",), ("project-A", "project-B")):
        await query("DELETE FROM sharing_rules")
        for entity_id in hidden:
            await query(
                "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', %(id)s, false)",
                {"id": entity_id},
            )
        for scope in (EVERYTHING, Scope((group,))):
            rules, reader = Rules(frozenset(hidden), scope), read_as(scope)
            shown = {id_: one for id_, one in world.items() if not one.now["trashed"] and rules.is_shown(one)}
            for of in CYCLES.values():
                if any(one.now["cycle_id"] == of.id for one in shown.values()):
                    await check_page(await read_page(of.number, reader=reader), reader, shown)
                else:
                    with pytest.raises(NotFound):
                        await cycles.find_cycle(reader, "ENG", of.number)
