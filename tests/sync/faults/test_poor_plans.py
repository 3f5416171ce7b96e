"""A plan or a key that has less than another keeps away what it has not, and nothing else."""

from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.stream import Stream
from tests.fakes.linear import Refusing, World, run_linear
from tests.fakes.linear.refusing import Shape, Way
from tests.support.pulling import list_live_ids, run_sync, run_until_quiet, small_world

pytestmark = pytest.mark.anyio

_RELEASES = ("release_pipelines", "release_stages", "releases", "release_notes", "item_releases")
_INITIATIVES = ("initiatives", "initiative_projects", "initiative_updates")
_VIEWS = ("custom_views",)


@pytest.mark.parametrize(
    ("way", "lacking", "shape"),
    [
        pytest.param("plan", _RELEASES, "partial", id="no releases"),
        *(
            pytest.param("plan", _RELEASES + _INITIATIVES, shape, id=f"neither releases nor initiatives: {shape}")
            for shape in ("partial", "null", "bad request", "unnamed")
        ),
        pytest.param("rights", _VIEWS + _INITIATIVES, "null", id="neither views nor initiatives"),
    ],
)
async def test_lists_that_a_plan_or_key_has_not_are_named_and_cost_a_quiet_run_nothing(
    live_database: Settings, way: Way, lacking: tuple[str, ...], shape: Shape
) -> None:
    world, _ = small_world()
    with run_linear(world) as fake:
        fake.refused = [Refusing(STREAMS[stream].root, way, shape) for stream in lacking]
        report = await run_sync(live_database, fake)
        assert {name: await list_live_ids(name) for name in STREAMS} == {
            name: set() if name in lacking else set(world.rows[of.root]) for name, of in STREAMS.items()
        }
        assert report.refused.keys() == {(stream, "list", "") for stream in lacking}
        await run_until_quiet(live_database, fake)
        await run_sync(live_database, fake, trigger="automatic")
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("stream", "field", "value"),
    [
        ("projects", "content", "# Why"),
        ("projects", "scopeHistory", [8, 12.5]),
        ("initiatives", "content", "# Goal"),
        ("initiatives", "health", "atRisk"),
        ("cycles", "issueCountHistory", [4, 6]),
        ("issues", "addedToCycleAt", "2026-01-02T03:04:05+00:00"),
        ("releases", "version", "4.21"),
    ],
)
async def test_a_field_that_a_plan_has_not_is_kept_as_it_is_known_and_read_for_all_once_it_is_there(
    live_database: Settings, stream: str, field: str, value: Any
) -> None:
    world = World()
    described = STREAMS[stream]
    rows = [world.add_one(described.root) for _ in range(4)]
    for row in rows:
        world.edit(row, **{field: value})
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        fake.refused = [Refusing(described.root, "plan", field=field)]
        for row in rows:
            world.edit(row)
        report = await run_sync(live_database, fake)
        assert (stream, "field", field) in report.refused
        assert report.streams[stream].updated == len(rows)
        await run_sync(live_database, fake, full=True)
        assert await list_values(described, field) == [value] * len(rows)
        fake.refused = []
        assert (await run_sync(live_database, fake)).status == "succeeded"
        assert await list_values(described, field) == [value] * len(rows)


async def list_values(stream: Stream, field: str) -> list[Any]:
    [column] = [column.name for column in stream.columns if column.key == field]
    found = await query(SQL("SELECT to_jsonb(m) FROM {} m").format(Identifier(stream.table)))
    return [row[column] for (row,) in found]
