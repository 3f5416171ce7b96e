"""What SQL shows to whom equals a plain model of the sharing settings, whatever the world and the choices."""

import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.backlog import comments, filter_options, item_details, item_list
from shareable_backlog.database.projects import teams
from shareable_backlog.streams.issues import ItemRow
from shareable_backlog.streams.workspace import LabelRow, TeamRow
from tests.support.listing import groups, identifiers, read_page, store_world
from tests.support.mirrored import comment, item, label, person, project, state, store, team

pytestmark = [pytest.mark.owner, pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime.now(UTC)
KEYS = ("ENG", "OPS", "SEC", "OLD")
PROJECTS = ("Apollo", "Gemini", "Vostok")
LABELS = ("bug", "customer", "vip", "secret", "archived")
WORDS = ("heron", "albatross", "plover")
Rule = tuple[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """A mirror and an admin's choices; `group` is what a person's groups name, None for one who sees everything."""

    teams: Sequence[TeamRow]
    labels: Sequence[LabelRow]
    items: Sequence[ItemRow]
    rules: dict[Rule, bool]
    comments: dict[str, str]
    fields: dict[str, bool]
    group: set[Rule] | None
    removed: set[str] = field(default_factory=set[str])

    def shows_team(self, one: TeamRow) -> bool:
        chosen = self.rules.get(("team", one.id), not one.private)
        return chosen and one.archived_at is None and one.id not in self.removed

    def of_label(self, id_: str) -> set[Rule]:
        """Return what a rule for a label may name: it, or its group."""
        parents = {("label", one.parent_id) for one in self.labels if one.id == id_ and one.parent_id}
        return {("label", id_), *parents}

    def shows(self, one: ItemRow) -> bool:
        labels = {rule for id_ in one.label_ids for rule in self.of_label(id_)}
        named = {("team", one.team_id), ("project", one.project_id or ""), *labels}
        return (
            not one.trashed
            and one.id not in self.removed
            and any(self.shows_team(owner) for owner in self.teams if owner.id == one.team_id)
            and self.rules.get(("project", one.project_id or ""), True)
            and all(self.rules.get(rule, True) for rule in labels)
            and (self.group is None or bool(self.group & named))
        )

    def listed(self, **wanted: Any) -> list[str]:
        """Return the identifiers of a list, newest first."""
        found = [one for one in self.items if self.shows(one) and one.archived_at is None]
        return [one.identifier for one in reversed(found) if all(getattr(one, k) == v for k, v in wanted.items())]

    def found(self, word: str) -> list[str]:
        shown = [one for one in self.items if self.shows(one) and one.archived_at is None]
        return [one.identifier for one in reversed(shown) if word in self.text(one).split()]

    def text(self, one: ItemRow) -> str:
        described = f" {one.description}" if self.fields["descriptions"] else ""
        return one.title + described + (f" {self.comments[one.id]}" if self.fields["comments"] else "")


def drawn(dice: random.Random) -> World:
    """Draw a world and an admin's choices."""

    def some(of: Sequence[str], most: int) -> list[str]:
        return dice.sample(of, dice.randint(0, most))

    every = [("team", f"team-{one}") for one in (*KEYS, "NONE")]
    every += [("project", f"project-{one}") for one in PROJECTS]
    every += [("label", f"label-{one}") for one in LABELS]
    numbers = range(1, 26)
    items = [
        item(
            number,
            " ".join(some(WORDS, 2)),
            team=dice.choice((*KEYS, "NONE")),
            description=" ".join(some(WORDS, 2)),
            estimate=3.0,
            assignee_id="person-Alice",
            project_id=dice.choice((None, *(f"project-{one}" for one in PROJECTS))),
            label_ids=[f"label-{one}" for one in some(LABELS, 2)],
            previous_identifiers=[f"WAS-{number}"],
            trashed=dice.random() < 0.05,
            archived_at=NOW if dice.random() < 0.1 else None,
        )
        for number in numbers
    ]
    items = [
        msgspec.structs.replace(
            one,
            parent_id=dice.choice((None, dice.choice(items).id)),
            state_id=f"{one.team_id.removeprefix('team-')}-{dice.choice(('started', 'completed'))}-0",
        )
        for one in items
    ]
    return World(
        teams=[
            team(key, private=dice.random() < 0.3, archived_at=NOW if key == "OLD" and dice.random() < 0.5 else None)
            for key in KEYS
        ],
        labels=[
            label("customer", is_group=True),
            *(
                label(one, parent_id=f"label-{'customer' if one == 'vip' else ''}")
                for one in LABELS
                if one != "customer"
            ),
        ],
        items=items,
        comments={one.id: " ".join(some(WORDS, 1)) for one in items},
        rules={rule: dice.random() < 0.4 for rule in dice.sample(every, dice.randint(0, 5))},
        fields={name: dice.random() < 0.6 for name in ("descriptions", "comments", "assignees", "estimates")},
        group=set(dice.sample(every, dice.randint(0, 4))) if dice.random() < 0.7 else None,
        removed={"team-SEC"} if dice.random() < 0.3 else set(),
    )


async def stored(world: World) -> Scope:
    """Make the database hold this world and these choices alone; give the scope of its person."""
    await query(
        "TRUNCATE teams, labels, projects, people, workflow_states, backlog_items, comments, search_entries,"
        " sharing_rules"
    )
    await query("DELETE FROM viewer_groups")
    await store(
        *world.teams,
        *world.labels,
        *world.items,
        *map(project, PROJECTS),
        person("Alice"),
        *(state(type_, team=key) for type_ in ("started", "completed") for key in (*KEYS, "NONE")),
        *(comment(number, one, world.comments[one.id]) for number, one in enumerate(world.items)),
    )
    await query("DELETE FROM teams WHERE key = 'NONE'")
    await query("UPDATE teams SET removed_at = now() WHERE id = ANY (%(ids)s)", {"ids": list(world.removed)})
    for (kind, id_), is_shown in world.rules.items():
        await query(
            "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES (%(kind)s, %(id)s, %(is_shown)s)",
            {"kind": kind, "id": id_, "is_shown": is_shown},
        )
    await query(
        "UPDATE sharing_settings SET shows_descriptions = %(descriptions)s, shows_comments = %(comments)s,"
        " shows_assignees = %(assignees)s, shows_estimates = %(estimates)s",
        world.fields,
    )
    if world.group is None:
        return EVERYTHING
    groups = await query(
        "INSERT INTO viewer_groups (name) VALUES ('Suppliers'), ('Roofers'), ('Others') RETURNING id"
    )
    (one,), (other,), (others,) = groups
    # What a person sees stands in one of two groups or in both; others see all of it and more.
    every = {("team", f"team-{key}") for key in (*KEYS, "NONE")} | world.group
    of_groups = [(others, rule) for rule in every] + [
        (group, rule)
        for number, rule in enumerate(sorted(world.group))
        for group in ((one,), (other,), (one, other))[number % 3]
    ]
    for group, (kind, id_) in of_groups:
        await query(
            "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, %(kind)s, %(id)s)",
            {"group": group, "kind": kind, "id": id_},
        )
    return Scope((one, other)) if world.group else NOTHING


async def worlds() -> AsyncGenerator[tuple[World, Scope]]:
    """Store one world after the other."""
    for seed in range(8):
        world = drawn(random.Random(seed))  # noqa: S311 (the same worlds each time, no secrets)
        yield world, await stored(world)


async def test_the_list_its_filters_and_its_pages_show_what_they_may() -> None:
    async for world, scope in worlds():
        assert await identifiers("", scope) == world.listed()
        for key in (*KEYS, "NONE"):
            assert await identifiers(f"team={key}", scope) == world.listed(team_id=f"team-{key}")
        started = [one for key in (*KEYS, "NONE") for one in world.listed(state_id=f"{key}-started-0")]
        assert sorted(await identifiers("type=started", scope)) == sorted(started)
        assert await identifiers("type=started&team=ENG", scope) == world.listed(state_id="ENG-started-0")
        for one in (await read_page("", scope, limit=3)).items:
            assert one.assignee == ("Alice" if world.fields["assignees"] else None)
            assert one.estimate == (3.0 if world.fields["estimates"] else None)
            after = (one.updated_at.isoformat(), one.id)
            assert await identifiers("", scope, after) == [
                i for i in world.listed() if int(i[4:]) < int(one.identifier[4:])
            ]


@pytest.mark.parametrize("order", ["created", "priority", "due", "state", "manual"])
async def test_every_order_shows_the_same(order: str) -> None:
    async for world, scope in worlds():
        known = [one for one in world.listed() if one]
        assert sorted(await identifiers(f"order={order}", scope)) == sorted(known)


@pytest.mark.parametrize("by", ["state", "team", "project", "priority", "assignee", "cycle", "label"])
async def test_groups_show_and_count_what_they_may(by: str) -> None:
    async for world, scope in worlds():
        shown = await groups(f"group={by}", scope)
        assert {one for _, ids in shown.values() for one in ids} <= set(world.listed())
        if by != "label":
            assert sum(count for count, _ in shown.values()) == len(world.listed())


async def test_filters_are_suggested_only_by_what_is_shown() -> None:
    async for world, scope in worlds():
        found = await filter_options.list_options(scope)
        listed = [one for one in world.items if one.identifier in world.listed()]
        assert found.project == sorted({one.project_id.removeprefix("project-") for one in listed if one.project_id})
        assert found.label == sorted({id_.removeprefix("label-") for one in listed for id_ in one.label_ids})
        assert found.assignee == (["Alice"] if listed and world.fields["assignees"] else [])
        assert set(found.state) == {one.state_id.split("-")[1] for one in listed if one.state_id}


async def test_a_group_of_all_teams_is_offered_the_names_that_all_others_are() -> None:
    await store_world()
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) SELECT %(id)s, 'team', id FROM teams",
        {"id": group_id},
    )
    options = await filter_options.list_options(EVERYTHING)
    assert (options.creator, options.milestone, options.cycle) == (["Bob"], ["Launch"], ["12"])
    assert await filter_options.list_options(Scope((group_id,))) == options


async def test_an_item_and_all_around_it_show_what_they_may() -> None:
    async for world, scope in worlds():
        for one in world.items:
            found = await item_details.find_item(scope, one.identifier)
            line = (await item_list.read_items(scope, [one.id])).get(one.id)
            now = await item_details.find_current_identifier(scope, one.previous_identifiers[0])
            below = [child.identifier for child in await item_list.list_sub_items(scope, one.id, 99)]
            is_shown = world.shows(one)
            assert (found is not None, line is not None, now is not None) == (is_shown,) * 3
            assert below == [
                child.identifier for child in world.items if child.parent_id == one.id and world.shows(child)
            ]
            assert len(await comments.list_comments(scope, one.id, 9)) == (is_shown and world.fields["comments"])
            if found:
                assert found.description == (one.description if world.fields["descriptions"] else None)
                assert found.estimate == (3.0 if world.fields["estimates"] else None)
                assert found.assignee == ("Alice" if world.fields["assignees"] else None)
                assert (found.shows_description, found.shows_people) == (
                    world.fields["descriptions"],
                    world.fields["assignees"],
                )


async def test_the_search_finds_only_words_that_are_shown() -> None:
    async for world, scope in worlds():
        for word in WORDS:
            assert await identifiers(f"q={word}&order=updated", scope) == world.found(word)
            assert await identifiers(f"q={word[:-2]}&order=updated", scope) == world.found(word)
            assert sorted(await identifiers(f"q={word}", scope)) == sorted(world.found(word))
            without = [one for one in world.listed() if one not in world.found(word)]
            assert await identifiers(f"q=-{word}&order=updated", scope) == without
        for one in world.items:
            wanted = [one.identifier] if one.identifier in world.listed() else []
            assert await identifiers(f"q={one.identifier}", scope) == wanted
            assert await identifiers(f"q={one.previous_identifiers[0]}", scope) == wanted


async def test_the_filter_names_only_teams_that_are_shown() -> None:
    async for world, scope in worlds():
        shown = [one for one in world.teams if world.shows_team(one)]
        if world.group is not None:
            seen = {one.team_id for one in world.items if world.shows(one) and not one.archived_at}
            shown = [one for one in shown if ("team", one.id) in world.group or one.id in seen]
        assert [one.key for one in await teams.list_teams(scope)] == sorted(one.key for one in shown)


async def test_a_group_without_rules_sees_nothing() -> None:
    await store(team("ENG"), item(1))
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    for scope in (Scope((group_id,)), Scope((group_id + 1,))):
        assert (await identifiers("", scope), await teams.list_teams(scope)) == ([], [])
        assert await item_details.find_item(scope, "ENG-1") is None


async def test_without_settings_nothing_optional_is_shown() -> None:
    await store(item(1, description="words", estimate=1.0))
    await query("DELETE FROM sharing_settings")
    found = await item_details.find_item(EVERYTHING, "ENG-1")
    assert found is not None
    assert (found.description, found.estimate) == (None, None)


async def test_a_team_that_takes_the_key_of_one_that_has_gone_is_found_by_it() -> None:
    await store(team("ENG", id="team-before"), item(1))
    await query("UPDATE teams SET removed_at = now() WHERE id = 'team-before'")
    assert await identifiers("team=ENG") == ["ENG-1"]
