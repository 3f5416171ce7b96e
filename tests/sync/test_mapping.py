"""A row has what the node has, under the names of the table's columns."""

from typing import Any

import msgspec
import pytest

from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync.mapping import make_mapper
from tests.fakes.linear import Row, World
from tests.support.pulling import small_world


@pytest.fixture(scope="module")
def world() -> World:
    world, _ = small_world()
    team, person, project = (next(iter(world.rows[root].values())) for root in ("teams", "users", "projects"))
    ids = {"assignee": person["id"], "creator": person["id"], "project": project["id"]}
    parent, label = world.add_issue(team), world.add_label("Bug", team=team["id"])
    place = {"cycle": world.add_cycle(team, 1)["id"], "projectMilestone": world.add_milestone(project, "Alpha")["id"]}
    issue = world.add_issue(
        team, parent=parent["id"], labelIds=[label["id"]], priority=2, trashed=True, **ids, **place
    )
    world.add_comment(issue, user=person["id"], parent=world.add_comment(issue)["id"])
    world.add_comment(issue, externalUser={"name": "Octo Cat"}, botActor={"name": "GitHub"})
    return world


@pytest.mark.parametrize("stream", STREAMS)
def test_every_column_has_what_linears_field_of_its_name_has(stream: str, world: World) -> None:
    described = STREAMS[stream]
    make_row = make_mapper(described)
    references = {column.key for column in described.columns if column.is_reference}
    for row in world.rows[described.root].values():
        answer = {name: value and {"id": value} if name in references else value for name, value in row.items()}
        by_name = {column: _read_value(row, column) for column in described.kind.__struct_fields__}
        assert make_row(msgspec.convert(answer, make_node_type(described))) == msgspec.convert(
            by_name, described.kind
        )


def _read_value(row: Row, column: str) -> Any:
    """Return what a row of Linear has where the mirror has this column."""
    if column == "private":
        return row["visibility"] != "public"
    if column == "trashed":
        return row["trashed"] is True
    first, *rest = column.split("_")
    name = first + "".join(map(str.capitalize, rest))
    if name.endswith("Name") and name not in row:
        actor = row[name.removesuffix("Name")]
        return actor and actor["name"]
    return row[name] if name in row else row[name.removesuffix("Id")]
