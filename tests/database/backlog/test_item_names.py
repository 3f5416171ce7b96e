"""What lines call the things that items refer to: what they are called now, however often they were read before."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, LiteralString, get_args

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import item_list, item_names
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.connection.query import Params
from shareable_backlog.database.mirror import mirror
from shareable_backlog.streams.projects import ProjectMilestoneRow
from shareable_backlog.tracing import trace_statements
from tests.support.listing import read_page
from tests.support.mirrored import NOON, cycle, item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ONE, TWO = Scope((1,)), Scope((2,))
KEYS, PROJECTS, LABELS, PEOPLE = ("ENG", "OPS"), ("Apollo", "Gemini"), ("Bug", "Risk", "zoo"), ("Alice", "Bob")
WITH_ALL: dict[str, Any] = {
    "state_id": "ENG-started-1",
    "assignee_id": "person-Alice",
    "project_id": "project-Apollo",
    "project_milestone_id": "milestone",
    "cycle_id": "cycle",
    "label_ids": ["label-Risk", "label-Bug"],
}


async def store_things() -> None:
    """Store all that items refer to here, and a first group of viewers that sees ENG, a second that sees Apollo."""
    await store(
        *map(team, KEYS), *map(project, PROJECTS), *map(label, LABELS), *map(person, PEOPLE), cycle(7),
        *(state("started", team=key, position=at) for key in KEYS for at in (0, 1)),
        ProjectMilestoneRow(id="milestone", name="Launch", created_at=NOON, updated_at=NOON),
    )  # fmt: skip
    await query("INSERT INTO viewer_groups (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'one'), (2, 'two')")
    await query("INSERT INTO viewer_group_rules VALUES (1, 'team', 'team-ENG'), (2, 'project', 'project-Apollo')")


async def read_line(scope: Scope = EVERYTHING) -> ListedItem:
    [line] = (await read_page("", scope)).items
    return line


async def count_statements() -> int:
    """Return how many statements it takes to read some items by their ids."""
    with trace_statements() as trace:
        await item_list.read_items(EVERYTHING, ["item-ENG-1", "item-ENG-2"])
    return len(trace.statements)


async def test_a_line_has_every_name() -> None:
    await store_things()
    await store(item(1, **WITH_ALL))
    line = await read_line()
    assert (line.team, line.state_name, line.state_is_advanced) == ("Team ENG", "started", True)
    assert (line.assignee, line.project, line.milestone, line.cycle_number) == ("Alice", "Apollo", "Launch", 7)
    assert line.labels == [("Bug", None), ("Risk", None)]


async def test_names_are_read_once_for_a_version_of_the_mirror() -> None:
    await store_things()
    await store(item(1, **WITH_ALL))
    assert [await count_statements(), await count_statements()] == [2, 1]
    await query("UPDATE mirror_versions SET version = gen_random_uuid()")
    assert [await count_statements(), await count_statements()] == [2, 1]


async def test_what_has_no_name_is_looked_for_once_too() -> None:
    gone: dict[str, Any] = {**dict.fromkeys(WITH_ALL, "gone"), "label_ids": ["gone"]}
    await store(item(1, **gone))
    assert [await count_statements(), await count_statements()] == [2, 1]


async def test_labels_that_are_asked_for_later_stand_among_those_before() -> None:
    await store_things()
    await store(item(1, label_ids=["label-zoo", "label-Bug"]))
    assert [name for name, _ in (await read_line()).labels] == ["Bug", "zoo"]
    await store(item(2, label_ids=["label-zoo", "label-Risk", "label-Bug"]))
    assert [name for name, _ in (await item_list.read_items(EVERYTHING, ["item-ENG-1"]))["item-ENG-1"].labels] == [
        "Bug",
        "zoo",
    ]
    line = (await item_list.read_items(EVERYTHING, ["item-ENG-2"]))["item-ENG-2"]
    assert [name for name, _ in line.labels] == ["Bug", "Risk", "zoo"]


@pytest.mark.parametrize(
    ("change", "field", "now"),
    [
        ("UPDATE teams SET name = 'Field'", "team", "Field"),
        ("UPDATE workflow_states SET name = 'Doing'", "state_name", "Doing"),
        ("UPDATE workflow_states SET removed_at = now() WHERE position = 0", "state_is_advanced", False),
        ("UPDATE people SET name = 'Alicia'", "assignee", "Alicia"),
        ("DELETE FROM people", "assignee", None),
        ("UPDATE projects SET name = 'Hermes'", "project", "Hermes"),
        ("UPDATE project_milestones SET name = 'Landing'", "milestone", "Landing"),
        ("UPDATE cycles SET number = 8", "cycle_number", 8),
        ("UPDATE labels SET name = 'A risk' WHERE name = 'Risk'", "labels", [("A risk", None), ("Bug", None)]),
        ("UPDATE labels SET removed_at = now() WHERE name = 'Bug'", "labels", [("Risk", None)]),
        ("UPDATE labels SET is_offered = false WHERE name = 'Bug'", "labels", [("Risk", None)]),
        ("UPDATE labels SET is_offered = NULL", "labels", []),
        ("UPDATE sharing_settings SET shows_assignees = false", "assignee", None),
        ("UPDATE sharing_settings SET shows_estimates = false", "estimate", None),
        ("UPDATE teams SET issue_estimation_type = 'notUsed'", "estimate", None),
        ("DELETE FROM projects", "project", None),
    ],
)
async def test_a_change_is_on_the_next_line(change: LiteralString, field: str, now: object) -> None:
    await store_things()
    await store(item(1, estimate=3.0, **WITH_ALL))
    for scope in (EVERYTHING, ONE, TWO):
        assert getattr(await read_line(scope), field) != now
    await query(change)
    for scope in (EVERYTHING, ONE, TWO):
        assert getattr(await read_line(scope), field) == now


async def test_a_team_that_is_hidden_takes_its_lines_with_it_whatever_names_are_known() -> None:
    await store_things()
    await store(item(1, **WITH_ALL))
    assert (await read_line()).team == "Team ENG"
    await query("UPDATE teams SET private = true WHERE key = 'ENG'")
    assert [(await read_page("", scope)).items for scope in (EVERYTHING, ONE, TWO)] == [[], [], []]


async def test_rows_and_names_are_of_one_moment_when_a_sync_commits_between_them() -> None:
    await store_things()
    await store(item(1, "Before", project_id="project-Apollo"))
    has_begun = asyncio.Event()
    reading = asyncio.create_task(read_after(has_begun))
    async with transaction() as tx:
        # The rows can be read meanwhile, and the names have to wait.
        await tx.query("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE")
        await tx.query("UPDATE projects SET name = 'After'")
        await tx.query("UPDATE backlog_items SET title = 'After'")
        has_begun.set()
        await asyncio.sleep(0.5)
    line = await reading
    assert (line.title, line.project) == ("After", "After")


async def read_after(event: asyncio.Event) -> ListedItem:
    await event.wait()
    return (await item_list.read_items(EVERYTHING, ["item-ENG-1"]))["item-ENG-1"]


async def test_whoever_waits_for_names_keeps_those_that_were_known() -> None:
    await store_things()
    version, goes_on = await mirror.read_version(), asyncio.Event()

    async def query_later(sql: LiteralString, params: Params) -> list[tuple[Any, ...]]:
        await goes_on.wait()
        return await query(sql, params)

    def ask(*labels: str, project: str | None = None) -> Mapping[item_names.NameKind, set[str | None]]:
        none: dict[item_names.NameKind, set[str | None]] = {kind: set() for kind in get_args(item_names.NameKind)}
        return {**none, "labels": {*labels}, "projects": {project}}

    first = asyncio.create_task(item_names.find_names(version, ask("label-zoo"), query_later))
    await asyncio.sleep(0)
    await item_names.find_names(version, ask("label-Bug"), query)
    second = asyncio.create_task(
        item_names.find_names(version, ask("label-Bug", project="project-Apollo"), query_later)
    )
    await asyncio.sleep(0)
    goes_on.set()
    for task, label_id in ((first, "label-zoo"), (second, "label-Bug")):
        names = await task
        assert names
        assert names.of["labels"][label_id][1] == label_id.removeprefix("label-")


async def test_when_very_many_are_known_all_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    await store_things()
    await store(item(1, **WITH_ALL), item(2, team="OPS", project_id="project-Gemini"))
    monkeypatch.setattr(item_names, "MOST_KEPT", 9)
    assert [await count_statements(), await count_statements()] == [2, 2]
    assert (await item_list.read_items(EVERYTHING, ["item-OPS-2"]))["item-OPS-2"].project == "Gemini"


CHANGES: Sequence[LiteralString] = (
    "UPDATE projects SET name = %(word)s WHERE id = 'project-Apollo'",
    "UPDATE people SET name = %(word)s WHERE id = 'person-Alice'",
    "UPDATE labels SET name = %(word)s WHERE id = 'label-Bug'",
    "UPDATE labels SET is_offered = NOT is_offered WHERE id = 'label-Risk'",
    "UPDATE teams SET name = %(word)s, private = NOT private WHERE id = 'team-OPS'",
    "UPDATE workflow_states SET position = 1 - position WHERE team_id = 'team-ENG'",
    "UPDATE sharing_settings SET shows_assignees = NOT shows_assignees",
    "UPDATE backlog_items SET project_id = 'project-Gemini', assignee_id = 'person-Bob' WHERE number %% 3 = 0",
    "DELETE FROM sharing_rules",
    """INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Gemini', false)
    ON CONFLICT DO NOTHING""",
    "DELETE FROM viewer_group_rules WHERE kind = 'team'",
    "INSERT INTO viewer_group_rules VALUES (1, 'label', 'label-zoo') ON CONFLICT DO NOTHING",
)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_reads_after_whatever_change_reads_what_plain_joins_say(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (the same each time, no secret)
    await store_things()
    await store(*(draw_item(random, number) for number in range(1, 13)))
    for _ in range(12):
        for scope in random.sample((EVERYTHING, ONE, TWO), 2):
            lines = (await read_page("", scope)).items
            assert [describe_line(one) for one in lines] == await join_names([one.id for one in lines])
        await query(random.choice(CHANGES), {"word": random.choice(("Hermes", "aorta", "Zeus"))})


def draw_item(random: Random, number: int) -> Any:
    key = random.choice(KEYS)
    return item(
        number,
        team=key,
        state_id=f"{key}-started-{random.randrange(2)}",
        assignee_id=random.choice((None, *(f"person-{one}" for one in PEOPLE))),
        project_id=random.choice((None, *(f"project-{one}" for one in PROJECTS))),
        label_ids=random.sample([f"label-{one}" for one in LABELS], random.randrange(4)),
    )


def describe_line(line: ListedItem) -> tuple[Any, ...]:
    names = line.team, line.state_name, line.state_is_advanced, line.assignee, line.project
    return line.id, *names, [list(one) for one in line.labels]


async def join_names(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    return await query(
        """
        SELECT i.id, t.name, s.name,
               s.position > (SELECT min(position) FROM workflow_states WHERE team_id = s.team_id),
               CASE WHEN (SELECT shows_assignees FROM sharing_settings) THEN a.name END, p.name,
               to_json(ARRAY(
                 SELECT json_build_array(l.name, l.color) FROM labels l
                 WHERE l.id = ANY (i.label_ids) AND l.is_offered ORDER BY lower(l.name)))
        FROM backlog_items i JOIN teams t ON t.id = i.team_id LEFT JOIN workflow_states s ON s.id = i.state_id
        LEFT JOIN people a ON a.id = i.assignee_id LEFT JOIN projects p ON p.id = i.project_id
        WHERE i.id = ANY (%(ids)s) ORDER BY i.updated_at DESC
        """,
        {"ids": list(ids)},
    )
