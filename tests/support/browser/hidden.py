"""Write a private team, of which nobody may see anything: whatever has a name there has NAME in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from shareable_backlog.streams import STREAMS
from shareable_backlog.sync.store import Batch, build_batch

NAME = "Penumbra"
KEY = "UMB"
COUNT = 3
_TEAM = {"id": "sample-team-umb"}


async def batches() -> AsyncIterator[Batch]:
    """Yield the team with items that would come first everywhere, if they were shown."""
    now = datetime.now(UTC)
    times = {"createdAt": now.isoformat(), "updatedAt": now.isoformat(), "archivedAt": None}
    days = [(now + timedelta(days=days)).date().isoformat() for days in (-20, 1, 20)]

    def node(kind: str, at: int = 1, **fields: Any) -> dict[str, Any]:
        return {"id": f"sample-{kind}-umb-{at}", **times, "name": f"{NAME} {kind}", **fields}

    def issue(number: int) -> dict[str, Any]:
        return node(
            "issue", number, identifier=f"{KEY}-{number}", number=number, title=f"{NAME} of signal and photo",
            description=f"{NAME} certificates", priority=1, labelIds=["sample-label-umb-1"], team=_TEAM,
            state={"id": "sample-state-umb-1"}, assignee={"id": "sample-person-umb-1"}, dueDate=days[1],
            creator={"id": "sample-person-umb-1"}, cycle={"id": "sample-cycle-umb-1"},
            project={"id": "sample-project-umb-1"}, projectMilestone={"id": "sample-milestone-umb-1"},
            completedAt=now.isoformat() if number == COUNT else None,
        )  # fmt: skip

    nodes = {
        "teams": [node("team", key=KEY, visibility="private") | _TEAM],
        "workflow_states": [node("state", type="started", color="#123456", position=0, team=_TEAM)],
        "labels": [node("label", color="#123456", team=_TEAM)],
        "people": [node("person")],
        "projects": [node("project", color="#123456", startDate=days[0], targetDate=days[2])],
        "project_milestones": [node("milestone", project={"id": "sample-project-umb-1"}, targetDate=days[1])],
        "cycles": [node("cycle", number=987, team=_TEAM, startsAt=now.isoformat(), endsAt=f"{days[2]}T00:00:00Z")],
        "issues": [issue(number) for number in range(1, COUNT + 1)],
        "comments": [node("comment", body=f"{NAME} word", issue={"id": "sample-issue-umb-1"})],
    }
    for stream, alike in nodes.items():
        yield build_batch(STREAMS[stream], alike, seen_at=now)
