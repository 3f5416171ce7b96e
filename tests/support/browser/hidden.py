"""Write a private team, of which nobody may see anything: whatever has a name there has NAME in it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shareable_backlog.streams import STREAMS
from shareable_backlog.sync.store import Batch, build_batch

NAME = "Penumbra"
KEY = "UMB"
COUNT = 3
_TEAM = {"id": "sample-team-umb"}
_SHOWN_INITIATIVE = {"id": "sample-initiative-no-signal"}
_SHOWN_RELEASE = {"id": "sample-release-app-4.21"}


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
        "projects": [
            node("project", color="#123456", startDate=days[0], targetDate=days[2], content=f"{NAME} certificates")
        ],
        "project_milestones": [node("milestone", project={"id": "sample-project-umb-1"}, targetDate=days[1])],
        "cycles": [node("cycle", number=987, team=_TEAM, startsAt=now.isoformat(), endsAt=f"{days[2]}T00:00:00Z")],
        "issues": [issue(number) for number in range(1, COUNT + 1)],
        "comments": [node("comment", body=f"{NAME} word", issue={"id": "sample-issue-umb-1"})],
        **_plans(node),
    }
    for stream, alike in nodes.items():
        yield build_batch(STREAMS[stream], alike, seen_at=now)


def _plans(node: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what the team's project hangs together with, also with what others may see."""
    ours, shown = {"id": "sample-project-umb-1"}, {"id": "sample-project-offline"}
    initiative, pipeline = {"id": "sample-initiative-umb-1"}, {"id": "sample-pipeline-umb-1"}
    anchors = {"type": "blocks", "anchorType": "project", "relatedAnchorType": "project"}
    words = {"body": f"{NAME} word", "diffMarkdown": f"{NAME} certificates", "isDiffHidden": False}
    return {
        "project_updates": [node("project-update", project=ours, health="offTrack", **words)],
        "project_relations": [
            node("project-relation", 1, project=ours, relatedProject=shown, **anchors),
            node("project-relation", 2, project=shown, relatedProject=ours, **anchors),
        ],
        "initiatives": [node("initiative", status="Active", content=NAME, parentInitiative=_SHOWN_INITIATIVE)],
        "initiative_projects": [node("initiative-project", initiative=initiative, project=ours)],
        "initiative_updates": [node("initiative-update", initiative=initiative, health="offTrack", **words)],
        "release_pipelines": [node("pipeline", type="scheduled")],
        "release_stages": [node("stage", type="completed", color="#123456", pipeline=pipeline)],
        "releases": [node("release", version=NAME, pipeline=pipeline, stage={"id": "sample-stage-umb-1"})],
        "item_releases": [
            node(
                "item-release", 1, issue={"id": f"sample-issue-umb-{COUNT}"}, release={"id": "sample-release-umb-1"}
            ),
            node("item-release", 2, issue={"id": f"sample-issue-umb-{COUNT}"}, release=_SHOWN_RELEASE),
        ],
    }
