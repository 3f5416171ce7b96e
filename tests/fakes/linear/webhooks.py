"""Make what Linear's webhooks post, from the rows of a world."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.fakes.linear.rows import LISTS, Row, instant
from tests.fakes.linear.world import World

ROOTS = {listed.event: root for root, listed in LISTS.items() if listed.event}
"""The list that a type of event is about."""

_WEBHOOK_ID = "6a9f1c9e-7c1e-4f0e-9a54-000000000001"
_PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")
_OBJECTS = {
    "teams": ("id", "key", "name"),
    "workflowStates": ("id", "name", "type", "color"),
    "users": ("id", "name", "email", "avatarUrl", "url"),
    "projects": ("id", "name", "url"),
    "projectStatuses": ("id", "name", "type", "color"),
    "projectMilestones": ("id", "name", "targetDate"),
    "cycles": ("id", "number", "name", "startsAt", "endsAt"),
    "initiatives": ("id", "name", "url"),
    "issues": ("id", "identifier", "title", "url"),
    "comments": ("id", "body"),
}
"""What the small object has that stands beside a reference's id; references to other lists have none."""
_BARE = {
    ("issues", "parent"),
    ("issueLabels", "parent"),
    ("issueLabels", "team"),
    ("cycles", "team"),
    ("attachments", "issue"),
}
_WITHOUT_ID = {("initiatives", "parentInitiative")}
"""References of which events have the small object alone."""


def delivery(
    world: World,
    action: str,
    type_: str,
    row: Row,
    *,
    secret: str,
    at: datetime | None = None,
    id: str | None = None,  # noqa: A002 (what the header calls it)
    updated_from: Mapping[str, Any] | None = None,
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of one post about a row: `action` is create, update or remove.

    `at` is when it is sent, now by the machine's clock when None, because that is what a receiver compares it with,
    though never in the millisecond of another post: one that says the same would be its repetition;
    `id` is that of the delivery, which repetitions share; `updated_from` holds the fields before an update.
    """
    at = at or world.take_moment()
    event: Row = {"action": action, "type": type_, "data": data(world, type_, row), "createdAt": instant(at)}
    if action == "update":
        event["updatedFrom"] = {"updatedAt": row["updatedAt"]} | dict(updated_from or {})
    event |= {"actor": _object(world.viewer, "users") | {"type": "user"}, "url": row.get("url")}
    event |= {"organizationId": world.organization["id"], "webhookId": _WEBHOOK_ID}
    body = json.dumps(event | {"webhookTimestamp": round(at.timestamp() * 1000)}).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Linear-Webhook",
        "Linear-Delivery": id or str(uuid4()),
        "Linear-Event": type_,
        "Linear-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return headers, body


def data(world: World, type_: str, row: Row) -> Row:
    """Return the `data` of an event about a row: references are ids, with a small object beside some."""
    root = ROOTS[type_]
    listed = LISTS[root]
    references = {field: target for field, (target, _) in listed.refers.items() if not field.endswith("Ids")}
    sent: Row = {name: value for name, value in row.items() if name not in {*references, *listed.not_sent}}
    for field, target in references.items():
        if field in listed.not_sent:
            continue
        if (root, field) not in _WITHOUT_ID:
            sent[f"{field}Id"] = row[field]
        found = world.by_id.get(row[field] or "")
        if found and target in _OBJECTS and (root, field) not in _BARE:
            sent[field] = _object(found, target)
            if target == "issues" and (team := world.by_id.get(found["team"])):
                sent[field] |= {"teamId": team["id"], "team": _object(team, "teams")}
    if root == "issues":
        labels = (world.by_id.get(label) for label in row["labelIds"])
        sent["labels"] = [
            {"id": label["id"], "name": label["name"], "color": label["color"]} for label in labels if label
        ]
        sent["priorityLabel"] = _PRIORITIES[int(row["priority"])]
    if sent.get("botActor"):
        sent["botActor"] = json.dumps(sent["botActor"])
    if root == "initiatives":
        sent["organizationId"] = world.organization["id"]
    return listed.sent_too | sent


def _object(row: Row, root: str) -> Row:
    return {name: row[name] for name in _OBJECTS[root]}
