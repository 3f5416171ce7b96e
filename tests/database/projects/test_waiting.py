"""Which projects wait for which, from a real PostgreSQL."""

from datetime import date

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.projects import waiting
from shareable_backlog.streams.projects import ProjectStatusRow
from tests.support.mirrored import NOON, item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NAMES = ("A", "B", "C", "D")


async def relate(*pairs: str, anchors: tuple[str, str] = ("end", "start")) -> None:
    """Let the first of each pair have a relation to the second."""
    for pair in pairs:
        await query(
            "INSERT INTO project_relations (id, type, anchor_type, related_anchor_type, project_id,"
            " related_project_id, created_at, updated_at)"
            " VALUES (%(id)s, 'dependency', %(own)s, %(other)s, %(from)s, %(to)s, %(at)s, %(at)s)",
            {
                "id": f"{pair}{anchors}", "own": anchors[0], "other": anchors[1], "at": NOON,
                "from": f"project-{pair[0]}", "to": f"project-{pair[1]}",
            },
        )  # fmt: skip


async def list_awaited() -> list[str]:
    found = await waiting.list_awaited(EVERYTHING, [f"project-{name}" for name in NAMES])
    return [f"{one.waiting_id[-1]} waits for {one.name}" for one in found]


async def stored() -> None:
    await store(
        *map(project, "ABC"), project("D", target_date=date(2026, 3, 1)),
        *(item(number, project_id=f"project-{name}") for number, name in enumerate(NAMES)),
    )  # fmt: skip


async def test_the_one_that_has_the_relation_comes_first_unless_its_start_hangs_on_the_end() -> None:
    await stored()
    await relate("AB")
    await relate("AC", anchors=("start", "end"))
    assert await list_awaited() == ["B waits for A", "A waits for C"]


async def test_the_one_that_is_due_first_stands_first_and_each_once() -> None:
    await stored()
    await relate("BA", "DA", "AA")
    await relate("BA", anchors=("milestone", "start"))
    assert await list_awaited() == ["A waits for D", "A waits for B"]


async def test_nobody_waits_for_what_is_done_gone_or_hidden() -> None:
    await stored()
    done = ProjectStatusRow(id="done", name="Done", type="completed", position=0, created_at=NOON, updated_at=NOON)
    await store(done, project("A", status_id="done"))
    await relate("AD", "BD", "CD")
    await query("UPDATE project_relations SET removed_at = now() WHERE project_id = 'project-B'")
    assert await list_awaited() == ["D waits for C"]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-C', false)")
    assert await list_awaited() == []
