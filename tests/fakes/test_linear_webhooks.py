import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from graphql import GraphQLObjectType

from tests.fakes.linear import World, delivery
from tests.fakes.linear.graphql import published
from tests.fakes.linear.webhooks import ROOTS, data

SECRET = "lin_wh_0fake0secret0"
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    team, label, project = world.add_team(), world.add_label("Bug"), world.add_project("Spring")
    project["lead"] = world.viewer["id"]
    issue = world.add_issue(
        team,
        labelIds=[label["id"]],
        project=project["id"],
        projectMilestone=world.add_milestone(project, "Alpha", targetDate="2026-05-01")["id"],
        cycle=world.add_cycle(team, 1, name="First")["id"],
        assignee=world.viewer["id"],
        parent=world.add_issue(team)["id"],
    )
    world.add_comment(issue, parent=world.add_comment(issue)["id"], user=world.viewer["id"])
    world.add_relation(issue, world.add_issue(team))
    world.add_attachment(issue)
    world.add_initiative("Bigger", owner=world.viewer["id"], description="More of it")
    world.fill()
    return world


def last(world: World, type_: str) -> dict[str, Any]:
    """Return the row of a type with the most references; for an issue that is the second."""
    rows = list(world.rows[ROOTS[type_]].values())
    return next((row for row in rows if row.get("parent")), rows[-1])


def test_a_delivery_is_signed_over_its_bytes_and_says_what_it_is(world: World) -> None:
    headers, body = delivery(world, "create", "Issue", last(world, "Issue"), secret=SECRET, at=AT)
    assert headers["Linear-Signature"] == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["Linear-Event"] == "Issue"
    assert UUID(headers["Linear-Delivery"]).version == 4
    event = json.loads(body)
    assert (event["action"], event["type"]) == ("create", "Issue")
    assert (event["createdAt"], event["webhookTimestamp"]) == ("2026-03-01T12:30:00.000Z", 1_772_368_200_000)
    assert event["organizationId"] == world.organization["id"]
    assert "updatedFrom" not in event


def test_a_repetition_has_the_id_of_the_first(world: World) -> None:
    headers, _ = delivery(world, "remove", "Issue", last(world, "Issue"), secret=SECRET, id="a-known-id")
    assert headers["Linear-Delivery"] == "a-known-id"


def test_a_delivery_is_sent_now_by_the_machines_clock_unless_told_otherwise(world: World) -> None:
    _, body = delivery(world, "remove", "Issue", last(world, "Issue"), secret=SECRET)
    assert abs(json.loads(body)["webhookTimestamp"] / 1000 - time.time()) < 10


def test_no_two_deliveries_are_the_same_however_fast_they_are_made(world: World) -> None:
    bodies = {delivery(world, "remove", "Issue", last(world, "Issue"), secret=SECRET)[1] for _ in range(20)}
    assert len(bodies) == 20


def test_an_update_says_what_was_before(world: World) -> None:
    issue = last(world, "Issue")
    _, body = delivery(world, "update", "Issue", issue, secret=SECRET, updated_from={"title": "Before"})
    assert json.loads(body)["updatedFrom"] == {"updatedAt": issue["updatedAt"], "title": "Before"}


def test_an_issue_names_what_it_refers_to_by_id_and_some_of_it_in_small(world: World) -> None:
    issue = last(world, "Issue")
    sent = data(world, "Issue", issue)
    for field in ("team", "state", "assignee", "creator", "project", "cycle", "parent", "projectMilestone"):
        assert sent[f"{field}Id"] == issue[field]
    assert sent["team"] == {"id": issue["team"], "key": "ENG", "name": "Engineering"}
    assert sent["state"] == {"id": issue["state"], "name": "Triage", "type": "triage", "color": "#fc7840"}
    assert sent["labelIds"] == issue["labelIds"] == [label["id"] for label in sent["labels"]]
    assert "parent" not in sent


def test_comments_relations_and_attachments_name_their_issues(world: World) -> None:
    comment, relation, attachment = (last(world, type_) for type_ in ("Comment", "IssueRelation", "Attachment"))
    sent = data(world, "Comment", comment)
    assert (sent["issueId"], sent["parentId"], sent["userId"]) == (
        comment["issue"],
        comment["parent"],
        world.viewer["id"],
    )
    sent = data(world, "IssueRelation", relation)
    assert (sent["issueId"], sent["relatedIssueId"]) == (relation["issue"], relation["relatedIssue"])
    assert data(world, "Attachment", attachment)["issueId"] == attachment["issue"]


def test_what_was_removed_is_sent_without_what_is_gone_too() -> None:
    world = World()
    issue = world.add_issue()
    comment = world.add_comment(issue)
    world.delete(issue)
    sent = data(world, "Comment", comment)
    assert sent["issueId"] == issue["id"]
    assert "issue" not in sent


@published.needed
@pytest.mark.parametrize("type_", ROOTS)
def test_what_is_sent_is_what_linear_publishes(world: World, type_: str) -> None:
    kind = published.schema().type_map.get(f"{type_}WebhookPayload")
    if kind is None:
        assert type_ in {"IssueRelation", "ProjectMilestone"}, "Linear publishes the form of all others"
        return
    assert isinstance(kind, GraphQLObjectType)
    assert_conforms(data(world, type_, last(world, type_)), kind)


def assert_conforms(sent: dict[str, Any], kind: GraphQLObjectType) -> None:
    assert sent.keys() <= kind.fields.keys()
    for name, field in kind.fields.items():
        promised = str(field.type)
        assert not promised.endswith("!") or sent.get(name) is not None, name
        inner = published.schema().type_map[promised.strip("[]!")]
        value = sent.get(name)
        for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(inner, GraphQLObjectType) and one is not None:
                assert_conforms(one, inner)
