"""Write items that try to break their page."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from shareable_backlog.streams import STREAMS
from shareable_backlog.sync.store import Batch, build_batch

_TEAM = {"id": "sample-team-evl"}
_STATE = {"id": "sample-state-evl"}
_FIRST = {"id": "sample-issue-evl-1"}
_PROJECT = {"id": "sample-project-evl"}
_LONG_AGO = "2020-02-03T04:05:06.789Z"

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
MARKUP = '"><img src="https://evil.example/1.png" onerror="alert(1)"></title></svg>\'><script>alert(2)</script>'
TITLES = {
    1: SCRIPT,
    2: MARKUP,
    3: "\u202eright to left \u2066and \u0627\u0644\u0639\u0631\u0628\u064a\u0629 without end",
    4: "unbroken" * 400,
    5: " \u200b\u2800\u3164",
    6: "{{ 7 * 7 }} ${7*7} {% raw %} &lt;b&gt; %s",
    7: "a\u0000b\ud800c \U0001f469\u200d\U0001f680 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334",
    8: "</script>--><script>alert(16)</script>\u2028alert(17)\u2029<!--",
    9: "word " * 2_000,
    10: '=HYPERLINK("https://evil.example/","x")',
}
TURNING = "\u2069\u202eturns the line \u2066around \u0627\u0644"
ADDRESSES = (
    "javascript:alert(10)",
    "JavaScript://example.com/%0aalert(11)",
    "data:text/html,<script>alert(12)</script>",
    'https://example.com/"onmouseover=alert(13)',
)
SECTIONS = "+++ a section that nobody closes\n\n" * 1_000
DESCRIPTION = f"""{SCRIPT}

{MARKUP}

![picture](https://evil.example/2.png) ![](data:image/svg+xml,<svg onload=alert(4)>) [script](javascript:alert(5))
[![both](https://evil.example/3.png)](https://example.com/both) <https://example.com/plain>

<style>@import url(https://evil.example/4.css); body {{ display: none }}</style>
<iframe src="https://evil.example/5"></iframe>

# A heading {"that-never-ends" * 60}

+++ <script>alert(6)</script> folded
inside
+++

| {" | ".join(f"column{number}" for number in range(40))} |
|{"-|" * 40}
| {" | ".join("a cell of words" for _ in range(40))} |

```
{"code without end " * 40}
```

- [x] {"unbroken" * 100}
{"> " * 30}deep

@<script>alert(14)</script> EVL-2 https://linear.app/example/issue/EVL-2/x https://linear.app/e/profiles/<b>alert(15)

{SECTIONS}
"""


def _node(id_: str, **fields: Any) -> dict[str, Any]:
    times = {"createdAt": _LONG_AGO, "updatedAt": _LONG_AGO, "archivedAt": None}
    return {"id": f"sample-{id_}", **times, **fields}


def _issue(number: int, title: str) -> dict[str, Any]:
    """Return an item that was done just now, to be among the changes; the third has names that turn lines around."""
    other = "-2" if number == 3 else ""
    return _node(
        f"issue-evl-{number}",
        identifier=f"EVL-{number}",
        number=number,
        title=title,
        description=DESCRIPTION,
        url="javascript:alert(7)",
        priority=1,
        labelIds=[f"sample-label-evl{other}"],
        team=_TEAM,
        state=_STATE,
        assignee={"id": f"sample-person-evl{other}"},
        creator={"id": f"sample-person-evl{other}"},
        project={"id": f"sample-project-evl{other}"},
        projectMilestone={"id": "sample-milestone-evl"},
        completedAt=datetime.now(UTC).isoformat(),
    )


async def batches() -> AsyncIterator[Batch]:
    """Yield a team of hostile items for the mirror; they are older than anything else."""
    color = 'red;background:url(https://evil.example/6.png)"><script>alert(8)</script>'
    state = _node("state-evl", name=MARKUP, type="started", color=color, position=0, team=_TEAM)
    comment = {"body": DESCRIPTION, "quotedText": SCRIPT, "url": "javascript:alert(9)"}
    today = datetime.now(UTC).date().isoformat()
    nodes = {
        "teams": [_node("team-evl", key="EVL", name=f"Evil {SCRIPT}")],
        "workflow_states": [state],
        "labels": [_node("label-evl", name=MARKUP, color=color), _node("label-evl-2", name=TURNING, color=color)],
        "people": [
            _node("person-evl", name=MARKUP, avatarUrl="https://evil.example/7.png"),
            _node("person-evl-2", name=TURNING),
        ],
        "projects": [
            _node(
                "project-evl", name=MARKUP, color=color, startDate=today, targetDate=today, content=DESCRIPTION,
                slugId=MARKUP, health="atRisk", healthUpdatedAt=_LONG_AGO,
            ),
            _node("project-evl-2", name=TURNING, lead={"id": "sample-person-evl-2"}, targetDate=today),
        ],
        "project_milestones": [_node("milestone-evl", name=MARKUP, targetDate=today, project=_PROJECT)],
        "issues": [_issue(number, title) for number, title in TITLES.items()],
        "project_updates": [
            _node(
                f"project-update-evl{other}", project={"id": f"sample-project-evl{other}"}, body=DESCRIPTION,
                diffMarkdown=SCRIPT, isDiffHidden=False, health=MARKUP, url="javascript:alert(18)",
                user={"id": f"sample-person-evl{other}"},
            )
            for other in ("", "-2")
        ],
        "initiatives": [
            _node("initiative-evl", name=MARKUP, color=color, status=MARKUP, content=DESCRIPTION, description=SCRIPT)
        ],
        "initiative_projects": [
            _node("initiative-project-evl", initiative={"id": "sample-initiative-evl"}, project=_PROJECT)
        ],
        "releases": [
            _node(
                "release-evl", name=MARKUP, version=SCRIPT, description=SCRIPT, url="javascript:alert(19)",
                completedAt=_LONG_AGO, pipeline={"id": "sample-pipeline-app"},
                stage={"id": "sample-stage-app-released"},
            )
        ],
        "item_releases": [_node("item-release-evl", issue=_FIRST, release={"id": "sample-release-evl"})],
        "relations": [
            _node("relation-evl", type="blocks", issue={"id": "sample-issue-evl-2"}, relatedIssue=_FIRST),
            _node("relation-evl-2", type=SCRIPT, issue=_FIRST, relatedIssue={"id": "sample-issue-evl-4"}),
        ],
        "attachments": [
            _node(f"attachment-evl-{at}", title=MARKUP, subtitle=SCRIPT, url=url, sourceType=SCRIPT, issue=_FIRST)
            for at, url in enumerate(ADDRESSES)
        ],
        "comments": [
            _node("comment-evl", user={"id": "sample-person-evl"}, issue=_FIRST, **comment),
            _node("comment-evl-2", user={"id": "sample-person-evl-2"}, issue={"id": "sample-issue-evl-3"}, **comment),
            _node("comment-evl-3", projectUpdateId="sample-project-update-evl", **comment),
        ],
    }  # fmt: skip
    for stream, alike in nodes.items():
        yield build_batch(STREAMS[stream], alike, seen_at=datetime.now(UTC))
