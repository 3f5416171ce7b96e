"""What a node is asked for follows from the columns of its stream."""

import pytest

from shareable_backlog.linear import nodes
from shareable_backlog.streams.issues import ATTACHMENTS, COMMENTS, ISSUES
from shareable_backlog.streams.workspace import TEAMS


def test_a_node_is_asked_for_all_that_its_table_has_and_references_by_their_ids() -> None:
    assert nodes.write_fields(nodes.make_node_type(ATTACHMENTS)) == (
        "id updatedAt archivedAt createdAt issue { id } title subtitle url sourceType"
    )


def test_a_sweep_asks_for_the_times_and_for_what_changes_without_moving_them() -> None:
    assert nodes.write_fields(nodes.make_seen_type(COMMENTS)) == "id updatedAt archivedAt"
    assert nodes.write_fields(nodes.make_seen_type(TEAMS)) == "id updatedAt archivedAt parent { id }"
    assert set(nodes.write_fields(nodes.make_seen_type(ISSUES)).split(" archivedAt ")[1].split(" ")) == {
        "parent",
        "{",
        "id",
        "}",
        "trashed",
        "sortOrder",
        "prioritySortOrder",
        "subIssueSortOrder",
        "addedToProjectAt",
        "addedToCycleAt",
        "slaBreachesAt",
    }


def test_a_node_costs_a_point_for_each_object_and_a_tenth_for_each_property() -> None:
    # 8 properties, the node, the reference with its id, and pageInfo with two properties, as often as there are rows.
    assert nodes.count_points(nodes.make_node_type(ATTACHMENTS)) == pytest.approx(0.8 + 1 + 1.1 + 1.2)


def test_a_node_is_made_once() -> None:
    assert nodes.make_node_type(ISSUES) is nodes.make_node_type(ISSUES)
